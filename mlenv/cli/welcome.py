"""``mlenv`` alone: this machine in a line, and where to start on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlenv import __version__
from mlenv.cli.settings import DEFAULT_ENVIRONMENT, get_machine
from mlenv.errors import ExitStatus
from mlenv.report.style import Marks
from mlenv.terminal import Terminal

if TYPE_CHECKING:
    from mlenv.facts.machine import Machine

LOOK_SECONDS = 1.0
"""What the look at the machine may take; what is late is not told."""


def welcome(machine_path: Path | None = None) -> int:
    """Say where to start here, and give the exit status."""
    from mlenv.execute.generations import is_environment

    terminal = Terminal()
    machine = get_machine(machine_path, deadline=LOOK_SECONDS)
    terminal.write(render_welcome(machine, terminal.marks, environment=is_environment(Path(DEFAULT_ENVIRONMENT))))
    return ExitStatus.OK


def render_welcome(machine: Machine, marks: Marks, *, environment: bool) -> str:
    """A line for the machine, and the commands that make sense on it; ``environment``: there is one here."""
    from mlenv.cli.farewell import program

    name = program()
    rows = [*suggest(machine, environment=environment), ("--help", "all commands")]
    width = max(len(words) for words, _ in rows)
    lines = [f"  {name} {words:<{width}}  {text}" for words, text in rows]
    head = f"mlenv {__version__}: from a bare machine to a proven machine-learning environment"
    return "\n".join([head, describe(machine, marks), "", "Start here:", *lines]) + "\n"


def describe(machine: Machine, marks: Marks) -> str:
    """System, processor, memory, GPUs and Python in one line; that there is no GPU is said too."""
    from mlenv.report.subjects import describe_machine

    line = describe_machine(machine, marks)
    return line if machine.gpus != () else f"{line} {marks.dot} no GPU: CPU builds will do"


def suggest(machine: Machine, *, environment: bool) -> list[tuple[str, str]]:
    """Two or three commands with what they are for, the one to begin with first."""
    doctor = ("doctor", "what is wrong with this machine, if anything")
    if environment:
        return [
            ("verify", f"does {DEFAULT_ENVIRONMENT} compute, and are the numbers right?"),
            (f"doctor --env {DEFAULT_ENVIRONMENT}", "what is wrong with it or with this machine, if anything"),
            ("shell", f"a shell in {DEFAULT_ENVIRONMENT}"),
        ]
    setup = ("setup", "three questions, a plan, an environment that is proven to work")
    if lacks_driver(machine):
        return [("doctor", "why the GPU cannot be used, and what helps"), setup]
    return [setup, doctor]


def lacks_driver(machine: Machine) -> bool:
    """Whether an NVIDIA GPU is seen, and no driver that answers."""
    return bool(machine.gpus_of("nvidia")) and not (machine.nvidia and machine.nvidia.driver)
