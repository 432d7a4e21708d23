"""The whole matrix, refreshed from a web of a few pages and written."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mlenv.errors import UsageError
from mlenv.matrix.check import check_matrix
from mlenv.matrix.load import Matrix
from mlenv.matrix.refresh.update import Refresh, Refreshed
from mlenv.matrix.refresh.write import write_files
from mlenv.matrix.rows import Framework
from mlenv.matrix.sources import cuda_releases, python_releases
from mlenv.system.page import Page
from tests.unit.matrix.refresh.refresh_cases import (
    INDEX,
    TODAY,
    build,
    files,
    framework,
    page,
    pages,
    release,
    versions,
)
from tests.unit.matrix.refresh.refresh_matrix import make_matrix, texts
from tests.unit.matrix.sources.sources_web import PagesOnly

PURE = "py3-none-any"
METADATA = b"Metadata-Version: 2.1\nName: acme\nVersion: 1.1\nRequires-Dist: beta>=1\n"


def row(name: str, *numbers: str, **fields: Any) -> Framework:
    return framework(*(release(number, build(glibc="")) for number in numbers), name=name, **fields)


def wheel(name: str, version: str, **fields: Any) -> list[dict[str, Any]]:
    return files(f"{name}-{version}", PURE, **{"core-metadata": True, **fields})


def world(*groups: list[dict[str, Any]], **more: Page) -> dict[str, Page]:
    """An index with acme 1.0, beta 1.0 and further files of acme."""
    found = pages({"acme": [wheel("acme", "1.0"), *groups], "beta": [wheel("beta", "1.0")]})
    address = f"https://files.test/acme-1.1-{PURE}.whl.metadata"
    return {**found, address: Page(state="found", body=METADATA), **more}


def look(matrix: Matrix, web: dict[str, Page], *names: str, today: dt.date = TODAY) -> Refreshed:
    said: list[str] = []
    found = Refresh(matrix, PagesOnly(web), index_url=INDEX, today=today, frameworks=names, progress=said.append).run()
    assert said
    return found


@pytest.fixture
def matrix(tmp_path: Path) -> Matrix:
    return make_matrix(tmp_path / "matrix", row("acme", "1.0"), row("beta", "1.0"))


def say(found: Refreshed) -> list[str]:
    return [" ".join(filter(None, (one.file, one.row, one.how, one.key))) for one in found.changes]


def test_nothing_new_is_no_change(matrix: Matrix) -> None:
    found = look(matrix, world(), "acme", "beta")
    assert ((), (), 2, 2) == (found.changes, found.troubles, found.read, found.asked)
    assert ["frameworks/acme.toml", "frameworks/beta.toml", "matrix.toml"] == sorted(found.files)


def test_a_new_release_with_the_conditions_on_its_neighbours(matrix: Matrix) -> None:
    found = look(matrix, world(wheel("acme", "1.1")), "acme")
    assert ["frameworks/acme.toml 1.1 added"] == say(found)
    acme = found.files["frameworks/acme.toml"]
    assert isinstance(acme, Framework)
    assert (["1.1", "1.0"], {"beta": ">=1"}, TODAY) == (versions(acme), acme.release[0].requires, acme.checked_on)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(Page(state="unreachable", detail="connection refused"), id="out-of-reach"),
        pytest.param(Page(state="missing", detail="HTTP 404"), id="missing"),
        pytest.param(Page(state="found", body=b"{}", content_type="application/json"), id="another-form"),
    ],
)
def test_a_page_that_cannot_be_read_changes_nothing_of_its_rows(matrix: Matrix, bad: Page) -> None:
    found = look(matrix, {**world(wheel("acme", "1.1")), f"{INDEX}/beta/": bad}, "acme", "beta")
    assert (["frameworks/acme.toml 1.1 added"], 1, 2) == (say(found), found.read, found.asked)
    assert ["frameworks/acme.toml", "matrix.toml"] == sorted(found.files)
    assert ["the package index"] == [trouble.split(":")[0] for trouble in found.troubles]


def test_an_index_out_of_reach(matrix: Matrix) -> None:
    found = look(matrix, {}, "acme", "beta")
    assert ({}, (), 0, 2) == (found.files, found.changes, found.read, 2)


@pytest.mark.parametrize(
    ("names", "today", "expected"),
    [
        pytest.param((), TODAY, ("2026.11.22", TODAY), id="everything"),
        pytest.param(("acme",), TODAY, ("2026.11.22", dt.date(2026, 3, 2)), id="one-alone-makes-not-all-younger"),
        pytest.param((), dt.date(2026, 3, 1), ("2026.03.02", dt.date(2026, 3, 2)), id="a-clock-that-is-slow"),
    ],
)
def test_the_version_is_the_day_of_the_look(
    matrix: Matrix, names: tuple[str, ...], today: dt.date, expected: Any
) -> None:
    info = msgspec.to_builtins(look(matrix, world(), *names, today=today).files["matrix.toml"])
    assert (expected[0], expected[1].isoformat()) == (info["version"], info["as_of"])


def test_all_of_the_index_must_answer_for_the_data_to_be_of_today(matrix: Matrix) -> None:
    web = {f"{INDEX}/acme/": page("acme", wheel("acme", "1.0"))}
    assert "2026-03-02" == msgspec.to_builtins(look(matrix, web).files["matrix.toml"])["as_of"]


def test_pythons_and_cuda_are_asked_for_where_no_framework_is_named(matrix: Matrix) -> None:
    cycle = {"3.99": {"status": "bugfix", "first_release": "2026-11-01", "end_of_life": "2031-10"}}
    table = Page(state="found", body=msgspec.json.encode(cycle))
    found = look(matrix, {**world(), python_releases.URL: table})
    assert "pythons.toml python 3.99 added" in say(found)
    told = [trouble.split(":")[0] for trouble in found.troubles]
    assert [cuda_releases.SOURCE] == told


def write(
    matrix: Matrix, target: Path, *groups: list[dict[str, Any]], names: tuple[str, ...] = ("acme", "beta")
) -> None:
    write_files(matrix, look(matrix, world(*groups), *names).files, target)


def test_what_is_written_is_sound_and_stays(matrix: Matrix, tmp_path: Path) -> None:
    target = tmp_path / "new" / "copy"
    write(matrix, target, wheel("acme", "1.1"))
    first = texts(target)
    assert ([], ("1.1", "1.0")) == (check_matrix(Matrix(target)), tuple(versions(Matrix(target).framework("acme"))))
    write(Matrix(target), target, wheel("acme", "1.1"))
    assert first == texts(target)
    assert ["copy"] == [path.name for path in target.parent.iterdir()]


@pytest.mark.parametrize("names", [("acme",), ("acme", "beta")], ids=["one", "all"])
def test_writing_over_the_folder_itself(matrix: Matrix, names: tuple[str, ...]) -> None:
    (matrix.folder / "README.md").write_text("ours")
    before = texts(matrix.folder)
    write(matrix, matrix.folder, wheel("acme", "1.1", day="2026-11-20"), names=names)
    changed = {path for path, text in texts(matrix.folder).items() if before.get(path) != text}
    assert {"matrix.toml", *(f"frameworks/{name}.toml" for name in names)} == changed
    assert [] == check_matrix(Matrix(matrix.folder))


def test_an_older_copy_is_replaced_whole(matrix: Matrix, tmp_path: Path) -> None:
    older = make_matrix(tmp_path / "older", row("acme", "0.9"), row("gone", "1.0"), day=dt.date(2025, 1, 1)).folder
    (older / "gpus.toml").write_text("gpu = []\n")
    (older / "notes.txt").write_text("mine")
    write(matrix, older, names=("beta",))
    expected = {**texts(matrix.folder), "notes.txt": "mine"}
    assert set(expected) == set(texts(older))
    assert expected["gpus.toml"] == texts(older)["gpus.toml"]
    assert expected["frameworks/acme.toml"] == texts(older)["frameworks/acme.toml"]


def test_unsound_data_is_not_written(matrix: Matrix, tmp_path: Path) -> None:
    bad = row("acme", "1.0", floor="7")
    with pytest.raises(UsageError, match="no release reaches the floor 7") as caught:
        write_files(matrix, {"frameworks/acme.toml": bad}, tmp_path / "copy")
    assert "nothing was written" in caught.value.message
    assert ["matrix"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_cannot_be_written(matrix: Matrix, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="cannot be written"):
        write_files(matrix, {}, tmp_path / place)
    assert "in the way" == (tmp_path / "file").read_text()
    assert ["file", "matrix"] == sorted(path.name for path in tmp_path.iterdir())
