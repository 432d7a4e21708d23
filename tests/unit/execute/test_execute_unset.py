"""Variables that an environment takes away from the shells that activate it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mlenv.execute.generations import Generations
from mlenv.execute.manifest import read_manifest
from mlenv.execute.scripts import SCRIPTS, take_away
from tests.unit.execute.test_execute_hostile import write_hostile


def test_every_shell_in_its_own_words(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in SCRIPTS:
        (folder / name).write_text("first\n")
    take_away(tmp_path, ["LD_LIBRARY_PATH"])
    last = {name: (folder / name).read_text().removeprefix("first\n") for name in SCRIPTS}
    assert "unset LD_LIBRARY_PATH\n" == last["activate"]
    assert "set -e LD_LIBRARY_PATH\n" == last["activate.fish"]
    assert "unsetenv LD_LIBRARY_PATH\n" == last["activate.csh"]
    assert '@set "LD_LIBRARY_PATH="\n' == last["activate.bat"]
    assert last["activate.ps1"].startswith("Remove-Item -Path Env:LD_LIBRARY_PATH")
    assert "" == last["activate.nu"]


def test_nothing_to_take_away_changes_nothing(tmp_path: Path) -> None:
    script = tmp_path / "bin" / "activate"
    script.parent.mkdir()
    script.write_text("first")
    take_away(tmp_path, [])
    assert "first" == script.read_text()


def test_a_shell_that_reads_it(tmp_path: Path) -> None:
    script = tmp_path / "bin" / "activate"
    script.parent.mkdir()
    script.write_text("ACTIVE=yes\n")
    take_away(tmp_path, ["LD_LIBRARY_PATH"])
    line = f". {script}; echo $ACTIVE ${{LD_LIBRARY_PATH:-gone}}"
    done = subprocess.run(
        ["/bin/sh", "-c", line], env={"LD_LIBRARY_PATH": "/opt/x"}, capture_output=True, text=True, check=True
    )
    assert "yes gone\n" == done.stdout


@pytest.mark.parametrize(
    ("names", "sound"),
    [(["LD_LIBRARY_PATH"], True), ([], True), (["PATH"], False), (["LD_LIBRARY_PATH; rm -rf /"], False)],
)
def test_a_manifest_may_not_name_any_variable(tmp_path: Path, names: list[str], sound: bool) -> None:
    """They come into shells as they are."""
    folder = Generations(tmp_path / ".venv").store / "1"
    write_hostile(folder, unset=tuple(names))
    assert sound == (read_manifest(folder) is not None)
