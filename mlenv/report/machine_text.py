"""The machine as text: ``mlenv probe``."""

from __future__ import annotations

from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.report.device_lines import device_details, device_lines
from mlenv.report.environment_lines import environment_lines
from mlenv.report.host_lines import detail_lines, host_lines, software_lines
from mlenv.report.style import clean


def render_text(machine: Machine, environment: Environment | None = None, *, verbose: bool = False) -> str:
    """The facts, a line per subject; ``verbose`` adds details, and how each came to be known."""
    lines = [*host_lines(machine), *device_lines(machine), *software_lines(machine)]
    readings = machine.readings
    if environment is not None:
        lines += environment_lines(environment, verbose=verbose)
        readings += environment.readings
    if verbose:
        lines += [*detail_lines(machine), *device_details(machine)]
    texts = [f"{f'{label}:' if label else '':<14}{text}" for label, text in lines]
    if verbose:
        texts.append("")
        texts += [
            f"{reading.outcome:<11}{reading.id:<25} {reading.source}{f' ({reading.detail})' if reading.detail else ''}"
            for reading in readings
        ]
    return clean("\n".join(texts)) + "\n"
