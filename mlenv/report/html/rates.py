"""The results of a verification, as a page shows them: frameworks, measured rates, and the rest by subject.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from mlenv.report.verify import BEFORE_COMPUTING, VerifyDocument, find_proofs
from mlenv.report.verify_text import TITLES
from mlenv.verify.result import Result

STATES = {"pass": "ok", "warn": "warning", "fail": "error", "error": "unknown", "skip": "skip"}
WORDS = {"pass": "pass", "warn": "warning", "fail": "fail", "error": "could not run", "skip": "skipped"}
AGAINST = " against the baseline"
_WORST = ("fail", "error", "warn", "pass", "skip")
METRICS = {
    "bf16_tflops": ("matrix product", "TFLOP/s"),
    "memory_gb_per_s": ("device memory", "GB/s"),
    "host_to_device_gb_per_s": ("host to device", "GB/s"),
    "device_to_host_gb_per_s": ("device to host", "GB/s"),
    "busbw_gb_per_s": ("between GPUs", "GB/s"),
}


class FrameworkRow(msgspec.Struct, frozen=True, kw_only=True):
    """A framework: its worst status, the proof, and every result, the worst first.

    ``troubled`` tells that not everything is well; ``share`` is its part of the longest time, in percent.
    """

    name: str
    version: str
    status: str
    devices: str
    proof: str
    seconds: float
    share: float
    troubled: bool
    results: tuple[Result, ...]


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A measured rate.

    ``share`` is its part of the peak (percent, None where there is none), ``limit`` where the warning begins,
    if the rate is below it.
    """

    what: str
    device: str
    value: str
    share: float | None
    limit: float | None
    result: Result


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """The results about one thing beside the frameworks, the worst first."""

    title: str
    status: str
    counts: str
    troubled: bool
    results: tuple[Result, ...]


def arrange_frameworks(document: VerifyDocument) -> tuple[FrameworkRow, ...]:
    """The frameworks in the order of the report."""
    groups: dict[str, list[Result]] = {}
    for result in document.results:
        if result.group == "framework":
            groups.setdefault(result.framework, []).append(result)
    longest = max((sum(row.seconds for row in rows) for rows in groups.values()), default=0.0)
    return tuple(_arrange_framework(name, rows, longest) for name, rows in groups.items())


def _arrange_framework(name: str, results: list[Result], longest: float) -> FrameworkRow:
    proof = find_proofs(results).get(name)
    seconds = sum(result.seconds for result in results)
    computed = (result.device for result in results if result.device and result.check not in BEFORE_COMPUTING)
    return FrameworkRow(
        name=name,
        version=next((result.version for result in results if result.version), ""),
        status=find_worst(results),
        devices=", ".join(dict.fromkeys(computed)),
        proof=proof.detail if proof else "",
        seconds=seconds,
        share=100 * seconds / longest if longest else 0.0,
        troubled=any(result.status not in ("pass", "skip") for result in results),
        results=_worst_first(results),
    )


def arrange_rates(document: VerifyDocument) -> tuple[Rate, ...]:
    """The rates that were measured on GPUs, judged or not, side by side for each kind of rate."""
    rows = [rate for result in document.results if result.group == "performance" for rate in _read_rates(result)]
    order = [f"{what}{end}" for what, _ in METRICS.values() for end in ("", AGAINST)]
    return tuple(sorted(rows, key=lambda row: order.index(row.what)))


def _read_rates(result: Result) -> Iterator[Rate]:
    for metric, (what, unit) in METRICS.items():
        value = result.measured.get(metric)
        if isinstance(value, float | int):
            ratio, below = result.measured.get("ratio"), result.measured.get("below")
            yield Rate(
                what=what + (AGAINST if "baseline" in result.measured else ""),
                device=result.device or "",
                value=f"{value:.4g} {unit}",
                share=min(100.0, 100 * ratio) if isinstance(ratio, float | int) else None,
                limit=100 * below if isinstance(below, float | int) else None,
                result=result,
            )


def arrange_subjects(document: VerifyDocument) -> tuple[Subject, ...]:
    """What else was checked, by subject; rates that have a bar of their own are not told again."""
    subjects = []
    for group, title in TITLES.items():
        rows = [row for row in document.results if row.group == group]
        if group == "performance":
            rows = [row for row in rows if not any(True for _ in _read_rates(row))]
            title = "Rates compared"
        if rows:
            named = f"{title}: {document.policy}" if group == "policy" and document.policy else title
            subjects.append(_arrange_subject(named, rows))
    return tuple(subjects)


def _arrange_subject(title: str, results: list[Result]) -> Subject:
    passed = sum(result.status == "pass" for result in results)
    asked = sum(result.status != "skip" for result in results)
    counts = [f"{passed} of {asked} checks pass"] if asked else []
    counts += [f"{len(results) - asked} skipped"] if asked < len(results) else []
    return Subject(
        title=title,
        status=find_worst(results),
        counts=", ".join(counts),
        troubled=any(result.status not in ("pass", "skip") for result in results),
        results=_worst_first(results),
    )


def find_worst(results: Sequence[Result]) -> str:
    """The status that all of them together have."""
    statuses = {result.status for result in results}
    return next(status for status in _WORST if status in statuses)


def _worst_first(results: Iterable[Result]) -> tuple[Result, ...]:
    return tuple(sorted(results, key=lambda result: _WORST.index(result.status)))
