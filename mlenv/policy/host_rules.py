"""Rules about the computer: its size, its system, its Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from mlenv.facts.hardware import DiskPurpose
from mlenv.facts.version import numbers, series
from mlenv.matrix.rows import PythonSeries
from mlenv.policy.conditions import admits, word_condition
from mlenv.policy.model import HostPolicy
from mlenv.policy.rule import Answer, PolicyCase, Rule, breaks, compare_rule, passes, same_rule, unknown

GB = 10**9
"""Sizes are those of makers: 16 GB of memory is a little more than this, never less."""


def host_rules(host: HostPolicy) -> Iterator[Rule]:
    """The rules of the table ``[host]``."""
    yield from _size_rules(host)
    if host.cpu_flags:
        yield _flags_rule(host.cpu_flags)
    yield from _system_rules(host)
    if host.python is not None:
        yield _python_rule(host.python)
    if host.forbid_eol_python:
        yield Rule(
            key="host.forbid_eol_python",
            wanted="true",
            text="The Python is of a series that still gets fixes.",
            judge=_judge_end_of_life,
        )


def _size_rules(host: HostPolicy) -> Iterator[Rule]:
    if host.ram_gb is not None:
        yield compare_rule("host.ram_gb", "number", host.ram_gb, "main memory", read_ram, unit="GB")
    if host.disk_free_gb is not None:
        yield compare_rule(
            "host.disk_free_gb",
            "number",
            host.disk_free_gb,
            "free disk space for the environment",
            _disk_reader("environment"),
            unit="GB",
            remedy="make room on that disk, or put the environment on another one",
        )
    if host.shared_memory_gb is not None:
        yield compare_rule(
            "host.shared_memory_gb",
            "number",
            host.shared_memory_gb,
            "free shared memory (/dev/shm)",
            _disk_reader("shared-memory"),
            unit="GB",
            remedy="in a container: docker run --shm-size=8g",
        )
    if host.cpu_cores is not None:
        yield compare_rule("host.cpu_cores", "number", host.cpu_cores, "the number of usable cores", read_cores)


def _system_rules(host: HostPolicy) -> Iterator[Rule]:
    if host.os is not None:
        yield same_rule("host.os", host.os, "the operating system", lambda case: case.machine.os.family)
    if host.distribution is not None:
        name = host.distribution.lower()
        yield same_rule("host.distribution", name, "the distribution", lambda case: case.machine.os.distribution)
    if host.os_version is not None:
        yield compare_rule(
            "host.os_version", "dotted", host.os_version, "the system's version", lambda case: case.machine.os.version
        )
    if host.arch is not None:
        yield same_rule("host.arch", _plain_arch(host.arch), "the architecture", _read_arch)
    if host.glibc is not None:
        yield _glibc_rule(host.glibc)
    if host.kernel is not None:
        yield compare_rule("host.kernel", "dotted", host.kernel, "the kernel", lambda case: case.machine.os.kernel)
    yield from _switch_rules(host)


def _switch_rules(host: HostPolicy) -> Iterator[Rule]:
    switches: tuple[tuple[str, bool | None, str, Callable[[PolicyCase], bool | None]], ...] = (
        ("secure_boot", host.secure_boot, "Secure Boot is on", lambda case: case.machine.os.secure_boot),
        ("wsl", host.wsl, "the system is inside WSL", lambda case: _truth(case.machine.os.wsl)),
        (
            "container",
            host.container,
            "the system is inside a container",
            lambda case: _truth(case.machine.os.container),
        ),
    )
    for key, wanted, title, read in switches:
        if wanted is not None:
            yield same_rule(f"host.{key}", wanted, title, read)


def _truth(value: int | str | None) -> bool | None:
    return None if value is None else bool(value)


def read_ram(case: PolicyCase) -> float | None:
    """Memory in GB, no more than a container's limit leaves."""
    memory = case.machine.memory
    sizes = [size for size in (memory.total_bytes, memory.limit_bytes) if size is not None]
    return None if memory.total_bytes is None else min(sizes) / GB


def read_cores(case: PolicyCase) -> float | None:
    """Cores that this process may use."""
    cpu = case.machine.cpu
    return cpu.usable_cores if cpu.usable_cores is not None else cpu.logical_cores


