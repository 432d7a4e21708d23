"""The first lines of the single file, run as they are."""

from __future__ import annotations

import ast
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlenv.pyz import bootstrap
from mlenv.pyz.archive import start_text
from mlenv.pyz.targets import PLATFORMS, choose_targets
from tests.unit.pyz.small_file import make_small_file, run

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX")


@pytest.fixture
def pyz(tmp_path: Path) -> Path:
    return make_small_file(tmp_path / "mlenv.pyz")


def test_words_and_files_reach_the_program(pyz: Path, tmp_path: Path) -> None:
    done = run(pyz, "doctor", "a b", cache=tmp_path / "cache")
    (site,) = (tmp_path / "cache").iterdir()
    assert (0, f"{site} ['doctor', 'a b']\n", "") == (done.returncode, done.stdout, done.stderr)


def test_files_are_laid_down_once(pyz: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    run(pyz, cache=cache)
    (site,) = cache.iterdir()
    (site / "mlenv" / "work.py").write_text("def work(words):\n    return 7\n")
    assert run(pyz, cache=cache).returncode == 7


def test_bytecode_is_kept_whatever_the_user_set(pyz: Path, tmp_path: Path) -> None:
    run(pyz, cache=tmp_path, PYTHONDONTWRITEBYTECODE="1")
    assert list(tmp_path.rglob("work.*.pyc"))


def test_several_may_begin_at_once(pyz: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: run(pyz, cache=cache), range(4)))
    assert [0] * 4 == [one.returncode for one in done]
    assert len(list(cache.iterdir())) == 1


def test_another_build_has_files_of_its_own(pyz: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    run(pyz, cache=cache)
    other = make_small_file(tmp_path / "other.pyz", target="cp312-linux-nowhere")
    assert run(other, cache=cache).returncode == 5
    assert len(list(cache.iterdir())) == 1


def test_a_platform_that_is_not_carried(tmp_path: Path) -> None:
    done = run(make_small_file(tmp_path / "mlenv.pyz", target="cp312-linux-nowhere"), cache=tmp_path / "cache")
    assert done.returncode == 5
    error, hint = done.stderr.splitlines()
    assert bootstrap.find_target() in error
    assert "cp312-linux-nowhere" in hint
    assert [] == list((tmp_path / "cache").iterdir())


@posix
def test_a_cache_that_cannot_be_made(pyz: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(pyz, cache=tmp_path / "file" / "below")
    assert done.returncode == 5
    assert "MLENV_PYZ_CACHE" in done.stderr


@posix
def test_without_a_home_files_are_among_temporary_ones_and_nobody_elses(pyz: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    environ = {"HOME": str(tmp_path / "file"), "XDG_CACHE_HOME": str(tmp_path / "file"), "TMPDIR": str(tmp_path)}
    own = tmp_path / f"mlenv-pyz-{os.getuid()}"
    assert run(pyz, cache="", **environ).returncode == 0
    assert own.stat().st_mode & 0o777 == 0o700
    own.chmod(0o777)
    refused = run(pyz, cache="", **environ)
    assert (5, True) == (refused.returncode, "not this user's alone" in refused.stderr)


def test_what_runs_beside_its_file_leaves_with_it(pyz: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    done = run(pyz, "variables", HOME=str(home), MLENV_PYZ_BESIDE="1")
    assert ["['MLENV_PYZ']", str(tmp_path / "cache")] == done.stdout.splitlines()
    assert [] == list(home.iterdir())
    assert len(list((tmp_path / "cache").iterdir())) == 1


@posix
def test_the_time_limit_ends_it_as_a_key_does(pyz: Path, tmp_path: Path) -> None:
    assert run(pyz, "wait", cache=tmp_path / "cache", MLENV_PYZ_SECONDS="0.2").returncode == 130


def test_what_was_left_out_is_told(pyz: Path, tmp_path: Path) -> None:
    done = run(pyz, "missing", cache=tmp_path / "cache")
    assert (5, "this needs clingo_of_nowhere, which the single file does not carry\n") == (done.returncode, done.stdout)


@posix
def test_a_python_that_is_too_old_hands_over(tmp_path: Path) -> None:
    """As the file sees it: this Python is too old, and a newer one says so by its name."""
    newer = tmp_path / "bin" / "python3.98"
    newer.parent.mkdir()
    newer.write_text('#!/bin/sh\necho "newer: $2 $3"\n')
    shim = tmp_path / "bin" / "python3.99"
    shim.write_text('#!/bin/sh\necho "command not found" >&2\nexit 127\n')
    for path in (newer, shim):
        path.chmod(0o755)
    start = start_text().replace("OLDEST = (3, 10)", "OLDEST = (3, 97)").replace("NEWEST = (3, 14)", "NEWEST = (3, 99)")
    pyz = make_small_file(tmp_path / "mlenv.pyz", start=start)
    assert run(pyz, "doctor", "x y", PATH=f"{newer.parent}:/usr/bin:/bin").stdout == "newer: doctor x y\n"
    alone = run(pyz, "doctor", PATH="/nowhere")
    assert (5, 2) == (alone.returncode, len(alone.stderr.splitlines()))
    assert "3.97 to 3.99" in alone.stderr


def test_old_files_go_when_new_ones_come(pyz: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for name, days in (("of-long-ago", 31), ("of-last-week", 7)):
        (cache / name).mkdir(parents=True)
        moment = time.time() - days * 24 * 3600
        os.utime(cache / name, (moment, moment))
    run(pyz, cache=cache)
    names = {path.name for path in cache.iterdir()}
    assert "of-last-week" in names
    assert "of-long-ago" not in names


def test_the_grammar_is_that_of_old_pythons() -> None:
    ast.parse(start_text(), feature_version=(3, 7))


def test_this_platform_is_one_of_the_builds() -> None:
    assert bootstrap.find_platform() in PLATFORMS
    assert bootstrap.find_target() in {target.id for target in choose_targets()}
