"""What lies beside an environment may have been written by anybody: nothing outside of it is touched."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mlenv.consistency.integrity import find_damage
from mlenv.execute.generations import MANIFEST, Generations
from mlenv.execute.guard import make_order
from mlenv.execute.holding import HOLDER, held, read_holder
from mlenv.execute.known import known_environments
from mlenv.execute.manifest import Manifest, read_manifest, write_manifest
from tests.unit.execute.installing import make_plan, proof_of


@pytest.fixture
def generations(tmp_path: Path) -> Generations:
    found = Generations(tmp_path / "project" / ".venv")
    found.open_store()
    return found


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A file that nobody may touch."""
    path = tmp_path / "precious" / "file"
    path.parent.mkdir()
    path.write_text("mine")
    return path


def write_holder(generations: Generations, **change: Any) -> None:
    generations.open_store()
    table = {"pid": 1, "host": socket.gethostname(), "since": "2026", "errand": "x", "token": "x" * 32, **change}
    (generations.store / HOLDER).write_bytes(msgspec.json.encode(table))


@pytest.mark.parametrize("building", ["../../precious", "{absolute}", "..", ".", "1/../../../precious", "²", "link"])
def test_a_holder_has_nothing_removed_but_a_generation(generations: Generations, precious: Path, building: str) -> None:
    (generations.store / "link").symlink_to(precious.parent)
    write_holder(generations, building=building.format(absolute=precious.parent))
    with held(generations, errand="next", note=lambda _: None):
        assert "mine" == precious.read_text()
    write_holder(generations, building=building.format(absolute=precious.parent))
    make_order(generations.path, precious.parent.parent / "none")
    assert "mine" == precious.read_text()


@pytest.mark.parametrize(
    "scratch",
    ["/", "{folder}", "{folder}/mlenv-install-x/..", "mlenv-install-../{folder}", "{folder}/mlenv-install-link"],
)
def test_a_holder_has_no_other_folder_of_temporary_files_removed(
    generations: Generations, precious: Path, scratch: str
) -> None:
    (precious.parent / "mlenv-install-link").symlink_to(precious.parent)
    write_holder(generations, scratch=scratch.format(folder=precious.parent))
    with held(generations, errand="next", note=lambda _: None):
        assert "mine" == precious.read_text()


@pytest.mark.parametrize(
    "body",
    [b'{"extra":' * 100_000, b"\xff\xfe", b'{"pid": 1e999}', b"null", b'{"pid": [1]}', b""],
    ids=["deep", "no text", "infinite", "null", "list", "empty"],
)
def test_a_holder_that_is_none(generations: Generations, body: bytes) -> None:
    (generations.store / HOLDER).write_bytes(body)
    assert read_holder(generations) is None


def test_names_that_only_look_like_numbers_are_no_generations(generations: Generations) -> None:
    for name in ("²", "-1", "1e3"):
        (generations.store / name).mkdir()
    assert [] == generations.finished()
    assert "1" == generations.next_folder().name


# ---------------------------------------------------------------- manifests


def write_hostile(folder: Path, **change: Any) -> None:
    from mlenv.intake.described import parse_description

    folder.mkdir(parents=True)
    plan = msgspec.structs.replace(make_plan(folder), **change)
    machine = parse_description('os = "linux"\narch = "x86_64"\n', origin="test")
    write_manifest(
        folder,
        Manifest(matrix_version="1", created="2026", plan=plan, machine=machine, lock="", verification=proof_of("ok")),
    )


def test_a_sound_manifest_is_read(generations: Generations) -> None:
    write_hostile(generations.store / "1", prefix="conda/env", variables={"KERAS_BACKEND": "torch"})
    found = read_manifest(generations.store / "1")
    assert found is not None
    assert "conda/env" == found.plan.prefix


@pytest.mark.parametrize(
    "change",
    [
        {"prefix": "../../../precious"},
        {"prefix": "/etc"},
        {"prefix": "a/../../b"},
        {"variables": {"LD_PRELOAD": "/tmp/evil.so"}},
        {"variables": {"PATH": "/tmp"}},
        {"variables": {"A": "b\0c"}},
        {"variables": {"A=B": "c"}},
    ],
)
def test_a_manifest_that_leads_out_or_hijacks_is_not_believed(generations: Generations, change: dict[str, Any]) -> None:
    write_hostile(generations.store / "1", **change)
    assert read_manifest(generations.store / "1") is None


@pytest.mark.parametrize("body", [b'{"plan":' * 100_000, b"\xff", b"[]", b'{"schema": "x"}'])
def test_a_manifest_that_is_none(tmp_path: Path, body: bytes) -> None:
    (tmp_path / MANIFEST).write_bytes(body)
    assert read_manifest(tmp_path) is None


def test_a_manifest_without_end_is_not_read(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).symlink_to("/dev/zero")
    assert read_manifest(tmp_path) is None
    (tmp_path / MANIFEST).unlink()
    with (tmp_path / MANIFEST).open("wb") as file:
        file.truncate(2**40)  # takes no room
    assert read_manifest(tmp_path) is None


# ---------------------------------------------------------------- the rest


@pytest.mark.parametrize("body", [b"relative/path\n", b"/a\0b\n", b"\n", b"", b"/a\n/b\n", b"/" + b"a" * 100_000])
def test_a_note_of_an_environment_is_one_path(tmp_path: Path, body: bytes) -> None:
    folder = tmp_path / "environments"
    folder.mkdir()
    (folder / "0.path").write_bytes(body)
    assert () == known_environments(tmp_path)


def test_a_note_without_end_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "environments"
    folder.mkdir()
    (folder / "0.path").symlink_to("/dev/zero")
    os.mkfifo(folder / "1.path")
    assert () == known_environments(tmp_path)


def test_a_list_of_files_that_counts_strangely_is_no_crash(tmp_path: Path) -> None:
    site = tmp_path / "lib" / "python3.12" / "site-packages"
    info = site / "demo-1.dist-info"
    info.mkdir(parents=True)
    (site / "demo.py").write_text("")
    (info / "RECORD").write_text("demo.py,sha256=x,²\n../../../../etc/hosts,sha256=x,1\n\x00,sha256=x,1\n")
    assert ["demo"] == [damage.distribution for damage in find_damage(tmp_path)]
