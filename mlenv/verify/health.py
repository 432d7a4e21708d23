"""Signals of a machine's health as results of a verification."""

from __future__ import annotations

from collections.abc import Iterable

from mlenv.health.signal import Signal
from mlenv.verify.result import Result, ResultStatus

UNDER_LOAD = ("gpu.clock_events", "gpu.pcie_gen")
"""What says nothing of an idle GPU; samples taken under load answer it."""


def health_results(signals: Iterable[Signal], *, leave_out: Iterable[str] = ()) -> tuple[Result, ...]:
    """One result for each signal, in order; a note is a pass that says something.

    ``leave_out`` are ids that something else answers (:data:`UNDER_LOAD`, where samples were taken).
    """
    skipped = set(leave_out)
    return tuple(_make_result(signal) for signal in signals if signal.id not in skipped)


def _make_result(signal: Signal) -> Result:
    status: ResultStatus = "pass" if signal.severity == "info" else signal.severity
    wrong = status in ("warn", "fail")
    return Result(
        device=signal.device or None,
        check=signal.id,
        status=status,
        detail=f"{signal.detail} ({signal.evidence[-1]})" if wrong and signal.evidence else signal.detail,
        reason=signal.id.replace(".", "-").replace("_", "-") if wrong else "no-reading" if status == "error" else "",
        group="gpu",
        measured=signal.measured,
        action=signal.action if wrong else "",
        remedy=signal.remedy if wrong else "",
        about=signal.about,
    )
