"""What a user of a machine may do, in two snapshots: devices, groups, limits, disks, network ports."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.hardware import Disk, NetworkPort
from mlenv.facts.machine import Machine
from mlenv.facts.size import gib
from mlenv.facts.system import DeviceNode
from mlenv.report.environments.change import Change, Verdict, make_change
from mlenv.report.environments.machine_parts import tell_change

LEAST_LOSS = 0.1
"""A smaller part of a disk is no difference: file systems keep some for themselves."""
_LOADED = frozenset(("environment", "temporary"))
"""Where programs are started and libraries are loaded from."""
_SIZES = frozenset(("stack", "locked-memory", "address-space", "file-size"))


def compare_devices(before: Machine, after: Machine) -> Iterator[Change]:
    """Device files of accelerators: there or gone, and whether this user may open them."""
    if before.device_nodes is None or after.device_nodes is None:
        return
    old, new = ({node.path: node for node in machine.device_nodes or ()} for machine in (before, after))
    for path in sorted({*old, *new}):
        states = _tell_access(old.get(path)), _tell_access(new.get(path))
        if states[0] != states[1]:
            yield make_change(f"device {path}", "machine", states, _judge_access(*states))


def _tell_access(node: DeviceNode | None) -> str:
    if node is None:
        return ""
    return "open to this user" if node.readable and node.writable else "not open to this user"


def _judge_access(old: str, new: str) -> Verdict:
    if new == "open to this user":
        return Verdict("none", "this user may use it now")
    if not new:
        return Verdict("medium", "the device is gone: its driver is not loaded, or it was not handed on")
    reason = "frameworks find no device where this user may not open it"
    return Verdict("high" if old == "open to this user" else "low", reason)


def compare_account(before: Machine, after: Machine) -> Iterator[Change]:
    """The groups that devices ask for."""
    old, new = (machine.account.groups if machine.account else None for machine in (before, after))
    if old is None or new is None or set(old) == set(new):
        return
    verdict = Verdict("none", "one group more")
    if set(old) - set(new):
        verdict = Verdict("medium", "devices of that group may not be open to this user any more")
    yield tell_change("groups", " ".join(sorted(old)) or "none", " ".join(sorted(new)) or "none", verdict)


def compare_limits(before: Machine, after: Machine) -> Iterator[Change]:
    """Limits of processes that this shell hands on; only lower ones can do harm."""
    if before.limits is None or after.limits is None:
        return
    old, new = ({row.name: row.soft for row in machine.limits or ()} for machine in (before, after))
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            verdict = Verdict("none", "a wider limit")
            if _rank_limit(new[name]) < _rank_limit(old[name]):
                verdict = Verdict("low", "a narrower limit: what used more of it fails")
            yield tell_change(f"limit {name}", _tell_limit(name, old[name]), _tell_limit(name, new[name]), verdict)


def _rank_limit(value: int | None) -> float:
    return float("inf") if value is None else value


def _tell_limit(name: str, value: int | None) -> str:
    if value is None:
        return "no limit"
    return f"{value // 1024} KiB" if name in _SIZES else str(value)


def compare_disks(before: Machine, after: Machine) -> Iterator[Change]:
    """Where environments, caches and temporary files lie; free space comes and goes and is no difference."""
    for new in after.disks:
        old = before.disk(new.purpose)
        if old is not None:
            yield from _compare_disk(old, new)


def _compare_disk(old: Disk, new: Disk) -> Iterator[Change]:
    name = f"disk for {new.purpose}"
    if old.filesystem and new.filesystem and old.filesystem != new.filesystem:
        yield tell_change(f"file system, {name}", old.filesystem, new.filesystem, Verdict("low", "another file system"))
    if old.writable and new.writable is False:
        yield tell_change(f"{name}", "writable", "not writable", Verdict("high", "nothing can be written there"))
    if old.noexec is False and new.noexec and new.purpose in _LOADED:
        verdict = Verdict("high", "no program runs and no library loads from there")
        yield tell_change(f"mount, {name}", "programs run", "noexec", verdict)
    if old.total_bytes and new.total_bytes and new.total_bytes < (1 - LEAST_LOSS) * old.total_bytes:
        verdict = Verdict("medium" if new.purpose == "shared-memory" else "low", "smaller than it was")
        yield tell_change(f"size, {name}", gib(old.total_bytes), gib(new.total_bytes), verdict)


def compare_ports(before: Machine, after: Machine) -> Iterator[Change]:
    """Ports of InfiniBand and RoCE."""
    if before.network_ports is None or after.network_ports is None:
        return
    old, new = ({(row.device, row.port): row for row in machine.network_ports or ()} for machine in (before, after))
    for device, port in sorted({*old, *new}):
        states = _tell_port(old.get((device, port))), _tell_port(new.get((device, port)))
        if states[0] != states[1]:
            verdict = Verdict("medium", "work over several machines goes another way, or fails")
            yield make_change(f"port {device}/{port}", "machine", states, verdict)


def _tell_port(port: NetworkPort | None) -> str:
    if port is None:
        return ""
    rate = f", {port.rate:.0f} Gbit/s" if port.rate else ""
    return f"{port.state or 'state not known'}{rate}"
