"""The machine snapshot: ``mlenv probe``."""

from __future__ import annotations

import msgspec

from mlenv import __version__
from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.matrix.load import DataVersion

SCHEMA = "mlenv.machine/1"


class MachineDocument(Machine, frozen=True, kw_only=True):
    """The form of a snapshot: the facts of a machine beside the document's own keys.

    ``environment`` is there where one was named.
    """

    schema: str
    mlenv_version: str
    matrix_version: str
    matrix_digest: str
    environment: Environment | None = None


def make_document(machine: Machine, data: DataVersion, environment: Environment | None = None) -> dict[str, object]:
    """The snapshot of a machine as a document; what kind it is comes first."""
    head = {
        "schema": SCHEMA,
        "mlenv_version": __version__,
        "matrix_version": data.version,
        "matrix_digest": data.digest,
    }
    beside = {} if environment is None else {"environment": msgspec.to_builtins(environment)}
    return {**head, **msgspec.to_builtins(machine), **beside}
