"""Measured rates, held against what the card and its link are made for.  Pure.

A rate below a limit is a warning: drivers, cooling, a laptop's supply and neighbours all slow a
healthy card.  ``measured["limit"]`` says which limit it is below (``fail`` or ``warn``), so that a
policy can make a failure of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.matrix.hardware import GpuModels
from mlenv.matrix.product import closest_gpus, is_part
from mlenv.matrix.query_products import peak_of
from mlenv.verify.cards import Card, find_card
from mlenv.verify.circumstances import word_circumstances
from mlenv.verify.result import Result, ResultStatus

Metric = Literal["bf16_tflops", "memory_gb_per_s", "host_to_device_gb_per_s", "device_to_host_gb_per_s", "spread"]

CHECKS: dict[Metric, str] = {
    "bf16_tflops": "perf.bf16",
    "memory_gb_per_s": "perf.membw",
    "host_to_device_gb_per_s": "perf.h2d",
    "device_to_host_gb_per_s": "perf.d2h",
    "spread": "perf.spread",
}
UNITS: dict[Metric, str] = {"bf16_tflops": "TFLOP/s", "spread": ""}
_COMPARED: tuple[Metric, ...] = ("bf16_tflops", "memory_gb_per_s")


class RateLimit(Protocol):
    """Ratios of the peak below which a rate is too low; ``vendor`` is empty where it is any vendor's."""

    @property
    def metric(self) -> str:
        """One of :data:`Metric`."""

    @property
    def vendor(self) -> str:
        """``nvidia``, ``amd``, ``intel`` or empty."""

    @property
    def fail_below(self) -> float:
        """The ratio below which a policy may speak of a failure."""

    @property
    def warn_below(self) -> float:
        """The ratio below which there is a warning."""


class Peak(msgspec.Struct, frozen=True, kw_only=True):
    """What a rate is held against, in its own unit; ``what`` names it.  Without a rate ``what`` says why."""

    rate: float | None = None
    what: str


def judge_rates(
    results: Sequence[Result], machine: Machine, gpus: GpuModels, limits: Sequence[RateLimit]
) -> tuple[Result, ...]:
    """A result of the group ``performance`` for each rate of a GPU, then the spread between equal GPUs.

    Only rates of checks that passed count; those of the CPU are not judged.
    """
    rates = [(result, find_card(result, machine)) for result in results if result.status in ("pass", "warn")]
    known = [(result, card) for result, card in rates if card is not None]
    judged = tuple(
        _judge(result, card, metric, gpus, limits)
        for result, card in known
        for metric in CHECKS
        if isinstance(result.measured.get(metric), float)
    )
    return judged + tuple(_judge_spread(known, limits))


def _judge(result: Result, card: Card, metric: Metric, gpus: GpuModels, limits: Sequence[RateLimit]) -> Result:
    rate = float(result.measured[metric])
    unit = UNITS.get(metric, "GB/s")
    peak = _find_peak(result, card, metric, gpus)
    limit = _find_limit(limits, metric, card.vendor)
    measured: dict[str, float | str] = {metric: rate}
    if peak.rate is None or limit is None:
        reason = peak.what if peak.rate is None else "no limit is set for it"
        return _note(result, card, metric, "skip", f"{rate:.4g} {unit}, not judged: {reason}", "not-judged", measured)
    ratio = rate / peak.rate
    measured |= {"ratio": round(ratio, 4), "peak": peak.rate}
    text = f"{rate:.4g} {unit}, {ratio:.0%} of the {peak.rate:.4g} {unit} of {peak.what}"
    return _conclude(result, card, metric, text, measured, limit)


def _conclude(
    result: Result, card: Card, metric: Metric, text: str, measured: dict[str, float | str], limit: RateLimit
) -> Result:
    """Pass or warning, by where the ratio lies."""
    ratio = float(measured["ratio"])
    if ratio >= limit.warn_below:
        return _note(result, card, metric, "pass", text, "", measured)
    passed = "fail" if ratio < limit.fail_below else "warn"
    bound = limit.fail_below if passed == "fail" else limit.warn_below
    measured |= {"limit": passed, "below": bound}
    words = f"{text}: below {bound:.0%}{word_circumstances(card)}"
    return _note(result, card, metric, "warn", words, "slow", measured)


def _note(
    result: Result,
    card: Card,
    metric: Metric,
    status: ResultStatus,
    detail: str,
    reason: str,
    measured: dict[str, float | str],
) -> Result:
    return Result(
        framework=result.framework,
        version=result.version,
        device=result.device,
        check=CHECKS[metric],
        status=status,
        detail=detail,
        reason=reason,
        group="performance",
        measured=measured,
        about=card.uuid,
    )


