"""Differences of two states of the data, as values and for reading."""

from __future__ import annotations

from typing import Any

import pytest

from mlenv.matrix.diff import Change, compare, compare_rows
from mlenv.matrix.files import Files
from mlenv.matrix.rows import Framework
from mlenv.report.matrix.diff import render_changes
from tests.unit.matrix.refresh.refresh_cases import build, framework, release

FILE = "frameworks/acme.toml"


def changed(row: str, key: str, old: Any, new: Any) -> Change:
    return Change(file=FILE, row=row, how="changed", key=key, old=old, new=new)


def differ(old: Framework, new: Framework) -> list[Change]:
    return list(compare_rows(FILE, old, new))


LINUX, WINDOWS = build(), build(platforms=("windows-x86_64",), glibc="")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(framework(), framework(), [], id="the-same"),
        pytest.param(framework(note="x"), framework(), [changed("", "note", "x", "")], id="a-key-of-the-file"),
        pytest.param(
            framework(release("1.0")),
            framework(release("1.1"), release("1.0")),
            [Change(file=FILE, row="1.1", how="added")],
            id="a-release-more",
        ),
        pytest.param(
            framework(release("1.1"), release("1.0")),
            framework(release("1.1")),
            [Change(file=FILE, row="1.0", how="removed")],
            id="a-release-less",
        ),
        pytest.param(
            framework(release("1.0")),
            framework(release("1.0", yanked=True)),
            [changed("1.0", "yanked", False, True)],
            id="yanked",
        ),
        pytest.param(
            framework(release("1.0", LINUX, WINDOWS)),
            framework(release("1.0", build(pythons=("3.12", "3.13")), WINDOWS)),
            [changed("1.0 any linux-x86_64", "pythons", ("3.12",), ("3.12", "3.13"))],
            id="a-build-got-a-python",
        ),
        pytest.param(
            framework(release("1.0", LINUX)),
            framework(release("1.0", LINUX, build(pythons=("3.14",), glibc="2.34"))),
            [Change(file=FILE, row="1.0 any linux-x86_64, Python 3.14", how="added")],
            id="a-build-that-parts",
        ),
        pytest.param(
            framework(release("1.0", requires={"numpy": ">=1", "scipy": ">=1"})),
            framework(release("1.0", requires={"numpy": ">=2", "pandas": ">=1"})),
            [changed("1.0", "requires.numpy", ">=1", ">=2"), changed("1.0", "requires.scipy", ">=1", None),
             changed("1.0", "requires.pandas", None, ">=1")],
            id="conditions",
        ),
    ],
)  # fmt: skip
def test_rows(old: Framework, new: Framework, expected: list[Change]) -> None:
    assert expected == differ(old, new)


def test_files() -> None:
    one, two = framework(name="one"), framework(name="two")
    found = compare(Files(rows={"a": one, "b": two}), Files(rows={"b": two, "c": one}))
    assert (Change(file="a", how="removed"), Change(file="c", how="added")) == found


def test_there_and_back_have_the_same_rows() -> None:
    old, new = framework(release("1.0", LINUX)), framework(release("1.1"), release("1.0", WINDOWS))
    there, back = differ(old, new), differ(new, old)
    swap = {"added": "removed", "removed": "added"}
    assert sorted((one.row, one.how) for one in there) == sorted((one.row, swap[one.how]) for one in back)


def test_for_reading() -> None:
    changes = (
        changed("", "note", "", "dead"),
        Change(file=FILE, row="1.1", how="added"),
        changed("1.0", "pythons", ["3.12"], ["3.12", "3.13"]),
        changed("1.0", "requires", {"numpy": ">=1"}, {}),
        changed("1.0", "bytes", None, 5),
        Change(file="profiles/p.toml", how="removed"),
    )
    expected = """\
frameworks/acme.toml
  ~ note nothing -> dead
  + 1.1
  ~ 1.0: pythons [3.12] -> [3.12, 3.13]
  ~ 1.0: requires {numpy >=1} -> {}
  ~ 1.0: bytes nothing -> 5
profiles/p.toml
  - the file
"""
    assert expected == render_changes(changes)
    assert "" == render_changes(())
