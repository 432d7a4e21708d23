"""The lock of an environment of conda, read from its own records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlenv.execute.conda_lock import read_installed
from mlenv.plan.explicit import read_explicit

LOGIN = "https://me:s3cret@mirror.example/t/tk-9/conda-forge"
PLAIN = "https://mirror.example/conda-forge"


def record(prefix: Path, name: str, version: str, *, subdir: str = "noarch", **more: str) -> None:
    """What a manager keeps of a package."""
    row = {"name": name, "version": version, "build": "0", "subdir": subdir, "md5": "a1" * 16, "depends": []}
    url = f"{LOGIN}/{subdir}/{name}-{version}-0.conda"
    place = prefix / "conda-meta" / f"{name}-{version}-0.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps({**row, "url": url, **more}))


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    record(tmp_path, "toy", "1.0")
    record(tmp_path, "python", "3.12.4", subdir="linux-64", md5="", sha256="b2" * 32)
    (tmp_path / "conda-meta" / "history").touch()
    return tmp_path


def test_every_package_with_its_address_and_hash(prefix: Path) -> None:
    assert [
        "# platform: linux-64",
        "@EXPLICIT",
        f"{PLAIN}/linux-64/python-3.12.4-0.conda#sha256:{'b2' * 32}",
        f"{PLAIN}/noarch/toy-1.0-0.conda#{'a1' * 16}",
    ] == read_installed(prefix, "").splitlines()
    assert {"python": "3.12.4", "toy": "1.0"} == read_explicit(read_installed(prefix, "")).versions


def test_the_planned_lock_where_exactly_that_came(prefix: Path) -> None:
    planned = f"@EXPLICIT\n{LOGIN}/noarch/toy-1.0-0.conda#cc\nhttps://another.example/python-3.12.4-0.conda\n"
    assert planned == read_installed(prefix, planned)


@pytest.mark.parametrize("other", ["toy-1.1-0", "toy-1.0-1", "tool-1.0-0"])
def test_what_came_in_its_place(prefix: Path, other: str) -> None:
    planned = f"@EXPLICIT\n{PLAIN}/noarch/{other}.conda#cc\n{PLAIN}/linux-64/python-3.12.4-0.conda#dd\n"
    assert {"python": "3.12.4", "toy": "1.0"} == read_explicit(read_installed(prefix, planned)).versions


@pytest.mark.parametrize("text", ["", "[]", '{"name": "odd"}', "no json"])
def test_records_that_do_not_tell_leave_the_plan_s(prefix: Path, text: str) -> None:
    (prefix / "conda-meta" / "odd-1-0.json").write_text(text)
    assert "planned\n" == read_installed(prefix, "planned\n")


def test_without_records_there_is_the_plan_s(tmp_path: Path) -> None:
    assert ("planned\n", "") == (read_installed(tmp_path, "planned\n"), read_installed(tmp_path, ""))
