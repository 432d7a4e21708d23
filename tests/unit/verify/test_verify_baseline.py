"""A baseline: made, read, and held against later results."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from mlenv.errors import UsageError
from mlenv.facts.machine import Machine
from mlenv.facts.system import OperatingSystem
from mlenv.verify.baseline import Baseline, compare_with_baseline, make_baseline, read_baseline
from mlenv.verify.result import Result, Verification

MACHINE = Machine(os=OperatingSystem(family="linux"))


def result(
    rate: float,
    *,
    about: str = "GPU-a",
    card: str = "NVIDIA H200",
    version: str = "2.13.0",
    device: str = "cuda:0",
    metric: str = "bf16_tflops",
    seconds: float = 1.0,
) -> Result:
    return Result(
        framework="torch",
        version=version,
        device=device,
        check="matmul-rate",
        status="pass",
        seconds=seconds,
        detail="",
        measured={metric: rate, "card": card} if card else {metric: rate},
        about=about,
    )


def baseline(tmp_path: Path, *results: Result) -> Baseline:
    path = tmp_path / "baseline.json"
    path.write_bytes(make_baseline(Verification(environment="env", status="ok", results=results), MACHINE))
    return read_baseline(path)


def test_what_a_baseline_keeps(tmp_path: Path) -> None:
    failed = msgspec.structs.replace(result(1.0, device="cuda:1"), status="fail")
    kept = baseline(tmp_path, result(780.0), result(0.1, device="cpu", card="", about=""), failed)

    assert ("mlenv.baseline/1", {"torch": "2.13.0"}) == (kept.schema, kept.frameworks)
    assert [("bf16_tflops", "NVIDIA H200", "GPU-a", 780.0)] == [(r.metric, r.card, r.uuid, r.value) for r in kept.rates]
    assert [("cuda:0", 1.0), ("cpu", 1.0)] == [(row.device, row.seconds) for row in kept.times]


@pytest.mark.parametrize(
    ("rate", "status", "limit"),
    [(790.0, "pass", None), (742.0, "pass", None), (730.0, "warn", "warn"), (650.0, "warn", "fail")],
)
def test_five_percent_below_is_a_warning(tmp_path: Path, rate: float, status: str, limit: str | None) -> None:
    (found,) = compare_with_baseline(baseline(tmp_path, result(780.0)), [result(rate)])

    assert ("baseline.bf16", "performance", status) == (found.check, found.group, found.status)
    assert limit == found.measured.get("limit")


def test_a_tolerance_of_ones_own(tmp_path: Path) -> None:
    (found,) = compare_with_baseline(baseline(tmp_path, result(780.0)), [result(730.0)], tolerance=0.1)

    assert "pass" == found.status


def test_a_clone_is_held_against_the_cards_of_its_name(tmp_path: Path) -> None:
    golden = baseline(tmp_path, result(780.0), result(760.0, about="GPU-b", device="cuda:1"))
    (found,) = compare_with_baseline(golden, [result(700.0, about="GPU-z", version="2.14.0")])

    assert ("warn", 770.0) == (found.status, found.measured["baseline"])
    assert "another NVIDIA H200" in found.detail
    assert "torch 2.13.0" in found.detail


def test_another_card_is_not_compared(tmp_path: Path) -> None:
    (found,) = compare_with_baseline(baseline(tmp_path, result(780.0)), [result(60.0, card="NVIDIA L4", about="GPU-z")])

    assert ("skip", "not-in-baseline") == (found.status, found.reason)


def test_the_bandwidth_of_another_number_of_gpus_is_not_compared(tmp_path: Path) -> None:
    eight = result(450.0, metric="busbw_gb_per_s", device=", ".join(f"cuda:{i}" for i in range(8)), about="")
    two = result(200.0, metric="busbw_gb_per_s", device="cuda:0, cuda:1", about="")
    (found,) = compare_with_baseline(baseline(tmp_path, eight), [two])

    assert "skip" == found.status


def test_what_was_not_measured_is_said(tmp_path: Path) -> None:
    (found,) = compare_with_baseline(baseline(tmp_path, result(780.0)), [])

    assert ("baseline.bf16", "skip", "not-measured") == (found.check, found.status, found.reason)


@pytest.mark.parametrize(("before", "after", "warned"), [(5.0, 30.0, True), (5.0, 9.0, False), (0.1, 3.0, False)])
def test_times_that_have_grown_much(tmp_path: Path, before: float, after: float, warned: bool) -> None:
    found = compare_with_baseline(baseline(tmp_path, result(1.0, seconds=before)), [result(1.0, seconds=after)])

    assert warned == any((row.check, row.status) == ("baseline.seconds", "warn") for row in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "it is no JSON"),
        ("[]", "Expected `object`"),
        ('{"schema": "mlenv.baseline/2"}', "mlenv.baseline/2"),
        (json.dumps({"schema": "mlenv.baseline/1", "rates": [{"framework": "torch"}]}), "$.rates[0]"),
    ],
)
def test_a_file_that_is_no_baseline(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_baseline(path)

    assert str(path) in caught.value.message
    assert words in caught.value.message
    assert "--save-baseline" in caught.value.hint


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_baseline(tmp_path / "none.json")
