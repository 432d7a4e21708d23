"""What order is made of after a kill, beyond the half generation: files without their names, locks that lied."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mlenv.execute.cache import UvCache
from mlenv.execute.generations import Generations
from mlenv.execute.guard import make_order, remove_unfinished
from mlenv.execute.holding import FRESH, clear_up
from mlenv.execute.journal import opened
from mlenv.execute.lock_memory import LockMemory

GONE = 2**22 + 1
"""No process has this number."""


@pytest.fixture
def generations(tmp_path: Path) -> Generations:
    return Generations(tmp_path / "work" / ".venv")


def test_a_holder_that_was_not_yet_named_goes(generations: Generations) -> None:
    generations.open_store()
    (generations.store / FRESH).write_bytes(b"{")
    clear_up(generations)
    assert [".gitignore"] == [path.name for path in generations.store.iterdir()]


def test_every_place_of_temporary_files_is_cleared(generations: Generations, tmp_path: Path) -> None:
    places = [tmp_path / "one", tmp_path / "two"]
    places[1].mkdir()
    (places[1] / "password").touch()
    make_order(generations.path, *places)
    assert not places[1].exists()


@contextmanager
def homes(folder: Path) -> Iterator[None]:
    """Within, the user's files are there."""
    names = ("XDG_CACHE_HOME", "XDG_DATA_HOME")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update({name: str(folder / name) for name in names})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@pytest.mark.skipif(sys.platform != "linux", reason="folders of XDG")
def test_what_a_process_had_not_yet_named_is_removed(tmp_path: Path) -> None:
    kept = ["XDG_CACHE_HOME/mlenv/locks/a.toml", f"XDG_CACHE_HOME/mlenv/locks/b.{GONE}0", f"XDG_CACHE_HOME/c.{GONE}"]
    gone = [f"XDG_CACHE_HOME/mlenv/locks/a.{GONE}", f"XDG_DATA_HOME/mlenv/environments/d.{GONE}"]
    for name in (*kept, *gone):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with homes(tmp_path):
        remove_unfinished(GONE)
    assert sorted(kept) == sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())


def test_with_a_damaged_file_the_locks_of_a_moment_ago_are_forgotten(tmp_path: Path) -> None:
    memory = LockMemory(tmp_path / "locks", "key")
    memory.remember("lock = 1\n")
    with opened(tmp_path) as journal:
        UvCache(uv=sys.executable, environ={}, journal=journal, locks=tmp_path / "locks").drop("demo")
    assert memory.recall() is None
