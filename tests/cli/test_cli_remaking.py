"""Which environments mlenv makes anew, and which it leaves to others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from mlenv.cli.origins import read_origins
from mlenv.cli.remaking import Place, find_place
from mlenv.facts.environment import Distribution, Environment, EnvironmentKind
from mlenv.mending.wish import Origin


def make(path: Path, kind: EnvironmentKind = "venv", **changes: object) -> Environment:
    path.mkdir(exist_ok=True)
    (path / "pyvenv.cfg").write_text("home = /usr/bin\n")
    environment = Environment(path=str(path), kind=kind, python="3.12.3", executable=str(path / "bin" / "python"))
    return replace(environment, **changes)


def test_a_virtual_environment_of_another_s_making(tmp_path: Path) -> None:
    place = find_place(make(tmp_path / "env"), None)
    assert isinstance(place, Place)
    assert (tmp_path / "env", None, "uv") == (place.generations.path, place.manifest, place.manager)


@pytest.mark.parametrize(
    ("kind", "words"), [("conda", "was made by conda"), ("system", "is a whole Python installation")]
)
def test_kinds_that_are_left_alone(tmp_path: Path, kind: EnvironmentKind, words: str) -> None:
    told = find_place(make(tmp_path / "env", kind), None)
    assert isinstance(told, str)
    assert words in told


def test_a_generation_is_not_the_environment(tmp_path: Path) -> None:
    told = find_place(make(tmp_path / "2", manifest=str(tmp_path / "2" / "mlenv-manifest.json")), None)
    assert isinstance(told, str)
    assert "is a generation" in told


def test_the_branch_that_we_sit_on(tmp_path: Path) -> None:
    told = find_place(replace(make(tmp_path / "env"), path=sys.prefix), None)
    assert isinstance(told, str)
    assert "mlenv itself runs in" in told


def test_no_environment() -> None:
    told = find_place(None, None)
    assert isinstance(told, str)
    assert "--env" in told


def install(site: Path, name: str, *requires: str, requested: bool = False) -> Distribution:
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir(parents=True)
    lines = "".join(f"Requires-Dist: {line}\n" for line in requires)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{lines}")
    if requested:
        (folder / "REQUESTED").touch()
    return Distribution(name=name, version="1.0", path=str(folder))


def test_who_asked_for_what(tmp_path: Path) -> None:
    environment = make(tmp_path / "env")
    site = tmp_path / "env" / "lib" / "python3.12" / "site-packages"
    installed = (
        install(site, "top", "middle>=1", 'extra-thing; extra == "more"', requested=True),
        install(site, "middle", "Under_Scored"),
        install(site, "under-scored"),
        install(site, "extra-thing"),
        install(site, "alone"),
    )
    assert {
        "alone": Origin(),
        "extra-thing": Origin(mentioned=True),
        "middle": Origin(required=True, mentioned=True),
        "top": Origin(requested=True),
        "under-scored": Origin(required=True, mentioned=True),
    } == read_origins(replace(environment, distributions=installed))
