"""A GPU as a picture: its gauges, the contacts of its link, what is unusual about it.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.size import gib

LANES = 16
"""As many contacts has the edge of a card."""
_IDLE = "gpu-idle"  # every card slows down when there is nothing to do


class Gauge(msgspec.Struct, frozen=True, kw_only=True):
    """A bar: what it is of, how full (percent, None where nobody knows), and what it says in words."""

    label: str
    share: float | None
    says: str


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The contacts of a card: ``lit`` lanes in use of ``largest`` that could be."""

    lit: int
    largest: int
    says: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU: its name, what it is, its gauges, its links, and what is unusual about it."""

    name: str
    place: str
    facts: tuple[str, ...]
    gauges: tuple[Gauge, ...]
    link: Link | None
    notes: tuple[str, ...]


def draw_card(gpu: Gpu) -> Card:
    """The picture of a GPU."""
    return Card(
        name=gpu.name or f"{gpu.vendor} GPU{f' {gpu.pci_id}' if gpu.pci_id else ''}",
        place="" if gpu.index is None else f"GPU {gpu.index}",
        facts=tuple(_tell_gpu(gpu)),
        gauges=tuple(_measure_gpu(gpu)),
        link=_draw_link(gpu),
        notes=tuple(_note_gpu(gpu)),
    )


def _tell_gpu(gpu: Gpu) -> Iterator[str]:
    if gpu.compute_capability:
        yield f"compute capability {gpu.compute_capability}"
    yield from filter(None, (gpu.architecture, gpu.gfx, gpu.metal))
    if gpu.compute_units:
        yield f"{gpu.compute_units} compute units"
    if gpu.partition:
        yield f"partition {gpu.partition}"
    if gpu.integrated:
        yield "integrated"


def _measure_gpu(gpu: Gpu) -> Iterator[Gauge]:
    if gpu.memory_bytes:
        total, free = gpu.memory_bytes, gpu.memory_free_bytes
        says = gib(total) if free is None else f"{gib(max(0, total - free))} of {gib(total)} in use"
        yield Gauge(label="Memory", share=used_share(total, free), says=says)
    power = gpu.power
    if power and power.draw_watts is not None:
        limit = power.limit_watts
        share = min(100.0, 100 * power.draw_watts / limit) if limit else None
        yield Gauge(label="Power", share=share, says=f"{power.draw_watts:.0f}{f' of {limit:.0f}' if limit else ''} W")
    if gpu.temperature_celsius is not None:
        celsius = gpu.temperature_celsius
        yield Gauge(label="Temperature", share=float(min(100, max(0, celsius))), says=f"{celsius} °C")


def _draw_link(gpu: Gpu) -> Link | None:
    link = gpu.link
    if link is None or not link.width:
        return None
    largest = max(link.width, link.largest_width or 0)
    generation = link.largest_generation or link.generation
    says = f"PCIe {f'{generation}.0 ' if generation else ''}x{link.width}"
    says += f" of x{largest}" if largest > link.width else ""
    return Link(lit=min(LANES, link.width), largest=min(LANES, largest), says=says)


def _note_gpu(gpu: Gpu) -> Iterator[str]:
    """What else is known of its state."""
    if gpu.nvlinks:
        active = sum(link.active is True for link in gpu.nvlinks)
        yield f"{active} of {len(gpu.nvlinks)} NVLinks active"
    if gpu.driver is not None:
        yield f"driver {gpu.driver}" if gpu.driver else "no driver bound"
    if gpu.mig:
        yield f"MIG on{'' if gpu.mig_instances is None else f', {len(gpu.mig_instances)} instances'}"
    if gpu.ecc and gpu.ecc.enabled is not None:
        yield "ECC on" if gpu.ecc.enabled else "ECC off"
    held = [event for event in gpu.clock_events or () if event != _IDLE]
    if held:
        yield f"clocks held by {', '.join(held)}"
    if gpu.recovery_action and gpu.recovery_action != "none":
        yield f"asks for {gpu.recovery_action}"


def used_share(total: int | None, free: int | None) -> float | None:
    """Percent in use, None where one of the two is not known."""
    if not total or free is None:
        return None
    return min(100.0, max(0.0, 100 * (total - free) / total))
