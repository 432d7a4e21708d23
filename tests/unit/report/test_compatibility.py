"""The compatibility map: lit where the resolver would choose, and a reason everywhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from mlenv.facts.drivers import Nvidia
from mlenv.facts.machine import Machine
from mlenv.facts.system import Libc, OperatingSystem
from mlenv.intake import load_machine
from mlenv.matrix.load import Matrix
from mlenv.matrix.opening import open_matrix
from mlenv.report.compatibility import SHOWN, find_map, find_maps
from mlenv.report.matrix.map import CompatibilityMap, MapCell
from mlenv.resolve.candidates import judge_field
from mlenv.resolve.devices import accelerators_to_try
from mlenv.resolve.request import Request, Wanted
from tests.unit.report.map_machines import FOLDERS

MACHINES = Path(__file__).parents[2] / "machines"
Build = tuple[str, str]


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return open_matrix(None)


def machine(name: str) -> Machine:
    return load_machine(MACHINES / name)


def cells(shown: CompatibilityMap) -> dict[Build, MapCell]:
    return {
        (row.version, column.build): cell
        for row in shown.rows
        for column, cell in zip(shown.columns, row.cells, strict=True)
        if cell is not None
    }


def choices(matrix: Matrix, here: Machine, name: str) -> list[Build]:
    """What the resolver may choose, the best first, each on a device that it is made for."""
    wanted = Wanted(name=name)
    request = Request(wanted=(wanted,))
    return [
        (candidate.release.version, candidate.build.variant)
        for accelerator in accelerators_to_try(request, here)
        for candidate in judge_field(request, here, matrix, wanted, accelerator).candidates
        if accelerator in candidate.build.accelerators
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_best_is_what_the_resolver_would_choose(matrix: Matrix, folder: str) -> None:
    here = machine(folder)
    for name in SHOWN:
        shown = cells(find_map(matrix, here, name))
        best = [build for build, cell in shown.items() if cell.best]
        chosen = choices(matrix, here, name)
        assert chosen[:1] == best
        assert {build for build, cell in shown.items() if cell.state == "runs"} <= set(chosen)


@pytest.mark.parametrize("folder", ["linux-centos7-t4-driver418", "windows-11-rx7900xtx", "macos-14-m2pro"])
def test_whatever_does_not_run_says_why(matrix: Matrix, folder: str) -> None:
    for name in SHOWN:
        for cell in cells(find_map(matrix, machine(folder), name)).values():
            assert cell.says
            assert bool(cell.reasons) == (cell.state in ("fails", "cpu-only")) or cell.state == "unproven"


def test_old_driver_says_which_one_would_do(matrix: Matrix) -> None:
    shown = cells(find_map(matrix, machine("linux-ubuntu2204-rtx4090-mismatch"), "torch"))
    cell = shown["2.14.1", "cu130"]
    assert cell.state == "cpu-only"
    assert cell.reasons == ("torch 2.14.1 cu130 needs driver 580.65.06 or newer, this machine has 535.216.01",)
    assert cell.remedy == "update the NVIDIA driver to 580.65.06 or newer"


def test_columns_begin_with_the_devices_of_the_machine(matrix: Matrix) -> None:
    def devices(folder: str) -> list[str]:
        return list(dict.fromkeys(column.device for column in find_map(matrix, machine(folder), "torch").columns))

    assert devices("linux-ubuntu2204-h100x8") == ["NVIDIA CUDA", "CPU", "AMD ROCm", "Intel XPU"]
    assert devices("linux-ubuntu2204-mi300x8") == ["AMD ROCm", "CPU", "NVIDIA CUDA", "Intel XPU"]
    assert devices("macos-14-m2pro") == ["Apple Metal"]


def test_builds_of_other_platforms_have_no_column(matrix: Matrix) -> None:
    shown = find_map(matrix, machine("macos-14-m2pro"), "torch")
    assert [column.build for column in shown.columns] == ["cpu"]
    assert "cu126" in shown.elsewhere


def test_without_a_machine_nothing_is_judged(matrix: Matrix) -> None:
    shown = find_map(matrix, None, "jax")
    assert shown.machine == ""
    assert {cell.state for cell in cells(shown).values()} == {"published"}
    assert shown.answer == f"{len(shown.rows)} releases of JAX in {shown.count('published')} builds."


def test_unknown_frameworks_have_no_map(matrix: Matrix) -> None:
    assert [shown.framework for shown in find_maps(matrix, None, ["numpy", "nosuch", "numpy"])] == ["numpy"]


def test_inside_wsl_the_driver_is_the_one_of_windows(matrix: Matrix) -> None:
    here = machine("windows-11-rtx5090")
    inside = replace(
        here,
        os=OperatingSystem(family="linux", wsl=2, libc=Libc(family="glibc", version="2.39")),
        nvidia=Nvidia(driver="535.54"),
    )
    remedies = {cell.remedy for cell in cells(find_map(matrix, inside, "torch")).values() if "driver" in cell.remedy}
    assert remedies
    assert all("on Windows" in remedy for remedy in remedies)
