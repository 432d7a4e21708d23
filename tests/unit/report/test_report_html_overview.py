"""All frameworks at a glance: lit where the resolver would choose, and a reason everywhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlenv.facts.machine import Machine
from mlenv.intake import load_machine
from mlenv.matrix.load import Matrix
from mlenv.matrix.opening import open_matrix
from mlenv.report.compatibility import find_map
from mlenv.report.html import render_overview
from mlenv.report.matrix.overview import Overview, OverviewCell, OverviewRow
from mlenv.report.overview import find_overview
from mlenv.resolve.candidates import judge_field
from mlenv.resolve.request import Request, Wanted
from tests.unit.report.map_machines import FOLDERS

MACHINES = Path(__file__).parents[2] / "machines"


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return open_matrix(None)


def machine(name: str) -> Machine:
    return load_machine(MACHINES / name)


def cells(shown: Overview) -> dict[tuple[str, str], OverviewCell]:
    """The fields by framework and device."""
    found: dict[tuple[str, str], OverviewCell] = {
        (row.framework, device.id): cell
        for row in shown.rows
        for device, cell in zip(shown.devices, row.cells, strict=True)
        if cell is not None
    }
    return {**found, **{(row.framework, "cpu"): row.cells[0] for row in shown.plain if row.cells[0] is not None}}


def row_of(shown: Overview, framework: str) -> OverviewRow:
    return next(row for row in (*shown.rows, *shown.plain) if row.framework == framework)


@pytest.mark.parametrize("folder", FOLDERS)
def test_lit_is_what_the_resolver_would_choose(matrix: Matrix, folder: str) -> None:
    here = machine(folder)
    shown = find_overview(matrix, here)
    present = {device.id for device in shown.devices if device.present}
    for (name, device), cell in cells(shown).items():
        wanted = Wanted(name=name)
        field = judge_field(Request(wanted=(wanted,)), here, matrix, wanted, device)  # type: ignore[arg-type]
        usable = [row for row in field.candidates if device in row.build.accelerators and device in present]
        best = [(row.release.version, row.build.variant) for row in usable[:1]]
        lit = cell.state == "runs" or (cell.state == "unproven" and bool(usable))
        assert best == ([(cell.release, cell.build)] if lit else []), (name, device)


@pytest.mark.parametrize("folder", FOLDERS)
def test_whatever_is_dark_says_why(matrix: Matrix, folder: str) -> None:
    for place, cell in cells(find_overview(matrix, machine(folder))).items():
        assert cell.says, place
        assert cell.state in ("runs", "unproven") or cell.reasons, place


@pytest.mark.parametrize("folder", ["linux-centos7-t4-driver418", "linux-ubuntu2204-h100x8", "macos-14-m2pro"])
def test_it_agrees_with_the_map_of_one_framework(matrix: Matrix, folder: str) -> None:
    here = machine(folder)
    shown = find_overview(matrix, here)
    for name in ("torch", "tensorflow", "jax", "xgboost"):
        best = [
            (row.version, column.build)
            for table in [find_map(matrix, here, name)]
            for row in table.rows
            for column, cell in zip(table.columns, row.cells, strict=True)
            if cell is not None and cell.best
        ]
        lit = [cell for cell in row_of(shown, name).cells if cell is not None and cell.state == "runs"]
        assert best == [(cell.release, cell.build) for cell in lit[:1]]


def test_every_framework_is_there_once(matrix: Matrix) -> None:
    shown = find_overview(matrix, None)
    names = [row.framework for row in (*shown.rows, *shown.plain)]
    assert sorted(matrix.framework_ids) == sorted(names)
    assert all(len(shown.devices) == len(row.cells) for row in shown.rows)


def test_without_a_machine_nothing_is_judged(matrix: Matrix) -> None:
    shown = find_overview(matrix, None)
    assert ("", {"published"}) == (shown.machine, {cell.state for cell in cells(shown).values()})
    assert not any(device.present for device in shown.devices)


def test_devices_of_the_machine_come_first(matrix: Matrix) -> None:
    shown = find_overview(matrix, machine("linux-ubuntu2204-mi300x8"))
    assert [("rocm", True), ("cpu", True), ("cuda", False)] == [
        (device.id, device.present) for device in shown.devices[:3]
    ]


def test_an_older_release_says_what_blocks_the_newest(matrix: Matrix) -> None:
    shown = cells(find_overview(matrix, machine("linux-centos7-t4-driver418")))
    cell = shown["torch", "cpu"]
    newest = row_of(find_overview(matrix, None), "torch").newest
    assert ("runs", True) == (cell.state, cell.release != newest)
    assert cell.reasons
    assert cell.reasons[0].startswith(f"{newest} does not: ")
    old_driver = shown["torch", "cuda"]
    assert "fails" == old_driver.state
    assert any("driver" in text for text in (*old_driver.reasons, old_driver.remedy))


def test_a_device_that_is_not_there(matrix: Matrix) -> None:
    cell = cells(find_overview(matrix, machine("linux-ubuntu2204-h100x8")))["torch", "rocm"]
    assert "elsewhere" == cell.state
    assert ("It needs a device for AMD ROCm, and this machine has none to use",) == cell.reasons


def test_a_build_of_another_platform(matrix: Matrix) -> None:
    cell = cells(find_overview(matrix, machine("linux-ubuntu2204-h100x8")))["onnxruntime-directml", "cpu"]
    assert ("elsewhere", "It is not built for linux-x86_64, but for windows-x86_64") == (cell.state, cell.reasons[0])


def test_the_page_holds_each_field_in_words(matrix: Matrix) -> None:
    shown = find_overview(matrix, machine("linux-ubuntu2204-h100x8"))
    page = render_overview(shown, mlenv_version="1", matrix_version="2")
    assert page.count('class="tip"') == len(cells(shown)) == page.count('<td tabindex="0"') + page.count("<li tabindex")
    assert "It needs a device for AMD ROCm, and this machine has none to use." in page
    assert len(page.encode()) < 300_000


def test_private_words_are_taken_out(matrix: Matrix) -> None:
    shown = find_overview(matrix, machine("linux-ubuntu2204-h100x8"))
    page = render_overview(
        shown, mlenv_version="1", matrix_version="2", strip=lambda text: text.replace("H100", "SECRET")
    )
    assert ("H100" in page, "SECRET" in page) == (False, True)
