"""The folder of temporary files: where it is made, what becomes of those of the dead."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from mlenv.errors import InstallError
from mlenv.execute.scratch import LOCK, PREFIX, choose_places, opened, sweep

posix = pytest.mark.skipif(sys.platform == "win32", reason="folders of POSIX")


def places(*folders: Path) -> list[Path]:
    return [folder / f"{PREFIX}abc" for folder in folders]


def test_what_a_user_names_comes_before_the_usual_places(tmp_path: Path) -> None:
    found = choose_places({"TMPDIR": str(tmp_path), "TMP": str(tmp_path)})
    assert tmp_path == found[0].parent
    assert len({place.parent for place in found}) == len(found) > 1
    assert 1 == len({place.name for place in found})


def test_each_name_is_new() -> None:
    assert choose_places({})[0].name != choose_places({})[0].name


def test_nothing_is_made_before_it_is_opened_and_nothing_is_left_after(tmp_path: Path) -> None:
    (place,) = places(tmp_path)
    assert not place.exists()
    with opened([place]) as scratch:
        assert place == scratch
        (scratch / "more").mkdir()
    assert [] == list(tmp_path.iterdir())


def test_a_place_that_takes_no_files_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with opened(places(tmp_path / "file", tmp_path / "missing", tmp_path)) as scratch:
        assert tmp_path == scratch.parent


def test_where_no_place_takes_files_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="written nowhere") as caught, opened(places(tmp_path / "missing")):
        pass
    assert str(tmp_path / "missing") in caught.value.message
    assert "TMPDIR" in caught.value.hint


def test_what_the_dead_left_is_removed_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    dead, used, other = tmp_path / f"{PREFIX}dead", tmp_path / f"{PREFIX}used", tmp_path / "other"
    for folder in (dead, used, other):
        folder.mkdir()
        (folder / "password").touch()
    with FileLock(used / LOCK):
        with opened(places(tmp_path)) as scratch:
            assert {scratch, used, other} == set(tmp_path.iterdir())
        assert (used / "password").is_file()


@posix
def test_a_link_leads_nowhere(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (tmp_path / f"{PREFIX}trap").symlink_to(precious)
    sweep(tmp_path)
    assert [] == list(precious.iterdir())
    assert (tmp_path / f"{PREFIX}trap").is_symlink()


@pytest.mark.parametrize("named", [True, False])
def test_a_disk_that_fills_up_later_is_said(tmp_path: Path, named: bool) -> None:
    (place,) = places(tmp_path)
    file = (str(place / "pyproject.toml"),) if named else ()
    with pytest.raises(InstallError, match="cannot be written") as caught, opened([place]):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), *file)
    assert "free some space" in caught.value.hint
    assert [] == list(tmp_path.iterdir())


def test_trouble_elsewhere_is_not_taken_for_it(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), opened(places(tmp_path)):
        raise PermissionError(errno.EACCES, "not for you", "/elsewhere")
