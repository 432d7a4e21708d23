"""What another build means: CUDA, ROCm or the CPU, with the driver in view."""

from __future__ import annotations

from mlenv.facts.machine import Machine
from mlenv.facts.pattern import lazy
from mlenv.facts.version import at_least, numbers
from mlenv.matrix.hardware import Drivers
from mlenv.matrix.query import driver_floor, driver_system
from mlenv.report.environments.change import Verdict
from mlenv.resolve.driver_words import driver_of

# cu126, cu92, cu13; rocm7.2; xpu; cpu
_CUDA = lazy(r"(?:cu|cuda)(\d{1,3})(?!\d)")
_ROCM = lazy(r"rocm(\d+(?:\.\d+)*)")
_WORDS = {"cuda": "a GPU of NVIDIA", "rocm": "a GPU of AMD", "xpu": "a GPU of Intel", "cpu": "the CPU"}


def read_variant(label: str) -> tuple[str, str]:
    """``cu126`` gives ``("cuda", "12.6")``, ``rocm7.2`` ``("rocm", "7.2")``, another label no kind."""
    cuda = _CUDA.match(label)
    if cuda:
        return "cuda", _dotted(cuda[1])
    rocm = _ROCM.match(label)
    if rocm:
        return "rocm", rocm[1]
    return next((kind for kind in ("xpu", "cpu") if label.startswith(kind)), ""), ""


def judge_build(before: str, after: str, machine: Machine, drivers: Drivers | None) -> Verdict:
    """The risk of one build in place of another, by their labels (``cu126``, ``cpu``), on a machine."""
    (old, earlier), (new, later) = read_variant(before), read_variant(after)
    if not old or not new:
        return Verdict("medium", "the same release, built in another way or by somebody else")
    if old != new:
        return Verdict("high", f"made for {_WORDS[new]} instead of {_WORDS[old]}: it computes on another device")
    if new == "cuda":
        return _judge_cuda(earlier, later, machine, drivers)
    if numbers(earlier)[:1] != numbers(later)[:1]:
        return Verdict("medium", f"another major of {new}'s libraries; what was compiled for the old one must follow")
    return Verdict("low", "other libraries of the same major")


def _judge_cuda(before: str, after: str, machine: Machine, drivers: Drivers | None) -> Verdict:
    driver = driver_of(machine)
    runs = _runs(after, machine, drivers)
    if runs is False:
        return Verdict("high", f"driver {driver or 'of this machine'} does not run CUDA {after}")
    if numbers(before)[:1] != numbers(after)[:1]:
        known = f"driver {driver} runs it" if runs else "whether the driver runs it is not known"
        return Verdict(
            "medium", f"another major of CUDA's libraries ({known}); what was compiled for the old must follow"
        )
    offered = machine.nvidia.cuda if machine.nvidia else None
    if offered and not at_least(offered, after) and not at_least(before, after):
        return Verdict("medium", f"newer than the driver's own CUDA {offered}: what is compiled as it runs (PTX) fails")
    return Verdict("low", "other CUDA libraries of the same major")


def _runs(cuda: str, machine: Machine, drivers: Drivers | None) -> bool | None:
    """Whether the driver runs builds of a CUDA release; None where neither rows nor the driver tell."""
    driver = driver_of(machine)
    floor = driver_floor(drivers, cuda, system=driver_system(machine)) if drivers else None
    if driver and floor:
        return at_least(driver, floor)
    offered = machine.nvidia.cuda if machine.nvidia else None
    return numbers(offered)[:1] >= numbers(cuda)[:1] if offered else None


def _dotted(digits: str) -> str:
    """``126`` gives ``12.6``, ``92`` ``9.2``, ``13`` ``13``: releases before 10 have two digits in all."""
    if len(digits) == 3 or (len(digits) == 2 and int(digits) >= 80):
        return f"{digits[:-1]}.{digits[-1]}"
    return digits
