"""A drafted policy holds on the machine that it was drafted from, whole and without an unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.policy.conditions import admits
from mlenv.policy.draft import init_policy
from mlenv.policy.draft_words import floor_condition, key_line, series_condition, size_condition
from mlenv.policy.judge import judge_policy
from mlenv.policy.read import parse_policy
from mlenv.policy.rule import PolicyCase
from mlenv.verify.result import Result, Verification
from tests.unit.policy.cases import ENVIRONMENT, MACHINE, MATRIX, TODAY, TORCH, result

FOLDERS = sorted(path.parent for path in (Path(__file__).parents[2] / "machines").glob("*/machine.json"))


def read(folder: Path) -> tuple[Machine, Environment | None]:
    machine = msgspec.json.decode((folder / "machine.json").read_bytes(), type=Machine)
    path = folder / "environment.json"
    return machine, msgspec.json.decode(path.read_bytes(), type=Environment) if path.exists() else None


def imported(environment: Environment | None) -> tuple[Result, ...]:
    """What a verification says of frameworks that do nothing but work."""
    rows = [dist for dist in (environment.distributions if environment else ()) if dist.name in MATRIX.distributions]
    return tuple(
        result("import", framework=MATRIX.distributions[dist.name], version=dist.version, device=None) for dist in rows
    )


def hold(text: str, machine: Machine, environment: Environment | None, results: tuple[Result, ...]) -> list[Result]:
    case = PolicyCase(
        machine=machine, environment=environment, matrix=MATRIX, today=TODAY, results=results, level="quick"
    )
    return list(judge_policy(parse_policy(text, origin="draft"), case))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_draft_holds_where_it_was_made(folder: Path) -> None:
    machine, environment = read(folder)
    text = init_policy(machine, environment, None, MATRIX, today=TODAY)
    rows = hold(text, machine, environment, imported(environment))
    assert len(rows) >= 4
    assert [] == [(row.check, row.status, row.detail) for row in rows if row.status != "pass"]


def test_a_draft_does_not_hold_on_a_lesser_machine() -> None:
    strong, _ = read(next(folder for folder in FOLDERS if folder.name == "linux-ubuntu2204-h100x8"))
    weak, _ = read(next(folder for folder in FOLDERS if folder.name == "windows-10-gtx1060"))
    broken = {row.check for row in hold(init_policy(strong, None, None, MATRIX, today=TODAY), weak, None, ())}
    failed = {
        row.check
        for row in hold(init_policy(strong, None, None, MATRIX, today=TODAY), weak, None, ())
        if row.status == "fail"
    }
    assert {"policy.host.os", "policy.gpu.count", "policy.gpu.vram_gb", "policy.gpu.driver"} <= failed < broken


SEEN = (
    *TORCH,
    result("conv", device="cuda:0", measured={"arithmetic": "tf32"}),
    result("gpu.ecc", group="gpu"),
    result("env.pip_check", group="environment"),
    result("env.rivals", "fail", group="environment"),
    result("perf.bf16", group="performance", measured={"ratio": 0.8}),
)


def draft(results: tuple[Result, ...], **more: Any) -> str:
    verification = Verification(environment="/w/.venv", status="ok", results=results, level="quick")
    return init_policy(MACHINE, ENVIRONMENT, verification, MATRIX, today=TODAY, **more)


def test_what_was_seen_stands_in_the_draft() -> None:
    policy = parse_policy(draft(SEEN, level="deep", name="team"), origin="draft")
    torch = policy.frameworks["torch"]
    assert (">=2.15,<2.16", "cu130", "cuda", ("ieee", "tf32")) == (
        torch.version,
        torch.build,
        torch.device,
        torch.precision,
    )
    assert (True, True, False) == (policy.gpu.health, policy.env.pip_check, policy.env.rivals)
    assert ("team", "deep", True, 0.72) == (
        policy.name,
        policy.verify.level,
        policy.verify.require_gpu,
        policy.performance.ratios.bf16,
    )


def test_a_draft_of_what_was_seen_holds() -> None:
    others = tuple(row for row in imported(ENVIRONMENT) if row.framework != "torch")
    results = SEEN + others
    assert {"pass"} == {row.status for row in hold(draft(results), MACHINE, ENVIRONMENT, results)}


def test_no_device_is_asked_for_where_all_is_computed_on_the_cpu() -> None:
    results = (result("import"), result("compute", device="cpu"))
    assert parse_policy(draft(results), origin="draft").frameworks["torch"].device is None


def test_nothing_is_asked_of_what_does_not_work() -> None:
    broken = (result("import", "fail"), result("gpu.ecc", "fail", group="gpu"))
    policy = parse_policy(draft(broken), origin="draft")
    assert "torch" not in policy.frameworks
    assert not policy.gpu.health


def test_foreign_names_do_no_harm() -> None:
    evil = msgspec.structs.replace(
        MACHINE.gpus[0],  # type: ignore[index]
        name='x"\n[verify]\nlevel = "deep" # \x1b[2J',
    )
    machine = msgspec.structs.replace(MACHINE, gpus=(evil,))
    text = init_policy(machine, None, None, MATRIX, today=TODAY)
    assert "quick" == parse_policy(text, origin="draft").verify.level
    assert "\x1b" not in text


# ---------------------------------------------------------------- room


def test_sizes_are_rounded_down_to_what_is_sold() -> None:
    found = [size_condition(size) for size in (0.5, 1.0, 16.1, 25.8, 67.2, 85.9, 2164.1)]
    assert [None, ">=1", ">=16", ">=24", ">=64", ">=80", ">=2048"] == found


@given(st.floats(1, 10**5))
def test_a_size_keeps_its_own_condition(size: float) -> None:
    assert admits("number", size_condition(size) or "", size)


def test_series() -> None:
    found = [series_condition(text) for text in ("2.15.0+cu130", "3", "2.16.0rc1", "1!2.3", "unknown")]
    assert [">=2.15,<2.16", ">=3.0,<3.1", ">=2.16.0rc1,<2.17", ">=1!2.3,<1!2.4", None] == found


release = st.lists(st.integers(0, 300), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


@given(release, st.sampled_from(["", "a1", "rc2", ".dev3", ".post4", "+cu130"]))
def test_a_version_keeps_its_own_condition(version: str, end: str) -> None:
    assert admits("version", series_condition(f"{version}{end}") or "", str(Version(f"{version}{end}")))


@pytest.mark.parametrize(
    ("version", "parts", "expected"),
    [("580.95.05", 1, ">=580"), ("22.04", 2, ">=22.04"), ("6.4.1-83", 2, ">=6.4"), ("", 1, None), (None, 1, None)],
)
def test_floors(version: str | None, parts: int, expected: str | None) -> None:
    assert expected == floor_condition(version, parts)


def test_a_line_of_toml() -> None:
    assert 'names = ["a", "b"]' == key_line("names", ["a", "b"])
    assert 'os = "linux"                   # here' == key_line("os", "linux", "here")
