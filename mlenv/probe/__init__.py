"""Reading this machine: one file per subject, a reader and its pure parsers in each.

A reader asks the Host and never judges; it takes ``(host, log)`` and gives facts, and the log
keeps how each of them was found, or why it was not.  The readers run side by side, so that a
hung or crashing vendor library costs its own facts and nothing else.
"""

from __future__ import annotations

TYPE_CHECKING = False  # spares the children the import of typing

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlenv.facts.machine import Machine
    from mlenv.system.host import Host


def probe_machine(host: Host, *, environment_path: str, deadline: float = 5.0) -> Machine:
    """The machine behind ``host``; never raises for what it finds there.

    ``environment_path`` is where an environment would be made: its disk is measured.
    ``deadline`` is what all of it may take, in seconds; a subject that is late or fails is left
    unknown, with a reading that says so.
    """
    return begin_probe(host, environment_path=environment_path, deadline=deadline)()


def begin_probe(host: Host, *, environment_path: str, deadline: float = 5.0) -> Callable[[], Machine]:
    """The same in two steps: what is slow is under way when this returns; the function waits for the rest."""
    # Imported here, so that a child process can import this package for next to nothing; and the
    # driver's libraries first, so that their children are at work while the other readers are loaded.
    from mlenv.probe.accelerators.driver_libraries import DriverLibraries
    from mlenv.probe.schedule import Schedule

    schedule = Schedule(host, deadline)
    libraries = DriverLibraries(schedule)
    from mlenv.probe.machine import begin_machine

    return begin_machine(schedule, libraries, environment_path=environment_path)
