"""System, processor and memory in two snapshots of a machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlenv.facts.machine import Machine
from mlenv.facts.size import gib
from mlenv.facts.system import OperatingSystem
from mlenv.report.environments.change import Change, Verdict, make_change
from mlenv.report.environments.machine_parts import compare_versions, judge_step, tell_change
from mlenv.report.environments.settings import compare_variables
from mlenv.report.environments.versions import Distance

LEAST_LOSS = 0.1
"""A smaller part of the memory is no difference: firmware and kernels keep some for themselves."""
# What compilers make code for; of these the first are what ordinary wheels contain.
_USED = ("sse4_2", "avx", "f16c", "fma", "bmi2", "avx2", "asimd")
_INSTRUCTIONS = (*_USED, "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16", "amx_tile", "sve", "sve2")


def compare_platform(before: Machine, after: Machine) -> Iterator[Change]:
    """System and processor architecture."""
    if before.platform != after.platform:
        verdict = Verdict("high", "another platform: no compiled package fits both")
        yield tell_change("platform", before.platform, after.platform, verdict)


def compare_system(before: Machine, after: Machine) -> Iterator[Change]:
    """The distribution, its kernel, and what it runs in."""
    old, new = before.os, after.os
    if old.family != new.family:
        return  # the platform says it
    if old.distribution and new.distribution and old.distribution != new.distribution:
        verdict = Verdict("medium", "another distribution, with its own system libraries")
        yield tell_change("system", _name_system(old), _name_system(new), verdict)
    else:
        yield from compare_versions("system", old.version, new.version, _judge_system)
    yield from compare_versions("kernel", old.kernel, new.kernel, lambda _: Verdict("low", "drivers are built for it"))
    yield from _compare_host("container", old.container, new.container)
    yield from _compare_host("virtualization", old.virtualization, new.virtualization)


def _name_system(system: OperatingSystem) -> str:
    return f"{system.distribution} {system.version or ''}".rstrip()


def _compare_host(subject: str, old: str | None, new: str | None) -> Iterator[Change]:
    """What the system runs in: empty for nothing, None where that is not known."""
    if old is not None and new is not None and old != new:
        verdict = Verdict("low", "devices, memory and limits are those that it hands on")
        yield tell_change(subject, old or "none", new or "none", verdict)


def _judge_system(distance: Distance) -> Verdict:
    return judge_step(distance, "low", "another release of the system, with its own libraries")


def compare_libc(before: Machine, after: Machine) -> Iterator[Change]:
    """The C library."""
    old, new = before.os.libc, after.os.libc
    if not old or not new:
        return
    if old.family != new.family:
        verdict = Verdict("high", "another C library: no compiled package runs on both")
        yield tell_change("libc", f"{old.family} {old.version}", f"{new.family} {new.version}", verdict)
        return
    yield from compare_versions("libc", old.version, new.version, _judge_libc)


def _judge_libc(distance: Distance) -> Verdict:
    if distance.kind != "upgraded":
        return Verdict("high", "an older C library: packages compiled for the newer one do not load")
    return Verdict("low", "a newer C library; what ran before runs")


def compare_processor(before: Machine, after: Machine) -> Iterator[Change]:
    """The processor and the instructions that compilers make code for."""
    old, new = before.cpu, after.cpu
    if old.model and new.model and old.model != new.model:
        yield tell_change("cpu", old.model, new.model, Verdict("low", "another processor; last digits may differ"))
    if old.flags is None or new.flags is None or before.platform != after.platform:
        return
    lost, won = _find_lost(old.flags, new.flags), _find_lost(new.flags, old.flags)
    if lost or won:
        yield make_change("cpu instructions", "machine", (" ".join(lost), " ".join(won)), _judge_instructions(lost))


def _find_lost(old: Sequence[str], new: Sequence[str]) -> list[str]:
    return [name for name in _INSTRUCTIONS if name in old and name not in new]


def _judge_instructions(lost: Sequence[str]) -> Verdict:
    missed = [name for name in lost if name in _USED]
    if missed:
        return Verdict(
            "high", f"no {', '.join(missed)} any more: code compiled for it ends with an illegal instruction"
        )
    if lost:
        return Verdict("low", "code that was compiled on this machine for these may not run; wheels do without them")
    return Verdict("none", "the processor can do more")


def compare_memory(before: Machine, after: Machine) -> Iterator[Change]:
    """Main memory as this process may use it."""
    old, new = _usable_memory(before), _usable_memory(after)
    if not old or not new or abs(old - new) <= LEAST_LOSS * max(old, new):
        return
    verdict = Verdict("none", "more memory")
    if new < old:
        verdict = Verdict("medium", "less memory: what fitted may end for lack of it")
    yield tell_change("memory", gib(old), gib(new), verdict)


def _usable_memory(machine: Machine) -> int | None:
    known = [size for size in (machine.memory.total_bytes, machine.memory.limit_bytes) if size]
    return min(known, default=None)


def compare_surroundings(before: Machine, after: Machine) -> Iterator[Change]:
    """Variables that frameworks or the dynamic linker obey."""
    old, new = ({row.name: row.value for row in machine.variables} for machine in (before, after))
    verdict = Verdict("low", "frameworks or the dynamic linker obey it")
    yield from compare_variables(old, new, "machine", verdict)