def _find_limit(limits: Sequence[RateLimit], metric: str, vendor: str) -> RateLimit | None:
    """The row of the vendor, else the one of any vendor."""
    rows = [row for row in limits if row.metric == metric and row.vendor in ("", vendor)]
    return max(rows, key=lambda row: row.vendor == vendor, default=None)


# ---------------------------------------------------------------- peaks


def _find_peak(result: Result, card: Card, metric: Metric, gpus: GpuModels) -> Peak:
    if metric in ("host_to_device_gb_per_s", "device_to_host_gb_per_s"):
        return _find_link_peak(card.gpu)
    if not card.name:
        return Peak(what="the card's name is not known")
    if metric == "memory_gb_per_s":
        return _find_memory_peak(gpus, card.name)
    dtype: Literal["fp16", "bf16"] = "fp16" if result.measured.get("dtype") == "float16" else "bf16"
    peak = peak_of(gpus, card.name, dtype)
    if peak is None:
        return Peak(what=f"no public peak known of the {card.name} in {dtype}")
    return Peak(rate=peak.tflops, what=f"the {card.name} in {dtype}{', derived' if peak.rule else ''}")


def _find_memory_peak(gpus: GpuModels, name: str) -> Peak:
    """The bandwidth of a product's memory, where all rows that may be meant agree."""
    rows = closest_gpus(gpus, name)
    part = is_part(name) and not any(is_part(row.name) for row in rows)
    rates = {row.bandwidth_gbs for row in rows}
    rate = rates.pop() if len(rates) == 1 and not part else None
    if rate is None:
        return Peak(what=f"no public peak known of the memory of the {name}")
    return Peak(rate=rate, what=f"the memory of the {name}")


# GT/s of one lane of each PCI Express generation, and what of it is payload: 8 bits of 10, 128 of
# 130, and from generation 6 on 236 bytes of a packet of 256.
_LANES = {1: (2.5, 8 / 10), 2: (5.0, 8 / 10), 3: (8.0, 128 / 130), 4: (16.0, 128 / 130), 5: (32.0, 128 / 130)}
_LANES |= {6: (64.0, 236 / 256)}


def lane_rate(generation: int) -> float | None:
    """GB/s of one lane in one direction, None for a generation that is not known."""
    found = _LANES.get(generation)
    return found[0] * found[1] / 8 if found else None


def _find_link_peak(gpu: Gpu | None) -> Peak:
    """The rate of the link as it can be: its generation falls while the card is idle, its width does not."""
    link = gpu.link if gpu else None
    generation = (link.largest_generation or link.generation) if link else None
    width = (link.width or link.largest_width) if link else None
    lane = lane_rate(generation) if generation else None
    if lane is None or not width:
        return Peak(what="the PCI Express link was not read")
    return Peak(rate=round(lane * width, 2), what=f"PCIe {generation}.0 x{width}")


# ---------------------------------------------------------------- between GPUs


def _judge_spread(rates: Sequence[tuple[Result, Card]], limits: Sequence[RateLimit]) -> Iterator[Result]:
    """The slowest against the fastest of the GPUs of one name, for each rate that depends on the card alone."""
    limit = _find_limit(limits, "spread", "")
    for metric in _COMPARED if limit else ():
        for name in dict.fromkeys(card.name for _, card in rates if card.name):
            equal = [
                (result, card)
                for result, card in rates
                if card.name == name and isinstance(result.measured.get(metric), float)
            ]
            if len({result.device for result, _ in equal}) > 1:
                assert limit is not None
                yield _compare(equal, metric, limit)


def _compare(equal: Sequence[tuple[Result, Card]], metric: Metric, limit: RateLimit) -> Result:
    ordered = sorted(equal, key=lambda pair: float(pair[0].measured[metric]))
    (slowest, card), (fastest, _) = ordered[0], ordered[-1]
    low, high = float(slowest.measured[metric]), float(fastest.measured[metric])
    text = (
        f"{slowest.device} reaches {low:.4g} {UNITS.get(metric, 'GB/s')}, {low / high:.0%} of {fastest.device}, "
        f"the fastest of {len(ordered)} {card.name}"
    )
    measured: dict[str, float | str] = {
        "metric": metric,
        "ratio": round(low / high, 4),
        "slowest": low,
        "fastest": high,
    }
    return _conclude(slowest, card, "spread", text, measured, limit)
