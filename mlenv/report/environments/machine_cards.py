"""GPUs one by one in two snapshots of a machine: settings, firmware, links, wear.

Temperatures, clocks, free memory and processes come and go; they are no differences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.size import gib
from mlenv.report.environments.change import Change, Verdict, make_change
from mlenv.report.environments.machine_parts import tell_change

Judge = Callable[[str, str], Verdict]


class Trait(msgspec.Struct, frozen=True):
    """Something of a GPU in words, None where it is not known, and what a change of it means."""

    title: str
    read: Callable[[Gpu], str | None]
    judge: Judge


def compare_cards(before: Machine, after: Machine) -> Iterator[Change]:
    """What changed on GPUs that are there both times; those that came or went are told elsewhere."""
    for name, old, new in _pair(before.gpus or (), after.gpus or ()):
        for trait in TRAITS:
            states = trait.read(old), trait.read(new)
            if states[0] is not None and states[1] is not None and states[0] != states[1]:
                yield tell_change(f"{trait.title} of {name}", *states, trait.judge(states[0], states[1]))
        yield from _compare_wear(name, old, new)


def _pair(before: tuple[Gpu, ...], after: tuple[Gpu, ...]) -> Iterator[tuple[str, Gpu, Gpu]]:
    """The same card in both: by its place on the bus, else by its number; another model there is another card."""
    for number, new in enumerate(after):
        old = next((gpu for gpu in before if gpu.pci_address and gpu.pci_address == new.pci_address), None)
        if old is None and number < len(before) and not (before[number].pci_address and new.pci_address):
            old = before[number]
        if old is not None and (old.vendor, old.name) == (new.vendor, new.name):
            yield f"gpu {number if new.index is None else new.index}", old, new


def _switch(value: bool | None) -> str | None:
    return None if value is None else "on" if value else "off"


def _lanes(gpu: Gpu) -> str | None:
    return str(gpu.link.width) if gpu.link and gpu.link.width else None


def _links(gpu: Gpu) -> str | None:
    return None if gpu.nvlinks is None else str(sum(link.active is True for link in gpu.nvlinks))


def _watts(gpu: Gpu) -> str | None:
    return f"{gpu.power.limit_watts:.0f} W" if gpu.power and gpu.power.limit_watts else None


def _instances(gpu: Gpu) -> str | None:
    if gpu.mig_instances is None:
        return None
    return ", ".join(sorted(instance.profile or "?" for instance in gpu.mig_instances)) or "none"


def _always(risk: Verdict) -> Judge:
    return lambda _old, _new: risk


def _less(worse: Verdict, better: str) -> Judge:
    """Numbers of which fewer are worse."""
    return lambda old, new: worse if int(new) < int(old) else Verdict("none", better)


def _only(bad: Callable[[str], bool], verdict: Verdict, otherwise: str) -> Judge:
    return lambda _old, new: verdict if bad(new) else Verdict("none", otherwise)


TRAITS: tuple[Trait, ...] = (
    Trait(
        "memory",
        lambda gpu: gib(gpu.memory_bytes) if gpu.memory_bytes else None,
        _always(Verdict("medium", "what fitted into its memory may not fit any more")),
    ),
    Trait(
        "PCIe lanes", _lanes, _less(Verdict("medium", "fewer lanes: transfers are slower; reseat the card"), "wider")
    ),
    Trait("NVLinks", _links, _less(Verdict("high", "a link is down: work over several GPUs slows or fails"), "more")),
    Trait(
        "fabric",
        lambda gpu: gpu.fabric.state if gpu.fabric else None,
        _only(
            lambda state: state != "completed", Verdict("high", "CUDA does not start before it has joined"), "joined"
        ),
    ),
    Trait(
        "recovery",
        lambda gpu: gpu.recovery_action,
        _only(lambda action: action != "none", Verdict("high", "the driver asks for it"), "nothing is asked for"),
    ),
    Trait(
        "ECC",
        lambda gpu: _switch(gpu.ecc.enabled) if gpu.ecc else None,
        _only(lambda state: state == "off", Verdict("medium", "errors in memory are no longer corrected"), "corrected"),
    ),
    Trait("MIG instances", _instances, _always(Verdict("medium", "each process sees one part of the GPU"))),
    Trait(
        "compute mode",
        lambda gpu: gpu.compute_mode,
        _only(lambda mode: mode != "default", Verdict("medium", "not every process may use it"), "open to all"),
    ),
    Trait("kernel driver", lambda gpu: gpu.driver, _always(Verdict("high", "another driver holds the card"))),
    Trait("driver model", lambda gpu: gpu.driver_model, _always(Verdict("medium", "Windows runs it another way"))),
    Trait("partition", lambda gpu: gpu.partition, _always(Verdict("medium", "the card shows itself as other GPUs"))),
    Trait("power limit", _watts, _always(Verdict("low", "it computes at another rate"))),
    Trait("VBIOS", lambda gpu: gpu.vbios, _always(Verdict("low", "another firmware on the card"))),
    Trait("GSP firmware", lambda gpu: gpu.gsp_firmware, _always(Verdict("low", "it comes with the driver"))),
    Trait(
        "persistence",
        lambda gpu: _switch(gpu.persistence),
        _always(Verdict("low", "the first use starts slower or faster")),
    ),
)


def _compare_wear(name: str, old: Gpu, new: Gpu) -> Iterator[Change]:
    """Counts over the life of a card, which only grow."""
    for title, read, verdict in _WEAR:
        first, second = read(old), read(new)
        if first is not None and second is not None and second > first:
            yield make_change(f"{title} of {name}", "machine", (str(first), str(second)), verdict)


def _remapped(gpu: Gpu) -> int | None:
    return gpu.row_remaps.uncorrected if gpu.row_remaps else None


def _failed(gpu: Gpu) -> int | None:
    failed = gpu.row_remaps.failed if gpu.row_remaps else None
    return None if failed is None else int(failed)


def _retired(gpu: Gpu) -> int | None:
    return gpu.retired_pages.double_bit if gpu.retired_pages else None


_WEAR: tuple[tuple[str, Callable[[Gpu], int | None], Verdict], ...] = (
    ("failed row remaps", _failed, Verdict("high", "a row could not be replaced: the card is to be exchanged")),
    ("remapped rows", _remapped, Verdict("medium", "rows of memory went bad and were replaced")),
    ("retired pages", _retired, Verdict("medium", "pages of memory went bad and were taken out of use")),
    (
        "uncorrected errors",
        lambda gpu: gpu.ecc.aggregate.uncorrected if gpu.ecc else None,
        Verdict("medium", "errors in memory that could not be corrected"),
    ),
)
