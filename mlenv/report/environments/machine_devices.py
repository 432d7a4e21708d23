"""Accelerators and their drivers in two snapshots of a machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.version import numbers
from mlenv.report.environments.change import Change, Verdict, make_change
from mlenv.report.environments.machine_parts import UNKNOWN, compare_versions, judge_step, tell_change
from mlenv.report.environments.versions import Distance
from mlenv.resolve.driver_words import driver_of


def compare_gpus(before: Machine, after: Machine) -> Iterator[Change]:
    """GPUs that came or went, by name, and whether they are split."""
    if before.gpus is None or after.gpus is None:
        if before.gpus != after.gpus:
            verdict = Verdict("medium" if after.gpus is None else "none", "the GPUs could be seen only once")
            yield tell_change("gpu", _list_gpus(before.gpus), _list_gpus(after.gpus), verdict)
        return
    old, new = Counter(map(_name_gpu, before.gpus)), Counter(map(_name_gpu, after.gpus))
    for name in sorted({*old, *new}):
        if old[name] != new[name]:
            yield _change_count(name, old[name], new[name], left=bool(after.gpus))
    yield from _compare_partitions(before.gpus, after.gpus)


def _change_count(name: str, old: int, new: int, *, left: bool) -> Change:
    verdict = Verdict("low", "work may land on another device than before")
    if new < old:
        reason = "a GPU is gone" if left else "no GPU is left: what needs one computes on the CPU or fails"
        verdict = Verdict("high", reason)
    states = str(old or ""), str(new or "")
    return make_change(f"gpu {name}", "machine", states, verdict)


def _compare_partitions(before: Sequence[Gpu], after: Sequence[Gpu]) -> Iterator[Change]:
    old, new = (sum(gpu.mig is True for gpu in gpus) for gpus in (before, after))
    if old != new:
        verdict = Verdict("medium", "a GPU that is split (MIG) shows each process one part of it")
        yield tell_change("gpu partitions", f"{old} split", f"{new} split", verdict)


def _name_gpu(gpu: Gpu) -> str:
    return gpu.name or f"{gpu.vendor} {gpu.gfx or gpu.pci_id or 'GPU'}"


def _list_gpus(gpus: Sequence[Gpu] | None) -> str:
    if gpus is None:
        return UNKNOWN
    return ", ".join(f"{count} x {name}" for name, count in sorted(Counter(map(_name_gpu, gpus)).items())) or "none"


def compare_driver(before: Machine, after: Machine) -> Iterator[Change]:
    """NVIDIA's driver, and whether its libraries start."""
    old, new = driver_of(before), driver_of(after)
    yield from compare_versions("driver", old, new, _judge_driver)
    if bool(old) != bool(new):
        verdict = Verdict("none", "a driver of NVIDIA is seen now")
        if not new:
            verdict = Verdict("high", "no driver of NVIDIA is seen any more")
        yield make_change("driver", "machine", (old or "", new or ""), verdict)
    for name, attribute in (("NVML", "nvml"), ("CUDA's start", "cuda_init")):
        yield from _compare_starts(name, attribute, before, after)


def _compare_starts(name: str, attribute: str, before: Machine, after: Machine) -> Iterator[Change]:
    old, new = (getattr(machine.nvidia, attribute, None) for machine in (before, after))
    if old and new and old != new:
        verdict = Verdict("none", "it starts now") if new == "ok" else Verdict("high", f"the driver says {new}")
        yield tell_change(name, old, new, verdict)


def _judge_driver(distance: Distance) -> Verdict:
    if distance.kind != "upgraded":
        return Verdict("high", "an older driver: builds made for a newer CUDA may no longer start")
    if distance.step == "major":
        return Verdict("low", "another branch of the driver; it runs what the one before ran")
    return Verdict("none", "corrections of the same branch")


def compare_runtimes(before: Machine, after: Machine) -> Iterator[Change]:
    """What builds find on the system: ROCm, Intel's compute runtime, Tegra, a CUDA toolkit."""
    for subject, find in _RUNTIMES.items():
        yield from compare_versions(subject, find(before), find(after), _judge_runtime)


def _newest_toolkit(machine: Machine) -> str | None:
    return max((row.version for row in machine.cuda_toolkits), key=numbers, default=None)


def _judge_runtime(distance: Distance) -> Verdict:
    return judge_step(
        distance, "medium" if distance.step == "major" else "low", "what builds find on the system changes"
    )


_RUNTIMES: dict[str, Callable[[Machine], str | None]] = {
    "ROCm": lambda machine: machine.rocm.version if machine.rocm else None,
    "amdgpu driver": lambda machine: machine.rocm.driver if machine.rocm else None,
    "Intel compute runtime": lambda machine: machine.intel.compute_runtime if machine.intel else None,
    "L4T": lambda machine: machine.jetson.l4t if machine.jetson else None,
    "CUDA toolkit": _newest_toolkit,
}
