"""Planted faults: what counts as found, and that no two of them are one."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from mlenv.system.process import Completed

SCRIPTS = Path(__file__).parents[2] / "scripts"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the faults are those of Unix")


def part(name: str) -> Any:
    """A module of the script's."""
    if str(SCRIPTS) not in sys.path:
        sys.path.insert(0, str(SCRIPTS))
    return importlib.import_module(name)


plant, script, ground = part("plants.plant"), part("faults_verify"), part("plants.ground")
Sign, Plant = plant.Sign, plant.Plant


def row(check: str = "compute", status: str = "fail", **more: str) -> dict[str, Any]:
    return {
        "check": check,
        "status": status,
        "reason": "wrong-number",
        "detail": "element [3, 17] is 2 and must be 1",
        "remedy": "change the card",
        "device": "cuda:1",
        "about": "GPU-2",
        **more,
    }


@pytest.mark.parametrize(
    "sign",
    [
        Sign("compute", "fail"),
        Sign("*", "fail", "wrong-number"),
        Sign("comp*", "fail", "", ("[3, 17]", "must be 1", "change the card")),
        Sign("compute", "fail", "wrong-number", (), "cuda:1", "GPU-2"),
    ],
)
def test_a_result_that_is_the_one(sign: Any) -> None:
    assert sign.fits(row())


@pytest.mark.parametrize(
    "sign",
    [
        Sign("numpy", "fail"),
        Sign("compute", "warn"),
        Sign("compute", "fail", "not-a-number"),
        Sign("compute", "fail", "wrong-number", ("[3, 17]", "[4, 17]")),
        Sign("compute", "fail", device="cuda:0"),
        Sign("compute", "fail", about="GPU-1"),
    ],
)
def test_a_result_that_is_another(sign: Any) -> None:
    assert not sign.fits(row())


def put(_: Any) -> Any:
    return plant.Call()


def report(*rows: dict[str, Any]) -> str:
    return json.dumps({"results": rows})


WRONG = Sign("compute", "fail", "wrong-number", device="cuda:1")
WELL = Sign("compute", "pass", device="cuda:0")
FAULT = Plant("number", "one", put, 1, WRONG, also=(WELL,), never=(Sign("*", "fail", device="cuda:0"),))
GOOD_ROW = row(status="pass", reason="", device="cuda:0")


def test_a_fault_that_was_found() -> None:
    assert FAULT.judge(Completed(status=1, stdout=report(row(), GOOD_ROW))) == ()


def test_another_status_than_promised() -> None:
    assert FAULT.judge(Completed(status=0, stdout=report(row(), GOOD_ROW))) == ("status 0 instead of 1",)


def test_a_fault_that_was_told_as_another_one() -> None:
    first, *rest = FAULT.judge(Completed(status=1, stdout=report(row(reason="crashed"), GOOD_ROW)))
    assert first == f"not told as {WRONG}"
    assert rest[0] == "compute fail crashed: element [3, 17] is 2 and must be 1"


def test_a_result_that_has_to_be_beside_it() -> None:
    assert FAULT.judge(Completed(status=1, stdout=report(row())))[0] == f"not told as {WELL}"


def test_a_result_that_must_not_be_there() -> None:
    rows = (row(), GOOD_ROW, row("matmul", device="cuda:0"))
    assert FAULT.judge(Completed(status=1, stdout=report(*rows)))[0].startswith("told as Sign(check='*'")


def test_a_run_without_a_report() -> None:
    assert FAULT.judge(Completed(status=1, stdout="killed")) == ("no report: 'killed'",)


@pytest.mark.parametrize(
    ("stderr", "wrong"),
    [
        ("error: policy.toml: a typo", ()),
        ("error: policy.toml", ("does not say 'a typo': error: policy.toml",)),
        ("error: a typo\nTraceback (most recent call last):", ("a traceback on standard error",)),
        ("error: a typo\x1b[31m", ("a control character in what was printed",)),
        ("error: a typo\x9b31m", ("a control character in what was printed",)),
    ],
)
def test_a_run_that_ends_with_words(stderr: str, wrong: tuple[str, ...]) -> None:
    refused = Plant("policy", "one", put, 2, says=("a typo",))
    assert refused.judge(Completed(status=2, stderr=stderr)) == wrong


PLANTS = tuple(script.all_plants())


def test_no_two_faults_are_one() -> None:
    names = [one.name for one in PLANTS]
    assert len(names) == len(set(names)) >= 40


def test_every_fault_has_a_sign_of_its_own() -> None:
    unsaid = [one.name for one in PLANTS if one.sign is None and not one.says]
    assert unsaid == []


def test_only_what_is_asked_for() -> None:
    assert script.is_asked(FAULT, [])
    assert script.is_asked(FAULT, ["absent", "number: o"])
    assert not script.is_asked(FAULT, ["absent"])


def test_variables_that_bend_python_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.setenv(name, "/elsewhere")
    made = script.make_variables(ground.Ground(tmp_path / "7"), {"FAKE_TORCH": "cuda"})
    assert made["FAKE_TORCH"] == "cuda"
    assert made["XDG_STATE_HOME"] == str(tmp_path / "7" / "own")
    assert made["XDG_CACHE_HOME"] == str(tmp_path / "cache")
    assert "/elsewhere" not in made.values()


def test_a_package_as_an_installer_leaves_it(tmp_path: Path) -> None:
    place = ground.Ground(tmp_path)
    path = place.add("one-two", "\n    NUMBER = 17\n", version="1.9", metadata="2.0", requires=("numpy>=2",))
    assert path == place.site / "one_two" / "__init__.py"
    assert path.read_text() == "__version__ = '1.9'\n\nNUMBER = 17\n"
    folder = place.site / "one_two-2.0.dist-info"
    assert folder.joinpath("METADATA").read_text().splitlines()[1:] == [
        "Name: one-two",
        "Version: 2.0",
        "Requires-Dist: numpy>=2",
    ]
    assert "one_two/__init__.py,," in folder.joinpath("RECORD").read_text()
