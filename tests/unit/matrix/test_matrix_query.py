"""Questions to the matrix, against a small matrix of our own."""

from __future__ import annotations

import pytest

from mlenv.facts.machine import Machine
from mlenv.facts.system import OperatingSystem
from mlenv.matrix import query
from mlenv.matrix.hardware import Drivers
from mlenv.matrix.rows import Build, Framework
from mlenv.matrix.toml_file import parse_toml

DRIVERS = parse_toml(
    """
    checked_on = 2026-11-22
    sources = { guide = "NVIDIA's compatibility guide" }
    cuda_family = [
      { major = 10, minor_compatible = false, linux = "", windows = "", source = ["guide"] },
      { major = 11, minor_compatible = true, linux = "450.80.02", windows = "452.39", source = ["guide"] },
      { major = 12, minor_compatible = true, linux = "525.60.13", windows = "528.33", source = ["guide"] },
      { major = 13, minor_compatible = true, linux = "580.65.06", windows = "580", source = ["guide"] },
    ]
    cuda_release = [
      { version = "10.1", linux = "418.39", windows = "418.96", source = ["guide"] },
      { version = "10.2", linux = "440.33", windows = "441.22", source = ["guide"] },
      { version = "13.4", linux = "", windows = "", source = ["guide"] },
    ]
    driver_branch = [
      { branch = 470, cuda = "11.4", source = ["guide"] },
      { branch = 535, cuda = "12.2", source = ["guide"] },
      { branch = 570, cuda = "12.8", source = ["guide"] },
      { branch = 580, cuda = "13.0", source = ["guide"] },
      { branch = 590, cuda = "13.1", source = ["guide"] },
    ]
    architecture = [
      { name = "Kepler", compute_capabilities = ["3.5", "3.7"], first_driver = 319, last_driver = 470, source = [] },
      { name = "Pascal", compute_capabilities = ["6.0", "6.1"], first_driver = 367, last_driver = 580, source = [] },
      { name = "Ada Lovelace", compute_capabilities = ["8.9"], first_driver = 520, last_driver = 0, source = [] },
      { name = "Blackwell", compute_capabilities = ["12.0"], first_driver = 570, last_driver = 0, source = [] },
    ]
    code_rule = [
      { code = "6.0", below = "7.0", not_on = ["6.2"], source = ["guide"] },
      { code = "7.0", below = "8.0", not_on = ["7.2"], unified_from = "13.2", source = ["guide"] },
      { code = "8.0", below = "9.0", not_on = ["8.7"], unified_from = "13.2", source = ["guide"] },
      { code = "8.6", below = "9.0", not_on = ["8.7"], unified_from = "13.2", source = ["guide"] },
      { code = "9.0", below = "10.0", source = ["guide"] },
      { code = "10.0", below = "11.0", not_on = ["10.1"], source = ["guide"] },
      { code = "10.1", below = "10.2", also_on = ["11.0"], source = ["guide"] },
      { code = "12.0", below = "13.0", source = ["guide"] },
    ]
    """,
    Drivers,
    origin="drivers",
)


@pytest.mark.parametrize(
    ("code", "device", "cuda", "runs"),
    [
        ("7.0", "7.0", "12.6", True),
        ("6.0", "6.1", "12.6", True),
        ("6.0", "6.2", "12.6", False),
        ("6.0", "7.0", "12.6", False),
        ("8.0", "8.6", "12.6", True),
        ("8.0", "8.9", "12.6", True),
        ("8.0", "8.7", "12.6", False),
        ("8.0", "8.7", "13.0", False),
        ("8.0", "8.7", "13.2", True),
        ("8.0", "8.7", "13.2.2", True),
        ("8.0", "8.7", "", False),
        ("8.6", "8.0", "12.6", False),
        ("8.6", "8.6", "12.6", True),
        ("9.0", "10.0", "12.8", False),
        ("9.0", "8.9", "12.8", False),
        ("10.0", "10.3", "12.8", True),
        ("10.0", "10.1", "12.8", False),
        ("10.1", "11.0", "12.8", True),
        ("12.0", "12.1", "12.8", True),
        # No rule: the same major and not newer.
        ("5.0", "5.2", "12.6", True),
        ("5.2", "5.0", "12.6", False),
        ("5.0", "6.0", "12.6", False),
        # Architecture- and family-specific code.
        ("9.0a", "9.0", "12.6", True),
        ("10.0a", "10.3", "12.8", False),
        ("10.0f", "10.3", "12.9", True),
        ("10.0f", "12.0", "12.9", False),
    ],
)
def test_code_runs(code: str, device: str, cuda: str, runs: bool) -> None:
    assert query.code_runs(DRIVERS, code, device, cuda) is runs


@pytest.mark.parametrize(
    ("code", "device", "runs"),
    [
        ("9.0", "12.0", True),
        ("9.0", "9.0", True),
        ("9.0", "8.9", False),
        ("9.0a", "10.0", False),
        ("10.0f", "10.3", True),
        ("10.0f", "12.0", False),
    ],
)
def test_ptx_runs(code: str, device: str, runs: bool) -> None:
    assert query.ptx_runs(code, device) is runs


