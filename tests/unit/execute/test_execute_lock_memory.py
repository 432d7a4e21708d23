"""Locks of the last ten minutes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlenv.execute.lock_memory import FRESH_SECONDS, LockMemory, lock_key


def test_a_lock_is_recalled_while_it_is_fresh(tmp_path: Path) -> None:
    memory = LockMemory(tmp_path / "locks", "key")
    assert memory.recall() is None
    memory.remember("text")
    assert memory.recall() == "text"
    later = memory.path.stat().st_mtime + FRESH_SECONDS
    assert LockMemory(tmp_path / "locks", "key", now=later).recall() is None
    assert LockMemory(tmp_path / "locks", "key", now=later - 2 * FRESH_SECONDS).recall() is None  # the clock jumped


def test_a_lock_that_is_used_again_does_not_stay_fresh_for_ever(tmp_path: Path) -> None:
    memory = LockMemory(tmp_path, "key")
    memory.remember("text")
    os.utime(memory.path, (memory.now - 500, memory.now - 500))
    memory.remember("text")
    assert memory.path.stat().st_mtime < memory.now - 400


def test_old_locks_are_forgotten(tmp_path: Path) -> None:
    LockMemory(tmp_path, "old").remember("text")
    os.utime(tmp_path / "old.toml", (0, 0))
    LockMemory(tmp_path, "new").remember("text")
    assert ["new.toml"] == [path.name for path in tmp_path.iterdir()]


def test_locks_are_private(tmp_path: Path) -> None:
    memory = LockMemory(tmp_path, "key")
    memory.remember("text")
    assert memory.path.stat().st_mode & 0o077 == 0


def test_a_file_that_is_no_text_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "key.toml").write_bytes(b"\xff\xfe")
    assert LockMemory(tmp_path, "key").recall() is None


def test_a_folder_that_cannot_be_made_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    memory = LockMemory(tmp_path / "file" / "locks", "key")
    memory.remember("text")
    assert memory.recall() is None


@pytest.mark.parametrize(
    "other",
    [
        ("project 2", "python", {"UV_X": "1"}, ()),
        ("project", "python 2", {"UV_X": "1"}, ()),
        ("project", "python", {"UV_X": "2"}, ()),
        ("project", "python", {"UV_X": "1"}, ("/",)),
    ],
)
def test_a_key_tells_requests_apart(other: tuple[str, str, dict[str, str], tuple[str, ...]]) -> None:
    key = lock_key("project", "python", {"UV_X": "1", "HOME": "/a"}, ())
    assert key == lock_key("project", "python", {"HOME": "/b", "UV_X": "1"}, ())
    assert key != lock_key(*other)
