"""A site's rows over the built-in ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from mlenv.matrix.canonical import render_file
from mlenv.matrix.hardware import Drivers, GpuModel, GpuModels
from mlenv.matrix.layers import identity, key_fields, lay_over
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Index, Indexes, Profile, PythonSeries, Release, Row
from tests.unit.matrix.refresh.refresh_cases import build, framework, release

DAY = dt.date(2026, 11, 22)
CUDA = Matrix().drivers.cuda_release[0]


def models(*names: str, **fields: Any) -> GpuModels:
    rows = tuple(GpuModel(vendor="nvidia", name=name, source=("x",), **fields) for name in names)
    return GpuModels(sources={"x": "y"}, checked_on=DAY, gpu=rows)


def indexes(*ids: str, title: str = "t") -> Indexes:
    rows = tuple(Index(id=name, title=title, source=("x",)) for name in ids)
    return Indexes(sources={"x": "y"}, checked_on=DAY, index=rows)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(release("2.0"), ("2.0",), id="release"),
        pytest.param(Index(id="pytorch", title="t", source=()), ("pytorch",), id="index"),
        pytest.param(GpuModel(vendor="amd", name="Radeon", source=()), ("amd", "Radeon"), id="gpu"),
        pytest.param(build(), ("any", "", ("linux-x86_64",), ("3.12",)), id="build"),
    ],
)
def test_what_tells_rows_apart(row: Row, expected: tuple[Any, ...]) -> None:
    assert expected == identity(row)


def test_the_first_key_unless_another_is_named() -> None:
    assert [("version",), ("version",), ("id",)] == [key_fields(kind) for kind in (Release, PythonSeries, Index)]
    assert ("variant", "distribution", "platforms", "pythons") == key_fields(Build)


def test_rows_replace_each_other_and_new_ones_come_first() -> None:
    merged = lay_over(indexes("default", "pytorch"), indexes("site", "pytorch", title="ours"))
    assert [("site", "ours"), ("default", "t"), ("pytorch", "ours")] == [(row.id, row.title) for row in merged.index]


def test_gpus_are_told_apart_by_vendor_and_name() -> None:
    merged = lay_over(models("A30", "L4"), models("L4", compute_capability="8.9"))
    assert [("A30", ""), ("L4", "8.9")] == [(row.name, row.compute_capability or "") for row in merged.gpu]


def test_releases_stand_newest_first_and_whole() -> None:
    base = framework(release("2.9.0", build()), release("2.8.0", build(), build(variant="cpu")))
    upper = framework(release("2.8.0", build(note="ours")), release("2.10.0"), release("2.8.1"))
    merged = lay_over(base, upper)
    assert ["2.10.0", "2.9.0", "2.8.1", "2.8.0"] == [row.version for row in merged.release]
    assert (build(note="ours"),) == merged.release[-1].builds


def test_sources_are_joined_and_names_are_those_above() -> None:
    base = framework(release("1.0"), sources={"pypi": "PyPI", "wiki": "old"}, note="below", floor="1")
    upper = framework(name="acme", sources={"wiki": "new"}, checked_on=DAY)
    merged = lay_over(base, upper)
    assert {"pypi": "PyPI", "wiki": "new"} == merged.sources
    assert ("", "", DAY, ["1.0"]) == (
        merged.note,
        merged.floor,
        merged.checked_on,
        [row.version for row in merged.release],
    )


def test_lists_of_words_are_those_above() -> None:
    base = Profile(name="p", title="P", frameworks=("numpy",), environment={"A": "1"})
    upper = Profile(name="p", title="Q", frameworks=("scipy",))
    assert upper == lay_over(base, upper)


def test_an_empty_layer_changes_no_table() -> None:
    base = Matrix().drivers
    empty: dict[str, Any] = {name: () for name in Drivers.__struct_fields__ if isinstance(getattr(base, name), tuple)}
    upper = Drivers(**{**empty, "sources": {}, "checked_on": base.checked_on})
    assert render_file(base) == render_file(lay_over(base, upper))


def test_laying_over_twice_is_laying_over_once() -> None:
    base, upper = framework(release("1.0"), release("0.9")), framework(release("1.1"), release("0.9", build()))
    once = lay_over(base, upper)
    assert once == lay_over(once, upper)


def test_a_newer_cuda_of_a_site_comes_first() -> None:
    from msgspec.structs import replace

    base = Matrix().drivers
    newer = replace(CUDA, version="99.1")
    merged = lay_over(base, replace(base, cuda_release=(newer,)))
    assert (newer, *base.cuda_release) == merged.cuda_release
