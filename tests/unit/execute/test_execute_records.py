"""What an installation leaves in writing: its log, its manifest's place, what it remembers for the next one."""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path

import pytest

from mlenv.errors import UsageError
from mlenv.execute.journal import KEPT, Journal, opened
from mlenv.execute.kernel import check_kernel_name, register_kernel, remove_kernels
from mlenv.execute.known import forget_environment, known_environments, remember_environment
from mlenv.execute.pace import Pace, recall_pace, remember_pace
from mlenv.system.process import Completed

SECRET = "https://me:secret@host.example/simple"


def read_only(folder: Path) -> Path:
    """A place where nobody can make a folder."""
    (folder / "file").touch()
    return folder / "file" / "below"


# ---------------------------------------------------------------- the log


def test_a_log_has_every_command_and_no_password(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.command(["uv", "pip", "sync", SECRET])
        journal.ended(Completed(status=2, stdout=f"asked {SECRET}", stderr="error: broken"), 1.5)
        path = journal.path
    assert path is not None
    text = path.read_text()
    assert "$ uv pip sync 'https://****@host.example/simple'\n" in text
    assert "    error: broken\n" in text
    assert "status 2 after 1.50 s" in text
    assert "secret" not in text
    assert 0 == path.stat().st_mode & 0o077


def test_what_ended_it_is_noted(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="wrong"), opened(tmp_path) as journal:
        raise ValueError("wrong")
    assert journal.path is not None
    assert "ended by ValueError: wrong" in journal.path.read_text()


def test_old_logs_are_forgotten(tmp_path: Path) -> None:
    for day in range(1, 29):
        Journal(tmp_path, now=dt.datetime(2026, 1, day, tzinfo=dt.timezone.utc)).close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert KEPT == len(names)
    assert names[0].startswith("install-20260109-")


def test_without_a_place_there_is_no_log_and_no_trouble(tmp_path: Path) -> None:
    journal = Journal(read_only(tmp_path))
    journal.note("something")
    journal.copy_to(tmp_path)
    journal.close()
    assert journal.path is None


def test_an_environment_has_the_log_of_its_making(tmp_path: Path) -> None:
    with opened(tmp_path / "logs") as journal:
        journal.note("made")
        journal.copy_to(tmp_path)
    copy = tmp_path / "mlenv" / "install.log"
    assert copy.read_text().endswith("made\n")
    assert 0 == copy.stat().st_mode & 0o077


# ---------------------------------------------------------------- known environments


def test_environments_are_known_until_they_are_forgotten(tmp_path: Path) -> None:
    first, second = tmp_path / "b", tmp_path / "a"
    for path in (first, second, first):
        remember_environment(tmp_path, path)
    assert (second, first) == known_environments(tmp_path)
    forget_environment(tmp_path, second)
    forget_environment(tmp_path, second)
    assert (first,) == known_environments(tmp_path)


def test_what_is_no_path_is_passed_over(tmp_path: Path) -> None:
    remember_environment(tmp_path, tmp_path / "a")
    (tmp_path / "environments" / "x.path").write_text("relative/path\n")
    (tmp_path / "environments" / "y.path").write_text("")
    assert (tmp_path / "a",) == known_environments(tmp_path)


def test_a_data_folder_that_cannot_be_written_to_is_no_trouble(tmp_path: Path) -> None:
    place = read_only(tmp_path)
    remember_environment(place, tmp_path)
    forget_environment(place, tmp_path)
    assert () == known_environments(place)


# ---------------------------------------------------------------- the pace of downloads


def test_the_pace_of_the_last_download(tmp_path: Path) -> None:
    assert recall_pace(tmp_path) is None
    remember_pace(tmp_path, Pace(100_000_000, 10.0))
    assert 10_000_000 == recall_pace(tmp_path)


@pytest.mark.parametrize("pace", [Pace(1000, 1.0), Pace(100_000_000, 0.0)], ids=["too small", "no time"])
def test_what_says_nothing_of_the_line_is_not_kept(tmp_path: Path, pace: Pace) -> None:
    remember_pace(tmp_path, pace)
    assert recall_pace(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"bytes": -1, "seconds": 1}', '{"bytes": 1, "seconds": 0}'])
def test_a_damaged_pace_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "pace.json").write_text(text)
    assert recall_pace(tmp_path) is None


# ---------------------------------------------------------------- the Jupyter kernel


@pytest.fixture
def jupyter(tmp_path: Path) -> dict[str, str]:
    return {"JUPYTER_DATA_DIR": str(tmp_path / "jupyter")}


def test_a_kernel_starts_the_environments_python(tmp_path: Path, jupyter: dict[str, str]) -> None:
    import json

    environment = tmp_path / ".venv"
    folder = register_kernel("Torch", environment, {"A": "1"}, environ=jupyter)
    kernel = json.loads((folder / "kernel.json").read_text())
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    assert [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"] == kernel["argv"]
    assert ("Torch", {"A": "1"}) == (kernel["display_name"], kernel["env"])
    assert tmp_path / "jupyter" / "kernels" / "torch" == folder


def test_a_kernel_goes_with_its_environment(tmp_path: Path, jupyter: dict[str, str]) -> None:
    register_kernel("one", tmp_path / "a", {}, environ=jupyter)
    register_kernel("two", tmp_path / "b", {}, environ=jupyter)
    assert ("one",) == remove_kernels(tmp_path / "a", environ=jupyter)
    assert ["two"] == os.listdir(tmp_path / "jupyter" / "kernels")
    assert () == remove_kernels(tmp_path / "a", environ=jupyter)


def test_a_kernel_of_somebody_else_is_left_alone(tmp_path: Path, jupyter: dict[str, str]) -> None:
    folder = tmp_path / "jupyter" / "kernels" / "mine"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text('{"argv": ["python"]}')
    with pytest.raises(UsageError, match="is a Jupyter kernel of somebody else"):
        register_kernel("mine", tmp_path / "a", {}, environ=jupyter)
    register_kernel("ours", tmp_path / "a", {}, environ=jupyter)
    with pytest.raises(UsageError, match=f"of the environment {tmp_path / 'a'}"):
        register_kernel("ours", tmp_path / "b", {}, environ=jupyter)
    register_kernel("ours", tmp_path / "a", {}, environ=jupyter)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b", "x" * 80, "-x"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is no name of a kernel"):
        check_kernel_name(name)
