"""Where a bundle goes: nothing is overwritten unasked, and nothing stays half."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlenv.bundle.output import check_output, demand_space, put_in_place, staged
from mlenv.errors import InstallError, UsageError
from tests.unit.bundle.making import MOMENT, make_bundle


def make(path: Path, *, force: bool = False) -> int:
    with staged(path) as folder:
        (folder / "README.txt").write_text("read\n")
        return put_in_place(folder, path, moment=MOMENT, force=force)


@pytest.mark.parametrize("name", ["bundle", "bundle.tar", "bundle.tgz", "bundle.zip"])
def test_only_the_whole_bundle_takes_the_name(tmp_path: Path, name: str) -> None:
    assert 0 < make(tmp_path / name)
    assert [name] == [path.name for path in tmp_path.iterdir()]


def test_what_is_not_put_in_place_goes(tmp_path: Path) -> None:
    with staged(tmp_path / "bundle") as folder:
        (folder / "README.txt").write_text("half")
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["bundle", "bundle.tar"])
def test_what_is_there_gives_way_to_force_alone(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    make_bundle(path) if name == "bundle" else path.write_bytes(b"before")
    with pytest.raises(UsageError, match="is there already"):
        make(path)
    assert 0 < make(path, force=True)
    assert [name] == [path.name for path in tmp_path.iterdir()]


def test_what_is_no_bundle_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/one.jpg").touch()
    (tmp_path / "notes").touch()
    (tmp_path / "folder.tar").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    for name in ("photos", "notes", "folder.tar", "link"):
        with pytest.raises(UsageError, match="so --force leaves it alone"):
            check_output(tmp_path / name, force=True)


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        check_output(tmp_path / "missing/bundle", force=False)


def test_a_disk_without_room_is_told_before_anything(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="GB are needed there"):
        demand_space(tmp_path / "bundle.tar", 1 << 60)
