"""What slows a healthy card, as far as the machine's facts tell."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.gpu import Gpu
from mlenv.matrix.product import is_part
from mlenv.verify.cards import Card

# Clocks are always lower while there is nothing to do.
_IDLE = frozenset({"gpu-idle", "idle", "none"})


def word_circumstances(card: Card) -> str:
    """The end of a sentence about a slow card; empty where nothing is known."""
    found = list(_find(card))
    return f" (beside it: {'; '.join(found)})" if found else ""


def _find(card: Card) -> Iterator[str]:
    if is_part(card.name):
        yield "a mobile part or a slice of a GPU"
    if card.gpu is not None:
        yield from _find_in_facts(card.gpu)


def _find_in_facts(gpu: Gpu) -> Iterator[str]:
    power = gpu.power
    if power and power.limit_watts and power.default_limit_watts and power.limit_watts < power.default_limit_watts:
        yield f"the power limit is {power.limit_watts:g} W of {power.default_limit_watts:g} W"
    events = [event for event in gpu.clock_events or () if event not in _IDLE]
    if events:
        yield f"clocks were held down ({', '.join(events)})"
    link = gpu.link
    if link and link.width and link.largest_width and link.width < link.largest_width:
        yield f"the link has {link.width} of {link.largest_width} lanes"
    if gpu.integrated:
        yield "it shares the main memory"
    yield from _find_sharing(gpu)


def _find_sharing(gpu: Gpu) -> Iterator[str]:
    if gpu.mig:
        yield "it is split (MIG)"
    if gpu.virtualization and gpu.virtualization.lower() != "none":
        yield f"virtualization: {gpu.virtualization}"
    if gpu.processes:
        yield f"{len(gpu.processes)} other processes used it when it was probed"
    if gpu.display_active:
        yield "it drives a display"