@pytest.mark.parametrize(
    ("driver", "cuda", "system", "runs"),
    [
        ("535.183.01", "12.6", "linux", True),
        ("535.183.01", "12.9.1", "linux", True),
        ("535.183.01", "13.0", "linux", False),
        ("525.60.13", "12.8", "linux", True),
        ("525.60.11", "12.0", "linux", False),
        ("470.256.02", "11.8", "linux", True),
        ("470.256.02", "12.0", "linux", False),
        ("580.65.06", "13.2", "linux", True),
        ("560.94", "12.6", "windows", True),
        ("526.10", "12.6", "windows", False),
        ("581.29", "13.0", "windows", True),
        # Without minor-version compatibility the release's own driver counts.
        ("418.226.00", "10.1", "linux", True),
        ("418.226.00", "10.2", "linux", False),
        ("440.33.01", "10.2.89", "linux", True),
        # No row knows the family.
        ("999.10", "14.0", "linux", False),
    ],
)
def test_driver_runs(driver: str, cuda: str, system: query.DriverSystem, runs: bool) -> None:
    assert query.driver_runs(DRIVERS, driver, cuda, system=system) is runs


@pytest.mark.parametrize(
    ("cuda", "system", "floor"),
    [
        ("12.6", "linux", "525.60.13"),
        ("12.6", "windows", "528.33"),
        ("13.4", "linux", "580.65.06"),
        ("10.2.89", "windows", "441.22"),
        ("10.0", "linux", None),
        ("14.0", "linux", None),
        ("", "linux", None),
    ],
)
def test_driver_floor(cuda: str, system: query.DriverSystem, floor: str | None) -> None:
    assert query.driver_floor(DRIVERS, cuda, system=system) == floor


def test_cuda_family() -> None:
    family = query.cuda_family(DRIVERS, "12.6")
    assert family is not None
    assert family.major == 12
    assert query.cuda_family(DRIVERS, "9.2") is None


@pytest.mark.parametrize(
    ("driver", "capability", "knows"),
    [
        ("470.256.02", "3.7", True),
        ("535.183.01", "3.7", False),
        ("580.95.05", "6.1", True),
        ("590.44.01", "6.1", False),
        ("582.28", "6.1", True),  # Windows numbers branch 580 on
        ("418.226.00", "8.9", False),
        ("535.230.02", "12.0", False),
        ("572.16", "12.0", True),
        ("610.43.02", "12.0", True),
        ("610.43.02", "14.0", False),
    ],
)
def test_driver_knows(driver: str, capability: str, knows: bool) -> None:
    assert query.driver_knows(DRIVERS, driver, capability) is knows


def test_driver_is_past() -> None:
    kepler = query.architecture_of(DRIVERS, "3.7")
    ada = query.architecture_of(DRIVERS, "8.9")
    assert kepler is not None
    assert ada is not None
    assert query.driver_is_past(kepler, "535.183.01")
    assert not query.driver_is_past(kepler, "418.226.00")
    assert not query.driver_is_past(ada, "610.43.02")


def _build(**keys: object) -> Build:
    fixed: dict[str, object] = {"variant": "cu126", "platforms": ("linux-x86_64",), "pythons": ("3.12",)}
    return Build(**{**fixed, "cuda": "12.6", "evidence": "measured", "source": ("wheel",), **keys})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("build", "capability", "answer"),
    [
        (_build(sass=("5.0", "6.0", "8.0")), "6.1", True),
        (_build(sass=("5.0", "6.0", "8.0")), "7.0", False),
        (_build(sass=("8.0",), ptx=("9.0",)), "12.0", True),
        (_build(sass=("8.0",), ptx=("9.0",), capability_ceiling="10.0"), "12.0", False),
        (_build(capability_floor="5.2"), "5.2", True),
        (_build(capability_floor="5.2"), "5.0", False),
        (_build(capability_floor="7.5", capability_ceiling="10.0"), "10.0", False),
        (_build(), "8.0", None),
    ],
)
def test_build_runs_on(build: Build, capability: str, answer: bool | None) -> None:
    assert query.build_runs_on(DRIVERS, build, capability) is answer


@pytest.mark.parametrize(
    ("family", "wsl", "system"),
    [("linux", 0, "linux"), ("linux", None, "linux"), ("linux", 2, "windows"), ("windows", None, "windows")],
)
def test_driver_system(family: str, wsl: int | None, system: str) -> None:
    machine = Machine(os=OperatingSystem(family=family, wsl=wsl))  # type: ignore[arg-type]
    assert query.driver_system(machine) == system


def test_newest_first_by_number_and_without_withdrawn_releases() -> None:
    framework = parse_toml(
        """
        id = "torch"
        name = "PyTorch"
        distribution = "torch"
        imports = ["torch"]
        checked_on = 2026-11-22
        sources = {}
        release = [
          { version = "2.9.1", released = 2025-11-12, builds = [], source = [] },
          { version = "2.15.0", released = 2026-10-28, builds = [], source = [] },
          { version = "2.15.1", released = 2026-10-30, yanked = true, builds = [], source = [] },
        ]
        """,
        Framework,
        origin="torch",
    )
    assert [release.version for release in query.newest_first(framework)] == ["2.15.0", "2.9.1"]
