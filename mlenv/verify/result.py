"""What a verification says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from mlenv.facts.remedy import RemedyAction

DeviceKind = Literal["auto", "cpu", "gpu", "cuda", "rocm", "xpu", "mps", "tpu"]
"""Where to compute.  ``auto`` is the accelerator that a framework sees, else the CPU; ``gpu`` is
the accelerator that it sees, and its absence is a failure."""

Level = Literal["quick", "standard", "deep"]
"""How much is checked: ``quick`` within a minute, ``standard`` within five, ``deep`` within thirty."""

LEVELS: tuple[Level, ...] = ("quick", "standard", "deep")

Group = Literal["framework", "environment", "host", "gpu", "performance", "policy"]
"""What a result is about: a framework, the files of the environment, the computer, the health of a
GPU, a measured rate, or a rule of a policy."""

Action = RemedyAction | Literal[""]
"""The kind of remedy; empty where nothing is wrong."""

ResultStatus = Literal["pass", "warn", "fail", "skip", "error"]
Status = Literal["ok", "warning", "error", "unknown"]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A framework to verify.

    ``framework`` is its id in the matrix, ``distribution`` the installed package, ``imports`` the
    modules that prove it (empty: as the package's files say) and ``version`` the version that must
    be installed, None where any will do.  ``payload`` names the payload where it is not the one of
    the framework, ``partners`` further frameworks that share the process, and ``backend`` the one
    that a framework with several is to use.
    """

    framework: str
    distribution: str
    imports: tuple[str, ...] = ()
    version: str | None = None
    payload: str = ""
    partners: tuple[str, ...] = ()
    backend: str = ""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How one check went; ``framework`` is empty where it was of none.

    ``check`` is ``import``, ``version``, ``device``, ``compute`` or an operation of that
    framework alone; ``device`` is where it ran (``cuda:0``), read back from the result.
    ``error`` means that the check itself could not run; it never counts as a pass.
    ``reason`` is a slug for what is not a pass (``not-installed``, ``missing-library``,
    ``device-missing``, ``cpu-fallback``, ``wrong-number``, ``version-mismatch``, ``crashed``,
    ``timed-out``, ``ended-early``, ``could-not-run`` and so on), ``signal`` names what killed
    the child.  ``measured`` holds numbers and names that were found (``{"arithmetic": "tf32",
    "norm": 2.9e-4}``), each with its unit in its name; ``action`` and ``remedy`` say what would
    help, the one for machines and the other for people.  ``about`` is the GPU's UUID or another
    name that lasts.
    """

    framework: str = ""
    version: str | None = None
    device: str | None = None
    check: str
    status: ResultStatus
    seconds: float = 0.0
    detail: str = ""
    reason: str = ""
    signal: str | None = None
    group: Group = "framework"
    measured: dict[str, float | str] = {}
    action: Action = ""
    remedy: str = ""
    about: str = ""


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """All results of one environment, in the order of its targets, and the verdict."""

    environment: str
    status: Status
    results: tuple[Result, ...]
    level: Level = "quick"


def find_status(results: Iterable[Result], device: DeviceKind = "auto") -> Status:
    """The verdict over results.

    Green means seen to work: a check that could not run, no framework checked at all, or an
    accelerator asked for that no framework proved, leave the verdict ``unknown``.
    """
    listed = tuple(results)
    statuses = {result.status for result in listed}
    if "fail" in statuses:
        return "error"
    if "error" in statuses or not any(_proves_framework(result) for result in listed):
        return "unknown"
    if device not in ("auto", "cpu") and not any(_proves_device(result) for result in listed):
        return "unknown"
    return "warning" if "warn" in statuses else "ok"


def _proves_framework(result: Result) -> bool:
    return result.group == "framework" and result.status in ("pass", "warn")


def _proves_device(result: Result) -> bool:
    return result.check == "device" and result.status in ("pass", "warn")
