"""A user of a machine without any conda: a world of their own, a channel, and rows that name it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from mlenv.system.process import Completed
from tests.live.closed_world import World
from tests.stands.conda_toys import SERIES, write_rows

FOREIGN = ("CONDA", "MAMBA", "PIXI", "RATTLER", "MLENV")
BARE = {"conda": ("--no-default-packages",)}
"""What a manager's ``create`` takes besides, so that the environment is empty."""
PATIENCE = 60.0
PAUSE = 0.05


class CondaWorld(World):
    """Where mlenv installs packages of conda; no program is on PATH but those in ``programs``."""

    def __init__(self, folder: Path, channel: str) -> None:
        super().__init__(folder)
        self.programs = folder / "programs"
        self.programs.mkdir()
        kept = {name: value for name, value in self.environ.items() if not name.startswith(FOREIGN)}
        self.environ = {**kept, "PATH": str(self.programs), "XDG_STATE_HOME": str(self.home / "state")}
        self.channel = channel
        self.series = SERIES
        self.rows = write_rows(folder / "rows", channel)

    @property
    def environment(self) -> Path:
        """The environment's place."""
        return self.place / ".venv"

    @property
    def store(self) -> Path:
        """Where its generations lie."""
        return self.place / ".venv.generations"

    @property
    def logs(self) -> str:
        """All that was logged."""
        return "".join(path.read_text() for path in sorted((self.home / "state").rglob("*.log")))

    def hide_rattler(self) -> None:
        """As on a machine where the extra is not installed."""
        self.write(self.home / "modules" / "rattler.py", "raise ImportError('not here')\n")
        self.environ["PYTHONPATH"] = str(self.home / "modules")

    def asking(self, *wanted: str, manager: str = "conda", more: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The words of an installation."""
        asked = [word for text in wanted for word in ("--with", text)]
        return ("install", "--manager", manager, "--matrix", str(self.rows), *asked, *more)

    def install(self, *wanted: str, manager: str = "conda", more: tuple[str, ...] = ()) -> Completed:
        """mlenv installs what is wanted."""
        return self.mlenv(*self.asking(*wanted, manager=manager, more=more))

    def begin(self, *wanted: str, manager: str = "conda") -> subprocess.Popen[bytes]:
        """The same, and nobody waits for it or hears it."""
        argv = [sys.executable, "-m", "mlenv", *self.asking(*wanted, manager=manager)]
        nothing = subprocess.DEVNULL
        return subprocess.Popen(argv, env=self.environ, cwd=self.place, stdout=nothing, stderr=nothing)

    def document(self, *arguments: str) -> Any:
        """What a command reports, as JSON."""
        done = self.mlenv(*arguments, "--format", "json")
        return json.loads(done.stdout)

    def version(self) -> str:
        """Which toy the environment's own Python imports."""
        done = self.mlenv("run", "--", "python", "-c", "import toy; print(toy.__version__)")
        assert done.ok, done.stderr
        return done.stdout.strip()

    def numbers(self) -> list[str]:
        """The generations that there are."""
        return sorted(path.name for path in self.store.iterdir() if path.is_dir()) if self.store.is_dir() else []

    def leftovers(self) -> list[str]:
        """What lies about in the project and among the temporary files beside the environment."""
        return sorted([*os.listdir(self.place), *os.listdir(self.temporary)])


def wait_until_there(path: Path) -> None:
    """Wait for a file."""
    end = time.monotonic() + PATIENCE
    while not path.exists() and time.monotonic() < end:
        time.sleep(PAUSE)
    assert path.exists()


def wait_until_gone(world: CondaWorld) -> list[str]:
    """The processes that still work there when the companion should have made order after a kill."""
    end = time.monotonic() + PATIENCE
    while (left := _processes_of(world)) or os.listdir(world.temporary):
        if time.monotonic() > end:
            break
        time.sleep(PAUSE)
    return left


def _processes_of(world: CondaWorld) -> list[str]:
    lines = (" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))
    return [line for line in lines if str(world.place) in line]
