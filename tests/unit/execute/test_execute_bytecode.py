"""Compiled code that two generations share."""

from __future__ import annotations

import os
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlenv.execute.bytecode import share_bytecode


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """An environment with compiled code."""
    folder = tmp_path / "1" / "lib" / "package"
    folder.mkdir(parents=True)
    (folder / "one.py").write_text("def trouble():\n    raise ValueError\n")
    (folder / "two.py").write_text("x = 2\n")
    for name in ("one.py", "two.py"):
        py_compile.compile(str(folder / name))
    return tmp_path / "1"


@pytest.fixture
def after(tmp_path: Path, before: Path) -> Path:
    """Another one: ``one.py`` is the same file, ``two.py`` another one."""
    folder = tmp_path / "2" / "lib" / "package"
    folder.mkdir(parents=True)
    os.link(before / "lib/package/one.py", folder / "one.py")
    (folder / "two.py").write_text("x = 22\n")
    return tmp_path / "2"


def names(environment: Path) -> list[str]:
    return sorted(path.name.partition(".")[0] for path in environment.rglob("*.pyc"))


def test_only_what_belongs_to_the_same_source_is_shared(before: Path, after: Path) -> None:
    assert 1 == share_bytecode(before, after)
    assert ["one"] == names(after)
    assert ["one", "two"] == names(before)


def test_another_release_of_the_same_size_and_time_is_compiled_anew(before: Path, after: Path) -> None:
    (after / "lib/package/two.py").write_text("x = 3\n")
    for environment in (before, after):
        os.utime(environment / "lib/package/two.py", (0, 0))
    share_bytecode(before, after)
    assert ["one"] == names(after)


def test_a_copy_is_as_good_as_a_link(before: Path, after: Path) -> None:
    shutil.copy2(before / "lib/package/two.py", after / "lib/package/two.py")
    share_bytecode(before, after)
    assert ["one", "two"] == names(after)


def test_a_second_time_there_is_nothing_to_do(before: Path, after: Path) -> None:
    share_bytecode(before, after)
    assert 0 == share_bytecode(before, after)


def test_python_takes_it_and_names_the_right_file(before: Path, after: Path) -> None:
    share_bytecode(before, after)
    (cached,) = after.rglob("*.pyc")
    inode = cached.stat().st_ino
    code = "from package import one; one.trouble()"
    variables = {"PYTHONPATH": str(after / "lib")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=variables, check=False)
    assert str(after / "lib/package/one.py") in done.stderr
    assert inode == cached.stat().st_ino


def test_new_code_leaves_the_other_generation_alone(before: Path, after: Path) -> None:
    share_bytecode(before, after)
    (cached,) = after.rglob("*.pyc")
    (after / "lib/package/one.py").unlink()
    (after / "lib/package/one.py").write_text("x = 111\n")
    py_compile.compile(str(after / "lib/package/one.py"))
    (old,) = before.rglob("one.*.pyc")
    assert cached.read_bytes() != old.read_bytes()


def test_where_nothing_was_before_nothing_is_shared(tmp_path: Path, after: Path) -> None:
    assert 0 == share_bytecode(tmp_path / "none", after)
