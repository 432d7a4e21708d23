"""Rules about GPUs: which, how many, and the software below them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import partial

from msgspec.structs import replace

from mlenv.facts.gpu import Gpu, Vendor
from mlenv.facts.machine import Machine
from mlenv.matrix.query_hardware import newest_cuda
from mlenv.policy.conditions import ConditionKind, admits, word_condition
from mlenv.policy.health_rule import health_rule
from mlenv.policy.host_rules import GB
from mlenv.policy.model import GpuPolicy
from mlenv.policy.rule import (
    Answer,
    PolicyCase,
    Rule,
    breaks,
    compare_rule,
    passed_over,
    passes,
    unknown,
    word_fact,
    word_value,
)

NAMES = {"nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel", "apple": "Apple", "google": "Google"}


def chosen_gpus(machine: Machine, vendor: Vendor | None) -> tuple[Gpu, ...] | None:
    """The GPUs that a policy is about; None where it is not known which there are.

    One that shares the main memory counts only where there is no card, but for Apple's.
    """
    if machine.gpus is None:
        return None
    own = [gpu for gpu in machine.gpus if vendor in (None, gpu.vendor)]
    cards = [gpu for gpu in own if gpu.vendor == "apple" or not gpu.integrated]
    return tuple(cards or own)


def gpu_rules(gpu: GpuPolicy) -> Iterator[Rule]:
    """The rules of the table ``[gpu]``."""
    if gpu.vendor is not None:
        yield _vendor_rule(gpu.vendor)
    if gpu.count is not None:
        yield _count_rule(gpu)
    yield from _each_rules(gpu)
    yield from _software_rules(gpu)


def _vendor_rule(vendor: Vendor) -> Rule:
    def judge(case: PolicyCase) -> Answer:
        gpus = chosen_gpus(case.machine, None)
        if gpus is None:
            return unknown("it is not known which GPUs there are")
        own = chosen_gpus(case.machine, vendor)
        if own:
            return passes(f"{own[0].name or f'a GPU of {NAMES[vendor]}'} is there", vendor)
        shown = ", ".join(dict.fromkeys(NAMES[gpu.vendor] for gpu in gpus)) or "none"
        return breaks(f"there is no GPU of {NAMES[vendor]} (found: {shown})", shown)

    text = f"There is a GPU of {NAMES[vendor]}; the rules below are about those."
    return Rule(key="gpu.vendor", wanted=vendor, text=text, judge=judge)


def _count_rule(gpu: GpuPolicy) -> Rule:
    def read(case: PolicyCase) -> float | None:
        gpus = chosen_gpus(case.machine, gpu.vendor)
        return None if gpus is None else float(len(gpus))

    title = f"the number of {NAMES[gpu.vendor]} GPUs" if gpu.vendor else "the number of GPUs"
    return compare_rule("gpu.count", "number", gpu.count or "", title, read)


def _each_rules(gpu: GpuPolicy) -> Iterator[Rule]:
    if gpu.names:
        yield _each(
            gpu, "names", ", ".join(gpu.names), f"name is like {' or '.join(gpu.names)}", *_name_ways(gpu.names)
        )
    if gpu.vram_gb is not None:
        yield _each_compare(gpu, "vram_gb", "number", gpu.vram_gb, "memory", _read_memory, "GB")
    if gpu.compute_capability is not None:
        yield _each_compare(
            gpu, "compute_capability", "dotted", gpu.compute_capability, "compute capability", _read_capability
        )
    switches: tuple[tuple[str, bool | None, str, Callable[[Gpu], bool | None]], ...] = (
        ("ecc", gpu.ecc, "ECC is on", lambda card: card.ecc.enabled if card.ecc else None),
        ("persistence", gpu.persistence, "persistence mode is on", lambda card: card.persistence),
        ("mig", gpu.mig, "MIG is on", lambda card: card.mig),
    )
    for key, wanted, title, read in switches:
        if wanted is not None:
            yield _each_switch(gpu, key, wanted, title, read)


Show = Callable[[Gpu], "str | None"]
Judge = Callable[[Gpu], "bool | None"]


def _name_ways(names: tuple[str, ...]) -> tuple[Show, Judge]:
    patterns = [name.lower() for name in names]

    def judge(card: Gpu) -> bool | None:
        found = card.name
        return None if found is None else any(fnmatchcase(found.lower(), pattern) for pattern in patterns)

    return (lambda card: card.name), judge


def _read_memory(card: Gpu) -> float | None:
    return None if card.memory_bytes is None else card.memory_bytes / GB


def _read_capability(card: Gpu) -> str | None:
    return card.compute_capability


def _each_compare(
    gpu: GpuPolicy,
    key: str,
    kind: ConditionKind,
    condition: str,
    title: str,
    read: Callable[[Gpu], float | str | None],
    unit: str = "",
) -> Rule:
    def show(card: Gpu) -> str | None:
        found = read(card)
        return None if found is None else word_value(found, unit)

    def judge(card: Gpu) -> bool | None:
        found = read(card)
        return None if found is None else admits(kind, condition, found)

    return _each(gpu, key, condition, f"{title} is {word_condition(condition, unit)}", show, judge)


def _each_switch(gpu: GpuPolicy, key: str, wanted: bool, title: str, read: Callable[[Gpu], bool | None]) -> Rule:
    def show(card: Gpu) -> str | None:
        found = read(card)
        return None if found is None else word_fact(found, title)

    def judge(card: Gpu) -> bool | None:
        found = read(card)
        return None if found is None else found == wanted

    return _each(gpu, key, str(wanted).lower(), word_fact(wanted, title), show, judge)


def _each(gpu: GpuPolicy, key: str, wanted: str, statement: str, show: Show, judge_one: Judge) -> Rule:
    """A rule that every GPU must keep; ``statement`` is what it says of one."""

    def judge(case: PolicyCase) -> Answer:
        gpus = chosen_gpus(case.machine, gpu.vendor)
        if not gpus:
            return _without(gpu, gpus)
        verdicts = [(card, judge_one(card)) for card in gpus]
        bad = [card for card, verdict in verdicts if verdict is False]
        if bad:
            shown = "; ".join(f"{name_gpu(card, gpus)}: {show(card)}" for card in bad[:4])
            about = (bad[0].uuid or "") if len(bad) == 1 else ""
            return breaks(f"{shown}; asked of each GPU: {statement}", show(bad[0]) or "", about=about)
        dark = [card for card, verdict in verdicts if verdict is None]
        if dark:
            return unknown(f"{name_gpu(dark[0], gpus)}: it is not known whether {statement}")
        shown = ", ".join(dict.fromkeys(show(card) or "" for card in gpus))
        return passes(f"{shown} ({statement})", shown)

    return Rule(key=f"gpu.{key}", wanted=wanted, text=f"On each GPU, {statement}.", judge=judge)


def _without(gpu: GpuPolicy, gpus: tuple[Gpu, ...] | None) -> Answer:
    """The answer where there is no GPU to look at; one rule says so, not ten."""
    if gpus is None:
        return unknown("it is not known which GPUs there are")
    if gpu.vendor is not None or gpu.count is not None:
        return passed_over(f"there is no GPU: see policy.gpu.{'vendor' if gpu.vendor else 'count'}")
    return breaks("there is no GPU", "none")


def name_gpu(card: Gpu, gpus: tuple[Gpu, ...]) -> str:
    """``GPU 1 (NVIDIA A10)``."""
    index = card.index if card.index is not None else gpus.index(card)
    return f"GPU {index} ({card.name})" if card.name else f"GPU {index}"


def _software_rules(gpu: GpuPolicy) -> Iterator[Rule]:
    """Rules about drivers and health, which do not arise where another rule says that there is no GPU."""
    for rule in (*_driver_rules(gpu), *((health_rule(gpu.health),) if gpu.health else ())):
        yield replace(rule, judge=partial(_judge_with_gpu, gpu, rule.judge))


def _judge_with_gpu(gpu: GpuPolicy, judge: Callable[[PolicyCase], Answer], case: PolicyCase) -> Answer:
    if chosen_gpus(case.machine, gpu.vendor) == () and (gpu.vendor or gpu.count):
        return _without(gpu, ())
    return judge(case)


def _driver_rules(gpu: GpuPolicy) -> Iterator[Rule]:
    if gpu.driver is not None:
        yield compare_rule(
            "gpu.driver",
            "dotted",
            gpu.driver,
            "the GPU driver",
            lambda case: read_driver(case.machine, gpu.vendor),
            remedy="install a driver of the version asked for and reboot",
            action="update_driver",
        )
    if gpu.cuda is not None:
        yield compare_rule(
            "gpu.cuda",
            "dotted",
            gpu.cuda,
            "the newest CUDA that the driver offers",
            _read_cuda,
            remedy="a newer driver offers a newer CUDA",
            action="update_driver",
        )
    if gpu.rocm is not None:
        yield compare_rule(
            "gpu.rocm",
            "dotted",
            gpu.rocm,
            "ROCm",
            lambda case: case.machine.rocm.version if case.machine.rocm else None,
        )


def read_driver(machine: Machine, vendor: Vendor | None) -> str | None:
    """The version of the driver of the GPUs that count; None also where they are of several vendors."""
    vendors: set[Vendor | None] = {gpu.vendor for gpu in chosen_gpus(machine, vendor) or ()}
    vendors = vendors or {vendor}
    if vendors == {"nvidia"}:
        return machine.nvidia.driver if machine.nvidia else None
    if vendors == {"amd"}:
        return machine.rocm.driver if machine.rocm else None
    return None


def _read_cuda(case: PolicyCase) -> str | None:
    """As the driver says, else as its branch is known to offer."""
    nvidia = case.machine.nvidia
    if nvidia is None or nvidia.cuda is not None:
        return nvidia.cuda if nvidia else None
    return newest_cuda(case.matrix.drivers, nvidia.driver) if nvidia.driver else None
