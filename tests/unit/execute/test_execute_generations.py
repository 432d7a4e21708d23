"""Generations: the link, what was there before, and what a crash leaves between two names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlenv.errors import UsageError
from mlenv.execute.generations import LINK, MANIFEST, ORIGINAL, Generations


@pytest.fixture
def generations(tmp_path: Path) -> Generations:
    found = Generations(tmp_path / ".venv")
    found.open_store()
    return found


def make(generations: Generations, number: int, *, finished: bool = True) -> Path:
    folder = generations.store / str(number)
    folder.mkdir()
    (folder / "name").write_text(str(number))
    if finished:
        (folder / MANIFEST).write_text("{}")
    return folder


def foreign(path: Path) -> None:
    path.mkdir()
    (path / "pyvenv.cfg").write_text("home = /usr/bin\n")


def name_of(generations: Generations) -> str | None:
    return generations.current.name if generations.current else None


def test_a_switch_moves_the_link(generations: Generations) -> None:
    for number in (1, 2):
        generations.switch(make(generations, number))
        assert str(number) == name_of(generations)
        assert str(number) == (generations.path / "name").read_text()
    assert ".venv.generations/2" == os.readlink(generations.path)


def test_everything_may_move_together(generations: Generations, tmp_path: Path) -> None:
    generations.switch(make(generations, 1))
    (tmp_path / "elsewhere").mkdir()
    for name in (".venv", ".venv.generations"):
        (tmp_path / name).rename(tmp_path / "elsewhere" / name)
    moved = Generations(tmp_path / "elsewhere" / ".venv")
    assert "1" == name_of(moved)
    assert (moved.path / "name").is_file()


def test_the_link_may_lead_below_a_generation(generations: Generations) -> None:
    folder = make(generations, 1)
    (folder / ".pixi/envs/default").mkdir(parents=True)
    generations.switch(folder, ".pixi/envs/default")
    assert "1" == name_of(generations)
    assert (folder / ".pixi/envs/default").samefile(generations.path)


@pytest.mark.parametrize("content", ["pyvenv.cfg", "notes.txt"])
def test_what_mlenv_did_not_make_is_left_alone(generations: Generations, content: str) -> None:
    generations.path.mkdir()
    (generations.path / content).touch()
    with pytest.raises(UsageError, match=str(generations.path)):
        generations.check_free()


def test_only_an_environment_is_taken_over(generations: Generations) -> None:
    generations.path.mkdir()
    (generations.path / "notes.txt").touch()
    with pytest.raises(UsageError, match="no environment"):
        generations.check_free(take_over=True)
    (generations.path / "pyvenv.cfg").touch()
    generations.check_free(take_over=True)


def test_a_file_in_the_way_is_left_alone(generations: Generations) -> None:
    generations.path.touch()
    with pytest.raises(UsageError, match="is no folder"):
        generations.check_free()


def test_an_empty_folder_may_be_used(generations: Generations) -> None:
    generations.path.mkdir()
    generations.check_free()
    generations.switch(make(generations, 1))
    assert "1" == name_of(generations)


def test_a_foreign_link_is_left_alone(generations: Generations, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    generations.path.symlink_to("elsewhere")
    with pytest.raises(UsageError):
        generations.check_free()


def test_the_current_generation_is_never_discarded(generations: Generations) -> None:
    folder = make(generations, 1)
    generations.switch(folder)
    generations.discard(folder)
    assert (folder / MANIFEST).is_file()


def test_the_current_generation_outlives_newer_ones(generations: Generations) -> None:
    folders = [make(generations, number) for number in range(1, 7)]
    generations.switch(folders[0])
    generations.prune()
    assert ["1", "4", "5", "6"] == [folder.name for folder in generations.finished()]


def test_a_read_only_generation_can_be_discarded(generations: Generations) -> None:
    folder = make(generations, 1)
    (folder / "locked").mkdir()
    (folder / "locked" / "file").touch()
    (folder / "locked").chmod(0o500)
    generations.discard(folder)
    assert not folder.exists()


def test_a_store_with_nothing_in_it_goes(generations: Generations) -> None:
    make(generations, 1, finished=False)
    generations.recover()
    generations.close_store()
    assert not generations.store.exists()


def test_removing_takes_all(generations: Generations) -> None:
    generations.switch(make(generations, 1))
    make(generations, 2)
    generations.remove()
    generations.close_store()
    assert [] == list(generations.path.parent.iterdir())


# ---------------------------------------------------------------- taking over


def test_what_is_taken_over_is_kept_and_given_back_as_it_was(generations: Generations) -> None:
    foreign(generations.path)
    inode = generations.path.stat().st_ino
    generations.switch(make(generations, 1))
    assert "1" == name_of(generations)
    assert generations.original == generations.store / ORIGINAL
    generations.give_back()
    assert inode == generations.path.stat().st_ino
    assert (None, False) == (name_of(generations), os.path.lexists(generations.store / ORIGINAL))
    assert ["1"] == [folder.name for folder in generations.finished()]


def test_a_foreign_link_can_be_taken_over_and_given_back(generations: Generations, tmp_path: Path) -> None:
    foreign(tmp_path / "elsewhere")
    generations.path.symlink_to("elsewhere")
    generations.switch(make(generations, 1))
    assert "1" == name_of(generations)
    generations.give_back()
    assert "elsewhere" == os.readlink(generations.path)


def test_removing_gives_back(generations: Generations) -> None:
    foreign(generations.path)
    generations.switch(make(generations, 1))
    generations.remove()
    generations.close_store()
    assert (generations.path / "pyvenv.cfg").is_file()
    assert [".venv"] == [path.name for path in generations.path.parent.iterdir()]


# ---------------------------------------------------------------- cut between two names


def test_an_unfinished_generation_is_removed(generations: Generations) -> None:
    generations.switch(make(generations, 1))
    make(generations, 2, finished=False)
    assert generations.recover()
    assert not generations.recover()
    assert [".gitignore", "1"] == sorted(path.name for path in generations.store.iterdir())


def test_a_link_that_was_made_and_not_moved_is_dropped(generations: Generations) -> None:
    generations.switch(make(generations, 1))
    (generations.store / LINK).symlink_to(".venv.generations/2")
    assert generations.recover()
    assert "1" == name_of(generations)
    assert not os.path.lexists(generations.store / LINK)


def test_a_link_that_was_taken_away_and_not_replaced_is_replaced(generations: Generations) -> None:
    make(generations, 1)
    (generations.store / LINK).symlink_to(".venv.generations/1")
    assert generations.recover()
    assert "1" == name_of(generations)


def test_an_original_without_its_successor_goes_back(generations: Generations) -> None:
    foreign(generations.store / ORIGINAL)
    assert generations.recover()
    assert (generations.path / "pyvenv.cfg").is_file()
    assert generations.original is None


def test_an_original_that_changed_places_is_named(generations: Generations) -> None:
    make(generations, 1)
    foreign(generations.store / LINK)
    generations.path.symlink_to(".venv.generations/1")
    assert generations.recover()
    assert (generations.store / ORIGINAL / "pyvenv.cfg").is_file()
    assert "1" == name_of(generations)


def test_a_spent_link_in_the_originals_place_goes(generations: Generations) -> None:
    make(generations, 1)
    foreign(generations.path)
    (generations.store / ORIGINAL).symlink_to(".venv.generations/1")
    assert generations.recover()
    assert generations.original is None
    assert (generations.path / "pyvenv.cfg").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX paths")
def test_a_generation_that_a_program_works_with_is_not_pruned(generations: Generations) -> None:
    folders = [make(generations, number) for number in range(1, 6)]
    generations.switch(folders[-1])
    (folders[1] / "sleep.py").write_text("import time; print(flush=True); time.sleep(60)")
    child = subprocess.Popen([sys.executable, str(folders[1] / "sleep.py")], stdout=subprocess.PIPE)
    assert child.stdout is not None
    try:
        child.stdout.readline()
        generations.prune()
        assert ["2", "3", "4", "5"] == [folder.name for folder in generations.finished()]
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
    generations.prune()
    assert ["3", "4", "5"] == [folder.name for folder in generations.finished()]