def _disk_reader(purpose: DiskPurpose) -> Callable[[PolicyCase], float | None]:
    def read(case: PolicyCase) -> float | None:
        disk = case.machine.disk(purpose)
        return None if disk is None or disk.free_bytes is None else disk.free_bytes / GB

    return read


def _plain_arch(name: str) -> str:
    """Linux and macOS have two words for 64-bit Arm."""
    return "aarch64" if name == "arm64" else name


def _read_arch(case: PolicyCase) -> str | None:
    return _plain_arch(case.machine.architecture) if case.machine.architecture else None


def _flags_rule(flags: tuple[str, ...]) -> Rule:
    wanted = ", ".join(flags)

    def judge(case: PolicyCase) -> Answer:
        if case.machine.cpu.flags is None:
            return unknown(f"the processor's instructions are not known; {wanted} is asked for")
        missing = [flag for flag in flags if flag.lower() not in case.machine.cpu.flags]
        if missing:
            return breaks(f"the processor lacks {', '.join(missing)}", f"without {', '.join(missing)}")
        return passes(f"the processor has {wanted}", wanted)

    return Rule(key="host.cpu_flags", wanted=wanted, text=f"The processor has {wanted}.", judge=judge)


def _glibc_rule(condition: str) -> Rule:
    rule = compare_rule("host.glibc", "dotted", condition, "the C library glibc", lambda case: _libc(case)[1])

    def judge(case: PolicyCase) -> Answer:
        family, version = _libc(case)
        if family != "glibc":
            return breaks(f"the C library is {family} {version or ''}".rstrip() + ", not glibc", family)
        return rule.judge(case)

    return Rule(key=rule.key, wanted=rule.wanted, text=rule.text, judge=judge)


def _libc(case: PolicyCase) -> tuple[str, str | None]:
    system = case.machine.os
    if system.libc is not None:
        return system.libc.family, system.libc.version
    return ("glibc", None) if system.family == "linux" else (f"that of {system.family}", None)


def read_pythons(case: PolicyCase) -> tuple[str, ...] | None:
    """The environment's Python; where none is looked at, all of the machine."""
    if case.environment is not None:
        return (case.environment.python,) if case.environment.python else None
    found = case.machine.pythons
    return None if found is None else tuple(python.version for python in found)


def _python_rule(condition: str) -> Rule:
    words = word_condition(condition)

    def judge(case: PolicyCase) -> Answer:
        found = read_pythons(case)
        if found is None:
            return unknown(f"the Python is not known; {words} is asked for")
        fitting = [version for version in found if admits("version", condition, version)]
        shown = ", ".join(fitting or found) or "none"
        if fitting:
            return passes(f"Python is {shown}; {words} is asked for", shown)
        return breaks(
            f"Python is {shown}, and not {words}", shown, remedy="make the environment anew with --python X.Y"
        )

    return Rule(key="host.python", wanted=condition, text=f"Python is {words}.", judge=judge)


def _judge_end_of_life(case: PolicyCase) -> Answer:
    found = read_pythons(case)
    if found is None:
        return unknown("the Python is not known")
    ends = {version: find_end_of_life(case.matrix.pythons, version) for version in found}
    living = [version for version, end in ends.items() if end is not None and end >= case.today]
    if living:
        return passes(f"Python {living[0]} gets fixes until {ends[living[0]]}", living[0])
    unclear = [version for version, end in ends.items() if end is None]
    if unclear:
        return unknown(f"the end of life of Python {unclear[0]} is not known", "mlenv matrix update")
    shown = ", ".join(f"{version} since {end}" for version, end in ends.items()) or "none is there"
    return breaks(f"no Python that still gets fixes: {shown}", shown, remedy="use a newer Python: --python X.Y")


def find_end_of_life(rows: tuple[PythonSeries, ...], version: str) -> dt.date | None:
    """The last day of support of a Python; None where no row tells.

    A series older than all rows has ended no later than the oldest of them.
    """
    own = next((row for row in rows if row.version == series(version)), None)
    if own is not None:
        return own.end_of_life
    oldest = min(rows, key=lambda row: numbers(row.version), default=None)
    return oldest.end_of_life if oldest and numbers(version) < numbers(oldest.version) else None
