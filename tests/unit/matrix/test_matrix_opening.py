"""Which data a command works with, and what is said of folders that are wrong."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from mlenv.errors import UsageError
from mlenv.matrix.check import check_matrix
from mlenv.matrix.load import Matrix, data_folder
from mlenv.matrix.opening import newest_folder, open_matrix
from mlenv.matrix.profiles import extend_profile
from mlenv.matrix.rows import Profile
from tests.unit.matrix.refresh.refresh_cases import build, framework, release
from tests.unit.matrix.refresh.refresh_matrix import make_matrix

ACME = framework(release("1.0", build()))
PROFILE = 'name = "p"\ntitle = "P"\nframeworks = ["numpy"]\n'


@pytest.mark.parametrize(
    ("version", "is_used"),
    [("2099.01.01", True), ("2025.01.01", False), ("2026.9.1", False), (Matrix().version, True)],
    ids=["newer", "older", "ten-is-after-nine", "the-same-day"],
)
def test_the_newer_of_the_built_in_data_and_the_copy(tmp_path: Path, version: str, is_used: bool) -> None:
    (tmp_path / "matrix.toml").write_text(f'schema = 1\nversion = "{version}"\nas_of = 2026-11-22\n')
    assert (tmp_path if is_used else data_folder()) == newest_folder(tmp_path)


@pytest.mark.parametrize("text", [None, "schema = 2\nelse = 1\n", "schema = 0\n"], ids=["none", "newer", "older"])
def test_no_copy_or_one_of_another_mlenv(tmp_path: Path, text: str | None) -> None:
    if text:
        (tmp_path / "matrix.toml").write_text(text)
    assert data_folder() == newest_folder(tmp_path) == newest_folder(None)


def test_a_broken_copy_is_told(tmp_path: Path) -> None:
    (tmp_path / "matrix.toml").write_text("schema = 1\nversion = 3\n")
    with pytest.raises(UsageError) as caught:
        newest_folder(tmp_path)
    assert f"{tmp_path}/matrix.toml: Expected `str`, got `int` in `version`" == caught.value.message


def test_layers(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "profiles").mkdir(parents=True)
    (site / "profiles" / "p.toml").write_text(PROFILE)
    user = make_matrix(tmp_path / "user", ACME, day=dt.date(2099, 1, 1)).folder
    with pytest.raises(UsageError, match="no framework is called 'numpy'"):
        open_matrix(site, user=user)
    assert (data_folder(), site) == open_matrix(site).layers
    assert (user, site) == open_matrix(site, user=user, checked=False).layers


def test_a_folder_that_replaces(tmp_path: Path) -> None:
    folder = make_matrix(tmp_path / "alone", ACME).folder
    info = folder / "matrix.toml"
    info.write_text(info.read_text() + "replaces = true\n")
    matrix = open_matrix(folder)
    assert ((folder,), ("acme",), "2026.03.02") == (matrix.layers, matrix.framework_ids, matrix.version)
    (folder / "gpus.toml").unlink()
    with pytest.raises(UsageError, match=r"gpus\.toml: cannot be read"):
        open_matrix(folder)


def test_what_was_found_sound_is_not_checked_again_until_it_changes(tmp_path: Path) -> None:
    site, cache = tmp_path / "site", tmp_path / "cache"
    (site / "profiles").mkdir(parents=True)
    (site / "profiles" / "p.toml").write_text(PROFILE)
    open_matrix(site, cache=cache)
    assert ["sound-site"] == [path.name[:10] for path in cache.iterdir() if path.name.startswith("sound")]
    (site / "profiles" / "p.toml").write_text(PROFILE.replace("numpy", "nunpy"))
    with pytest.raises(UsageError, match="'nunpy'"):
        open_matrix(site, cache=cache)


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("colour = 1", "has an unknown key `colour`", "`mlenv schema profile` shows what such a file may hold"),
        (f"{'k' * 300} = 1", f"has an unknown key `{'k' * 79}...", "`mlenv schema profile`"),
        ('summary = "\\u001b[31m"', "`summary` holds a control character", "`mlenv schema profile`"),
        ('environment = { A = "x\\u0000" }', "`environment.A` holds a control character", "`mlenv schema profile`"),
        ('environment = { "A\\u0000" = "x" }', "`environment.A?` holds a control character", "`mlenv schema profile`"),
    ],
)
def test_one_readable_line(tmp_path: Path, name: str, message: str, hint: str) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "p.toml").write_text(PROFILE + name)
    with pytest.raises(UsageError) as caught:
        open_matrix(tmp_path)
    assert caught.value.message == f"{tmp_path}/profiles/p.toml: {message}"
    assert caught.value.hint.startswith(hint)


def test_escapes_that_are_no_control_characters(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "p.toml").write_text(PROFILE + 'summary = "caf\\u00e9\\t\\"C:\\\\users\\"\\n"\n')
    assert 'café\t"C:\\users"\n' == open_matrix(tmp_path).profile("p").summary


def test_several_problems_are_counted(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "p.toml").write_text(PROFILE.replace('["numpy"]', '["nunpy", "torhc", "=="]'))
    with pytest.raises(UsageError, match=r"'nunpy' \(and 2 more: `mlenv matrix check --matrix "):
        open_matrix(tmp_path)


def test_problems_of_the_built_in_data_are_not_the_site_s(tmp_path: Path) -> None:
    base = make_matrix(tmp_path / "base", ACME).folder
    (base / "frameworks" / "broken.toml").write_text("id = 1\n")
    site = tmp_path / "site"
    (site / "profiles").mkdir(parents=True)
    (site / "profiles" / "p.toml").write_text(PROFILE.replace("numpy", "acme"))
    (base / "matrix.toml").write_text('schema = 1\nversion = "2099.01.01"\nas_of = 2026-03-02\n')
    assert "p" in open_matrix(site, user=base).profile_names
    assert check_matrix(Matrix(base))


def profiles(**below: tuple[str, ...]) -> dict[str, Profile]:
    return {
        name: Profile(name=name, title=name, extends=extends, frameworks=(f"fw-{name}",), environment={"LAST": name})
        for name, extends in below.items()
    }


def test_profiles_bring_what_they_extend_first() -> None:
    known = profiles(top=("left", "right"), left=("root",), right=("root",), root=())
    whole = extend_profile(known["top"], known.__getitem__)
    assert ("fw-root", "fw-left", "fw-right", "fw-top") == whole.frameworks
    assert {"LAST": "top"} == whole.environment


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (profiles(a=("a",)), "profiles/a.toml: key `extends` goes round in a circle: a -> a"),
        (
            profiles(a=("b",), b=("c",), c=("a",)),
            "profiles/a.toml: key `extends` goes round in a circle: a -> b -> c -> a",
        ),
        (profiles(a=("b",), b=("gone",)), "profiles/b.toml: key `extends`: no profile is called 'gone'"),
    ],
)
def test_profiles_that_cannot_be_made_whole(known: dict[str, Profile], message: str) -> None:
    def find(name: str) -> Profile:
        if name not in known:
            raise UsageError(f"no profile is called {name!r}")
        return known[name]

    with pytest.raises(UsageError) as caught:
        extend_profile(known["a"], find)
    assert message == caught.value.message
