"""What the package resolver is told about the machine that a plan is for."""

from __future__ import annotations

import sys

import msgspec

from mlenv.facts.machine import Machine
from mlenv.facts.version import numbers
from mlenv.resolve.resolution import Resolution

GLIBC = ((2, 17), (2, 28), *((2, minor) for minor in range(31, 41)))
"""The versions of glibc for which uv has a name."""
MUSL = (1, 2)
"""The one version of musl for which uv has a name."""
LOWEST_MACOS = "11.0"
"""What is supposed where nobody knows the version of macOS: the oldest that wheels are still made for."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Options and variables that make uv resolve for a machine; ``doubt`` says why it cannot."""

    argv: tuple[str, ...] = ()
    environ: dict[str, str] = {}
    doubt: str = ""


def find_target(resolution: Resolution, machine: Machine, *, here: bool) -> Target:
    """How uv is told of a machine and the plan's Python.

    ``here`` says that it is this one: then an interpreter that is installed speaks for itself.
    """
    interpreter = resolution.interpreter
    if here and interpreter is not None and interpreter.path:
        return Target(argv=("--python", interpreter.path))
    if resolution.python.endswith("t"):
        return Target(doubt=f"uv cannot resolve for a free-threaded Python {resolution.python} that is not installed")
    platform = _name_platform(machine)
    if platform is None:
        return Target(doubt=f"uv has no name for {_describe(machine)}")
    version = interpreter.version if interpreter else resolution.request.python or resolution.python
    # Any interpreter will do for the question itself: that of mlenv is there.
    asked = ("--python", sys.executable, "--no-python-downloads")
    return Target(
        argv=(*asked, "--python-version", version.rstrip("t"), "--python-platform", platform),
        environ={"MACOSX_DEPLOYMENT_TARGET": _name_macos(machine)} if machine.os.family == "macos" else {},
    )


def _name_platform(machine: Machine) -> str | None:
    architecture = {"arm64": "aarch64"}.get(machine.architecture or "", machine.architecture or "")
    if architecture not in ("x86_64", "aarch64"):
        return None
    if machine.os.family == "windows":
        return f"{architecture}-pc-windows-msvc"
    if machine.os.family == "macos":
        return f"{architecture}-apple-darwin"
    return _name_linux(machine, architecture)


def _name_linux(machine: Machine, architecture: str) -> str | None:
    """The newest name whose C library is not newer than the machine's; the oldest for an unknown one."""
    libc = machine.os.libc
    if libc is None:
        return f"{architecture}-manylinux_{GLIBC[0][0]}_{GLIBC[0][1]}"
    version = numbers(libc.version)[:2]
    if libc.family == "musl":
        return f"{architecture}-unknown-linux-musl" if version >= MUSL else None
    fitting = [known for known in GLIBC if known <= version]
    return f"{architecture}-manylinux_{fitting[-1][0]}_{fitting[-1][1]}" if fitting else None


def _name_macos(machine: Machine) -> str:
    major, minor = (*numbers(machine.os.version or LOWEST_MACOS), 0)[:2]
    return f"{major}.{minor}"


def _describe(machine: Machine) -> str:
    libc = machine.os.libc
    return f"{machine.platform} with {libc.family} {libc.version}" if libc else machine.platform
