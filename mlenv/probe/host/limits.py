"""What the system allows this process: open files, locked memory and the like."""

from __future__ import annotations

from mlenv.facts.system import ResourceLimit
from mlenv.probe.log import Log
from mlenv.system.host import Host

_NAMES = (
    ("RLIMIT_NOFILE", "open-files"),
    ("RLIMIT_NPROC", "processes"),
    ("RLIMIT_STACK", "stack"),
    ("RLIMIT_MEMLOCK", "locked-memory"),
    ("RLIMIT_AS", "address-space"),
    ("RLIMIT_FSIZE", "file-size"),
)


def read_limits(host: Host, log: Log) -> tuple[ResourceLimit, ...] | None:
    """The limits that frameworks run into; None on Windows, which has none of them."""
    if host.identity.system == "windows":
        log.not_asked("limits", "getrlimit", "Windows has no such limits")
        return None
    known = host.limits()
    if not known:
        log.unreadable("limits", "getrlimit", "it names no limit")
        return None
    log.found("limits", "getrlimit")
    return tuple(
        ResourceLimit(name=name, soft=known[constant][0], hard=known[constant][1])
        for constant, name in _NAMES
        if constant in known
    )
