"""The machine snapshot: ``mlenv probe``."""

from __future__ import annotations

import msgspec

from mlenv import __version__
from mlenv.facts.machine import Machine
from mlenv.matrix.load import DataVersion
from mlenv.report.device_lines import device_details, device_lines
from mlenv.report.host_lines import detail_lines, host_lines, software_lines
from mlenv.report.style import clean

SCHEMA = "mlenv.machine/1"


class MachineDocument(Machine, frozen=True, kw_only=True):
    """The form of a snapshot: the facts of a machine beside the document's own keys."""

    schema: str
    mlenv_version: str
    matrix_version: str
    matrix_digest: str


def make_document(machine: Machine, data: DataVersion) -> dict[str, object]:
    """The snapshot of a machine as a document; what kind it is comes first."""
    head = {
        "schema": SCHEMA,
        "mlenv_version": __version__,
        "matrix_version": data.version,
        "matrix_digest": data.digest,
    }
    return {**head, **msgspec.to_builtins(machine)}


def render_text(machine: Machine, *, verbose: bool = False) -> str:
    """The facts, a line per subject; ``verbose`` adds details, and how each came to be known."""
    lines = [*host_lines(machine), *device_lines(machine), *software_lines(machine)]
    if verbose:
        lines += [*detail_lines(machine), *device_details(machine)]
    texts = [f"{f'{label}:' if label else '':<14}{text}" for label, text in lines]
    if verbose:
        texts.append("")
        texts += [
            f"{reading.outcome:<11}{reading.id:<25} {reading.source}{f' ({reading.detail})' if reading.detail else ''}"
            for reading in machine.readings
        ]
    return clean("\n".join(texts)) + "\n"
