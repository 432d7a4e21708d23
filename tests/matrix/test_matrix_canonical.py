"""The one form of the files: what is loaded and written again is the same, byte for byte."""

from __future__ import annotations

import datetime as dt

import pytest

from mlenv.matrix.canonical import render_file
from mlenv.matrix.check import check_matrix
from mlenv.matrix.files import list_files
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Framework, Release, Row
from mlenv.matrix.toml_file import parse_toml
from tests.matrix.conftest import Plant

MATRIX = Matrix()
FILES = [pytest.param(path, kind, id=path) for path, kind in list_files(MATRIX)]


@pytest.mark.parametrize(("path", "kind"), FILES)
def test_a_round_trip_gives_the_same_bytes(path: str, kind: type[Row]) -> None:
    text = (MATRIX.folder / path).read_text(encoding="utf-8")
    assert text == render_file(parse_toml(text, kind, origin=path))


def make_framework(**changes: object) -> Framework:
    build = Build(
        variant="any",
        platforms=("linux-x86_64",),
        pythons=("3.12",),
        requires={"a.b": "==1"},
        bytes=7,
        evidence="measured",
        source=("s",),
        note='says "so" \\ and\ttab',
    )
    release = Release(version="1.0", released=dt.date(2026, 1, 2), builds=(build,), source=("s",))
    given = {
        "id": "thing",
        "name": "Thing",
        "distribution": "thing",
        "imports": ("thing",),
        "checked_on": dt.date(2026, 3, 4),
        "sources": {"s": "where"},
        "release": (release,),
        **changes,
    }
    return Framework(**given)  # type: ignore[arg-type]


INLINE = """  { variant = "any", platforms = ["linux-x86_64"], pythons = ["3.12"], requires = { "a.b" = "==1" }, \
bytes = 7, evidence = "measured", source = ["s"], note = "says \\"so\\" \\\\ and\\ttab" },"""


def test_the_form() -> None:
    assert render_file(make_framework()).splitlines() == [
        "# Thing: releases and their builds, newest first.",
        "",
        'id = "thing"',
        'name = "Thing"',
        'distribution = "thing"',
        'imports = ["thing"]',
        "checked_on = 2026-03-04",
        "",
        "[sources]",
        's = "where"',
        "",
        "[[release]]",
        'version = "1.0"',
        "released = 2026-01-02",
        'source = ["s"]',
        "builds = [",
        INLINE,
        "]",
    ]


def test_long_lists_of_texts_are_broken_into_lines() -> None:
    text = render_file(make_framework(traps=("first " * 12, "second " * 12)))
    assert f'traps = [\n  "{"first " * 12}",\n  "{"second " * 12}",\n]' in text


@pytest.mark.parametrize("text", ["\u2028", "é", "🙂", "'", '"""', "\\"])
def test_any_text_survives(text: str) -> None:
    framework = make_framework(note=text)
    assert framework == parse_toml(render_file(framework), Framework, origin="x")


def test_a_file_in_another_form_is_told_of(plant: Plant) -> None:
    folder = plant("profiles/jax.toml", 'name = "jax"', 'name  =  "jax"')
    expected = "profiles/jax.toml: is not in canonical form; `mlenv matrix update --write --into DIR` writes it so"
    assert [expected] == check_matrix(Matrix(folder))
