"""What the state of a GPU means: facts that decide, pinned, and planted faults that the checks find."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from mlenv.facts.gpu import RecoveryAction
from mlenv.matrix.check_health import CHECKS
from mlenv.matrix.files import Files
from mlenv.matrix.health import Health, RateMetric
from mlenv.matrix.load import data_folder
from mlenv.matrix.toml_file import load_file
from mlenv.probe.children.nvml_words import CLOCK_EVENTS

HEALTH = load_file(data_folder() / "health.toml", Health)


def find_problems(health: Health = HEALTH) -> list[str]:
    return [problem for check in CHECKS for problem in check(Files(rows={"health.toml": health}))]


def change(table: str, key: object, **changes: object) -> Health:
    rows = getattr(HEALTH, table)
    found = [row for row in rows if getattr(row, row.__struct_fields__[0]) == key]
    assert found, f"{table} has no {key}"
    changed = tuple(msgspec.structs.replace(row, **changes) if row is found[0] else row for row in rows)
    return msgspec.structs.replace(HEALTH, **{table: changed})


def test_the_real_data_has_no_problem() -> None:
    assert find_problems() == []


@pytest.mark.parametrize(
    ("code", "severity", "action"),
    [
        (31, "warn", "restart_app"),
        (48, "fail", "reset_gpu"),
        (63, "warn", "reset_gpu"),
        (64, "fail", "reset_gpu"),
        (74, "fail", "reset_gpu"),
        (79, "fail", "reboot"),
        (94, "warn", "restart_app"),
        (95, "fail", "reset_gpu"),
        (154, "info", "none"),
        (39, "warn", "restart_app"),
    ],
)
def test_numbers_that_decide(code: int, severity: str, action: str) -> None:
    row = HEALTH.find_xid(code)
    assert row is not None
    assert (row.severity, row.action) == (severity, action)


def test_every_number_up_to_the_newest_of_the_header_is_known() -> None:
    # No source of ours names these; the one who meets one is warned all the same.
    unnamed = [162, 163, 164, 165, 166, 169, 170]
    assert [code for code in range(1, 177) if HEALTH.find_xid(code) is None] == unnamed


def test_the_names_are_those_of_facts() -> None:
    assert {row.name for row in HEALTH.recovery} == set(get_args(RecoveryAction))
    assert [(row.name, row.bit) for row in HEALTH.clock_event] == [
        (name, 1 << place) for place, name in enumerate(CLOCK_EVENTS)
    ]


@pytest.mark.parametrize(
    ("metric", "vendor", "ratios"),
    [
        ("bf16_tflops", "nvidia", (0.4, 0.6)),
        ("bf16_tflops", "amd", (0.25, 0.4)),
        ("memory_gb_per_s", "amd", (0.45, 0.65)),
        ("spread", "nvidia", (0.9, 0.95)),
    ],
)
def test_rates(metric: RateMetric, vendor: str, ratios: tuple[float, float]) -> None:
    row = HEALTH.find_rate(metric, vendor)
    assert row is not None
    assert (row.fail_below, row.warn_below) == ratios


def test_a_rate_without_a_row_is_none_and_a_limit_without_one_an_error() -> None:
    assert HEALTH.find_rate("bf16_tflops", "intel") is None
    with pytest.raises(KeyError):
        HEALTH.find_limit("moon")


@pytest.mark.parametrize(
    ("table", "key", "changes", "problem"),
    [
        ("xid", 79, {"code": 39}, "xid 39: is told of 2 times"),
        ("xid", 79, {"remedy": ""}, "Xid 79: says nothing that helps"),
        ("xid", 43, {"action": "reboot"}, "Xid 43: is a note and asks for reboot"),
        ("clock_event", "hw-slowdown", {"bit": 72}, "clock_event hw-slowdown: 72 is no single bit"),
        ("clock_event", "hw-slowdown", {"bit": 4}, "clock_event bit 4: stands twice"),
        ("rate", "spread", {"warn_below": 0.5}, "rate spread: 0 < fail_below <= warn_below <= 1 does not hold"),
    ],
)
def test_a_fault_is_found(table: str, key: object, changes: dict[str, Any], problem: str) -> None:
    assert f"health.toml: {problem}" in find_problems(change(table, key, **changes))
