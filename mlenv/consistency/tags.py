"""Whether a wheel was built for the interpreter that it lies beside (the tags of its WHEEL file)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.facts.pattern import lazy
from mlenv.matrix.wheel_tags import PlatformTag, parse_platform_tag

_SAME = {"amd64": "x86_64", "arm64": "aarch64", "x86": "i686", "i386": "i686", "armv7l": "arm"}
_CPYTHON = lazy(r"cp3(\d{1,3})")


class Interpreter(msgspec.Struct, frozen=True, kw_only=True):
    """An interpreter as far as tags speak of it: ``minor`` is the second number of its version.

    What is None is not known, and nothing is said against a wheel because of it.
    """

    system: str
    minor: int | None = None
    architecture: str | None = None

    @classmethod
    def of(cls, environment: Environment, machine: Machine) -> Interpreter:
        """The interpreter of an environment; of PyPy only the platform is compared."""
        parts = (environment.python or "").rstrip("t").split(".")
        is_pypy = "pypy" in (environment.executable or "").lower()
        minor = int(parts[1]) if len(parts) > 1 and parts[1].isdecimal() and not is_pypy else None
        own = environment.architecture
        return cls(system=machine.os.family, minor=minor, architecture=None if own is None else _SAME.get(own, own))


# cp312-cp312-manylinux_2_28_x86_64 ; cp39-abi3-win_amd64 ; py3-none-any
def misfit(tags: Iterable[str], interpreter: Interpreter) -> str:
    """What a wheel was built for, if that is another Python or another computer; else empty."""
    reasons = [_misfit_of(tag, interpreter) for tag in tags]
    return reasons[0] if reasons and all(reasons) else ""


def _misfit_of(tag: str, interpreter: Interpreter) -> str:
    parts = tag.split("-")
    if len(parts) != 3:
        return ""
    python, abi, platforms = parts
    wrong = _wrong_python(python, abi, interpreter)
    if wrong:
        return wrong
    known = [parse_platform_tag(name) for name in platforms.split(".")]
    fits = any(platform is None or _fits(platform, interpreter) for platform in known)
    return "" if fits else f"{platforms}, and this is {interpreter.system} on {interpreter.architecture or 'it'}"


def _wrong_python(python: str, abi: str, interpreter: Interpreter) -> str:
    """Compiled code is for one release of CPython, or for all from one on (``abi3``)."""
    matches = [_CPYTHON.fullmatch(name) for name in python.split(".")]
    minors = [int(match[1]) for match in matches if match]
    if interpreter.minor is None or abi == "none" or len(minors) != len(matches):
        return ""
    fits = min(minors) <= interpreter.minor if abi == "abi3" else interpreter.minor in minors
    return "" if fits else f"CPython 3.{minors[0]}, and this one is 3.{interpreter.minor}"


def _fits(platform: PlatformTag, interpreter: Interpreter) -> bool:
    if platform.system == "any":
        return True
    if platform.system != interpreter.system:
        return False
    named = _SAME.get(platform.architecture, platform.architecture)
    either = ("universal2", "intel", "fat", "universal", "")
    return interpreter.architecture in (None, "universal2", named) or named in either
