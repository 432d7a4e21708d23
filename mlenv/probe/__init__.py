"""Reading this machine: one file per subject, a reader and its pure parsers in each.

A reader asks the Host and never judges; it takes ``(host, log)`` and gives facts, and the log
keeps how each of them was found, or why it was not.  The readers run side by side, so that a
hung or crashing vendor library costs its own facts and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlenv.facts.machine import Machine
    from mlenv.system.host import Host


def probe_machine(host: Host, *, environment_path: str, deadline: float = 5.0) -> Machine:
    """The machine behind ``host``; never raises for what it finds there.

    ``environment_path`` is where an environment would be made: its disk is measured.
    ``deadline`` is what each subject may take, in seconds; one that is late or fails is left
    unknown, with a reading that says so.
    """
    # Imported here, so that a child process can import this package for next to nothing.
    from mlenv.probe.machine import read_machine

    return read_machine(host, environment_path=environment_path, deadline=deadline)
