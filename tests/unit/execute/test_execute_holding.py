"""One installer at a time, and order after one that was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import psutil
import pytest

from mlenv.errors import InstallError
from mlenv.execute.generations import MANIFEST, Generations
from mlenv.execute.guard import make_order
from mlenv.execute.holding import HOLDER, VARIABLE, Holder, held, read_holder, try_lock


@pytest.fixture
def generations(tmp_path: Path) -> Generations:
    return Generations(tmp_path / ".venv")


def finished(generations: Generations, number: int = 1) -> Path:
    folder = generations.store / str(number)
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text("{}")
    return folder


def test_the_holder_says_who_it_is(generations: Generations) -> None:
    with held(generations, errand="mlenv install starter", note=print) as holding:
        holding.announce(building="1")
        holder = read_holder(generations)
        assert holder is not None
        assert (os.getpid(), "mlenv install starter", "1") == (holder.pid, holder.errand, holder.building)
        assert f"process {os.getpid()} (mlenv install starter, since 20" in holder.describe()
    assert not generations.store.exists()


def test_a_second_one_waits_and_says_for_whom(generations: Generations) -> None:
    notes: list[str] = []
    order: list[str] = []

    def second() -> None:
        with held(Generations(generations.path), errand="second", note=notes.append):
            order.append("second")

    with held(generations, errand="first", note=print):
        thread = threading.Thread(target=second)
        thread.start()
        while not notes:
            time.sleep(0.01)
        order.append("first")
    thread.join()
    assert ["first", "second"] == order
    assert [f"(first, since {notes[0].partition('since ')[2]}"] == [notes[0].partition(" ")[2].partition(" ")[2]]
    assert notes[0].endswith(f"is working on {generations.path}; waiting for it")


def test_what_a_killed_one_left_is_removed_with_its_processes(generations: Generations) -> None:
    generations.switch(finished(generations))
    (generations.store / "2").mkdir()
    stray = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={**os.environ, VARIABLE: "abc"})
    try:
        leave_holder(generations, token="abc", building="2")
        notes: list[str] = []
        with held(generations, errand="next", note=notes.append):
            assert not (generations.store / "2").exists()
        assert not psutil.pid_exists(stray.pid)
    finally:
        stray.kill()
        stray.wait()
    assert 1 == len(notes)
    assert "was stopped in the middle of its work" in notes[0]
    assert [".gitignore", "1", "lock"] == sorted(path.name for path in generations.store.iterdir())


def leave_holder(generations: Generations, *, token: str = "x", building: str = "") -> None:
    """What a killed installer leaves."""
    import socket

    generations.open_store()
    holder = Holder(pid=1, host=socket.gethostname(), since="2026-01-01T00:00:00", errand="x", token=token)
    holder = msgspec.structs.replace(holder, building=building)
    (generations.store / HOLDER).write_bytes(msgspec.json.encode(holder))


def test_a_sealed_generation_that_was_not_taken_into_use_is_no_generation(generations: Generations) -> None:
    generations.switch(finished(generations))
    finished(generations, 2)
    leave_holder(generations, building="2")
    with held(generations, errand="next", note=lambda _: None):
        assert ["1"] == [folder.name for folder in generations.finished()]


def test_a_generation_that_was_taken_into_use_stays(generations: Generations) -> None:
    generations.switch(finished(generations))
    leave_holder(generations, building="1")
    with held(generations, errand="next", note=lambda _: None):
        assert "1" == (generations.current or Path()).name


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"pid": "x"}'])
def test_a_holder_that_cannot_be_read_is_nobody(generations: Generations, text: bytes) -> None:
    generations.open_store()
    (generations.store / HOLDER).write_bytes(text)
    assert read_holder(generations) is None
    with held(generations, errand="next", note=print):
        pass
    assert not generations.store.exists()


def test_the_guard_makes_order_after_a_kill(generations: Generations) -> None:
    generations.switch(finished(generations))
    (generations.store / "2").mkdir()
    leave_holder(generations, building="2")
    make_order(generations.path, generations.path.parent / "scratch")
    assert [".gitignore", "1", "lock"] == sorted(path.name for path in generations.store.iterdir())


def test_the_guard_leaves_an_environment_alone_that_somebody_works_on(generations: Generations) -> None:
    generations.switch(finished(generations))
    (generations.store / "2").mkdir()
    lock = try_lock(generations)
    assert lock is not None
    make_order(generations.path, generations.path.parent / "scratch")
    assert (generations.store / "2").is_dir()
    lock.release()


def test_the_guard_has_nothing_to_do_where_nothing_is(generations: Generations) -> None:
    make_order(generations.path, generations.path.parent / "scratch")
    assert not generations.store.exists()


KILLED = """
import os, sys, time
from pathlib import Path
from mlenv.execute.generations import Generations
from mlenv.execute.guard import guarded
from mlenv.execute.holding import held
generations = Generations(Path(sys.argv[1]))
with guarded(generations.path), held(generations, errand="killed", note=print) as holding:
    holding.announce(building="1")
    (generations.store / "1").mkdir()
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_after_a_kill_nothing_is_left_behind(generations: Generations) -> None:
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(generations.path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert "ready\n" == child.stdout.readline()
    child.kill()
    child.wait()
    child.stdout.close()
    for _ in range(200):
        if not generations.store.exists():
            break
        time.sleep(0.05)
    assert [] == list(generations.path.parent.iterdir())


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    generations = Generations(tmp_path / "file" / ".venv")
    with (
        pytest.raises(InstallError, match="cannot be written to"),
        held(generations, errand="x", note=print),
    ):
        pass
