"""The checker of plans stands on its own and knows the rules."""

from __future__ import annotations

import ast
import datetime as dt
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from mlenv.matrix.load import data_folder
from tests.property.independent import device_rules
from tests.property.independent.clashes import Clashes
from tests.property.independent.data import Data, Offer, stalenesses
from tests.property.independent.ranges import can_be_met

HERE = Path(__file__).parent / "independent"
DATA = Data(data_folder())
CLASHES = Clashes(DATA)

# ---------------------------------------------------------------- independence


def imported_names(path: Path) -> set[str]:
    """The first words of what a file imports; the package's own modules under its own name."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(("." * node.level) + (node.module or ""))
    return {"own" if name.startswith("tests.property.independent.") else name.partition(".")[0] for name in names}


@pytest.mark.parametrize("path", sorted(HERE.glob("*.py")), ids=lambda path: path.stem)
def test_the_checker_knows_nothing_of_mlenv(path: Path) -> None:
    others = imported_names(path) - set(sys.stdlib_module_names)
    assert others <= {"own", "packaging", "tomli", "tomllib"}  # tomli is tomllib before Python 3.11


# ---------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (["<2", ">=1.26"], True),
        (["<2", ">=2"], False),
        (["<2", ">=2.0rc1"], False),
        ([">=2,<2.4", "!=2.0.0,<2.1"], True),
        (["==4.25.*", ">=5"], False),
        (["==4.25.*", ">=4.25.3,<5"], True),
        (["~=1.4.5", ">=1.5"], False),
        (["~=1.4", ">=1.5"], True),
        (["==1.0", "!=1.0"], False),
        (["==1.0", "!=1.0.*"], False),
        ([">=6.30,<6.31", "!=6.30.*"], False),
        ([">=6.30,<6.32", "!=6.30.*"], True),
        (["<=3.1", ">=3.1"], True),
        (["<3.1", ">=3.1"], False),
        ([">=6.31.1", ">=5.29.6,!=6.30.*,!=6.31.*"], True),
        ([], True),
    ],
)
def test_conditions_that_can_be_met(conditions: list[str], expected: bool) -> None:
    assert expected == can_be_met(frozenset(conditions))


def test_staleness_grows_with_every_release() -> None:
    days = [dt.date(2026, 5, 1), dt.date(2026, 5, 1), dt.date(2026, 4, 1), dt.date(2026, 4, 20)]
    assert [0, 1, 30, 31] == stalenesses(days)


@pytest.mark.parametrize(
    ("build", "capability", "expected"),
    [
        ({"cuda": "12.6", "sass": ["8.0", "9.0"]}, "8.6", True),
        ({"cuda": "12.6", "sass": ["8.0", "9.0"]}, "8.7", False),  # Jetson's, until CUDA 13.2
        ({"cuda": "13.2", "sass": ["8.0", "9.0"]}, "8.7", True),
        ({"cuda": "12.6", "sass": ["8.6"]}, "8.0", False),
        ({"cuda": "12.6", "sass": ["8.0"]}, "9.0", False),
        ({"cuda": "12.6", "sass": ["8.0"], "ptx": ["9.0"]}, "12.0", True),
        ({"cuda": "12.6", "sass": ["9.0a"]}, "9.0", True),
        ({"cuda": "12.8", "sass": ["10.0a"]}, "10.3", False),
        ({"cuda": "12.9", "sass": ["10.0f"]}, "10.3", True),
        ({"cuda": "12.9", "ptx": ["9.0a"]}, "10.0", False),
        ({"cuda": "12.9", "ptx": ["10.0f"]}, "10.3", True),
        ({"cuda": "12.9", "ptx": ["10.0f"]}, "12.0", False),
        ({"cuda": "12.9"}, "8.6", False),  # nobody knows what it holds
        ({"cuda": "12.9", "capability_floor": "7.0"}, "8.6", True),
        ({"cuda": "12.9", "capability_floor": "7.0"}, "8.7", False),
        ({"cuda": "12.9", "capability_floor": "7.0"}, "6.1", False),
        ({"cuda": "12.9", "sass": ["8.0"], "capability_ceiling": "8.9"}, "8.9", False),
    ],
)
def test_which_device_runs_which_code(build: dict[str, Any], capability: str, expected: bool) -> None:
    assert expected == device_rules.holds_code(DATA, build, capability)


@pytest.mark.parametrize(
    ("driver", "capability", "expected"),
    [
        ("470.256.02", "3.7", True),
        ("495.29.05", "3.7", False),
        ("580.65.06", "6.1", True),
        ("582.28", "6.1", True),  # Windows goes on counting within 580
        ("590.44.01", "6.1", False),
        ("560.28.03", "12.0", False),
        ("570.26", "12.0", True),
        ("580.65.06", "99.0", False),
    ],
)
def test_which_driver_serves_which_gpu(driver: str, capability: str, expected: bool) -> None:
    assert expected == device_rules.driver_serves(DATA, driver, capability)


@pytest.mark.parametrize(
    ("cuda", "system", "expected"),
    [
        ("12.6.3", "linux", "525.60.13"),
        ("12.6.3", "windows", "528.33"),
        ("10.2", "linux", "440.33"),
        ("99.0", "linux", ""),
        ("", "linux", ""),
    ],
)
def test_the_lowest_driver_of_a_cuda_release(cuda: str, system: str, expected: str) -> None:
    assert expected == device_rules.cuda_floor(DATA, cuda, system)


def test_the_data_of_a_day() -> None:
    data = Data(data_folder(), dt.date(2025, 1, 1))
    days = [offer.release["released"] for project in data.projects.values() for offer in project.offers]
    assert max(days) <= dt.date(2025, 1, 1)
    assert data.day == dt.date(2025, 1, 1)


# ---------------------------------------------------------------- clashes


def made_up(name: str, release: dict[str, Any], **build: Any) -> Offer:
    return Offer(name, build.get("distribution", name), Version("2.0"), release, {"variant": "any", **build}, 0)


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        (made_up("acme", {}), made_up("beta", {}), []),
        (
            made_up("acme", {}, runtime="cu12"),
            made_up("beta", {}, runtime="cu13"),
            ["CUDA libraries of ['cu12', 'cu13']"],
        ),
        (
            made_up("acme", {"requires": {"beta": "<2"}}),
            made_up("beta", {}),
            ["acme 2.0 any wants beta <2, there is 2.0"],
        ),
        (
            made_up("acme", {}, brings=["beta-gpu==1.0"]),
            made_up("beta", {}, distribution="beta-gpu"),
            ["acme 2.0 any wants beta-gpu ==1.0, there is 2.0"],
        ),
        (
            made_up("acme", {"requires": {"numpy": "<2"}}),
            made_up("beta", {"constraints": {"numpy": ">=2"}}),
            ["numpy: ['<2'] and ['>=2']"],
        ),
        (made_up("acme", {"requires": {"numpy": "<2"}}), made_up("beta", {"constraints": {"numpy": ">=1.26"}}), []),
        (
            made_up("acme", {}, indexes=["pytorch", "default"], variant="cu126"),
            made_up("beta", {}, indexes=["pytorch"], variant="cu130"),
            ["two variants of ['pytorch']"],
        ),
        (
            made_up("acme", {}, indexes=["default"], variant="a"),
            made_up("beta", {}, indexes=["default"], variant="b"),
            [],
        ),
        (
            made_up("onnxruntime", {}),
            made_up("acme", {}, distribution="onnxruntime-gpu"),
            ["onnxruntime and onnxruntime-gpu write the same files"],
        ),
        (
            made_up("acme", {}, requires={"nvidia-cudnn-cu12": ">=9.3"}, runtime="cu12"),
            made_up("beta", {}, runtime="cu12", cudnn="9.1.0.70"),
            ["acme 2.0 any wants nvidia-cudnn-cu12 >=9.3, beta 2.0 any pins 9.1.0.70"],
        ),
        (
            made_up("acme", {}, requires={"nvidia-cudnn-cu12": ">=9.3"}, runtime="cu12"),
            made_up("beta", {}, runtime="cu12", cudnn="9"),
            [],
        ),
        (
            made_up("acme", {}, requires={"cuda-toolkit": "==13.*,!=13.2.0"}, runtime="cu13"),
            made_up("beta", {}, runtime="cu13", nccl="2.29.7", cuda="13.2.0"),
            ["acme 2.0 any wants cuda-toolkit ==13.*,!=13.2.0, beta 2.0 any pins 13.2.0"],
        ),
    ],
)
def test_which_builds_clash(one: Offer, two: Offer, expected: list[str]) -> None:
    assert expected == list(CLASHES.reasons(one, two))
    assert bool(expected) == CLASHES.between(two, one)
