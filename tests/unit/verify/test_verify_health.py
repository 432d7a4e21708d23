"""Signals as results: a note passes, a missing reading does not, and an idle GPU's clocks may be left out."""

from __future__ import annotations

import pytest

from mlenv.health.signal import Signal, SignalSeverity
from mlenv.verify.health import UNDER_LOAD, health_results
from mlenv.verify.result import ResultStatus, find_status

FAILED = Signal(
    id="gpu.recovery_action",
    severity="fail",
    detail="the GPU must be reset",
    device="gpu 1",
    about="GPU-1",
    action="reset_gpu",
    remedy="Reset it",
    evidence=("first", "last"),
    measured={"count": 2},
)


def test_a_failure_carries_all_that_helps() -> None:
    (result,) = health_results([FAILED])
    assert (result.group, result.framework, result.check, result.status) == ("gpu", "", FAILED.id, "fail")
    assert (result.device, result.about, result.action, result.remedy) == ("gpu 1", "GPU-1", "reset_gpu", "Reset it")
    assert (result.detail, result.reason, result.measured) == (
        "the GPU must be reset (last)",
        "gpu-recovery-action",
        {"count": 2},
    )


@pytest.mark.parametrize(
    ("severity", "status"),
    [("pass", "pass"), ("info", "pass"), ("warn", "warn"), ("fail", "fail"), ("skip", "skip"), ("error", "error")],
)
def test_severities(severity: SignalSeverity, status: ResultStatus) -> None:
    (result,) = health_results([Signal(id="gpu.ecc", severity=severity, detail="so", action="reset_gpu", remedy="x")])
    assert result.status == status
    assert (result.action, result.remedy) == (("reset_gpu", "x") if status in ("warn", "fail") else ("", ""))


def test_only_skips_are_no_verdict() -> None:
    assert find_status(health_results([Signal(id="gpu.state", severity="skip", detail="there is no GPU")])) == "unknown"


def test_what_samples_answer_is_left_out() -> None:
    signals = [Signal(id=name, severity="skip", detail="judged under load only") for name in UNDER_LOAD]
    assert health_results([*signals, FAILED], leave_out=UNDER_LOAD) == health_results([FAILED])
