"""A small world for one try: a home, a cache, a package index and a proven environment in it."""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from mlenv.execute.generations import Generations
from mlenv.system.process import Completed
from tests.stands import clients
from tests.stands.package_index import PackageIndex
from tests.stands.wheels import make_wheel

from .call import Call, OnLine

if TYPE_CHECKING:
    from typing_extensions import Self

OLD, NEW = "1.0", "2.0"
"""The release of ``lower`` in the environment that is there, and in the one that is asked for."""
OTHERS = ("3.0", "4.0", "5.0", "6.0")
LARGE_BYTES = 1_000_000
HTTP_SECONDS = 2
PRINT_VERSION = "import lower; print(lower.__version__)"


class World:
    """Folders below ``root``, with an index beside them.

    ``home`` has all that a user keeps, ``temporary`` is TMPDIR, ``work`` where mlenv is called;
    ``environment`` is the one in question.  ``index`` serves ``lower``, which needs ``upper`` and
    ``large`` (a megabyte).
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.wheels = make_wheels(root / "wheels")
        self.home, self.temporary, self.work = root / "home", root / "temporary", root / "work"
        self.cache = self.home / "cache" / "uv"
        self.environment = self.work / ".venv"
        self.index = PackageIndex(self.wheels)
        self.environ = self._variables()

    def __enter__(self) -> Self:
        self.index.__enter__()
        self._make_models()
        return self

    def __exit__(self, *_: object) -> None:
        self.end_processes()
        self.index.__exit__(None, None, None)

    @property
    def generations(self) -> Generations:
        """The generations of the environment, as they are now."""
        return Generations(self.environment)

    @property
    def store(self) -> Path:
        """Where they lie."""
        return self.generations.store

    def restore(self, model: str = "cold") -> None:
        """Everything as it was: the old environment current, all well with the index.

        In the ``cold`` model the cache knows nothing of the new release, in the ``warm`` one all.
        """
        self.end_processes()
        self.index.heal()
        for folder in (self.home, self.temporary, self.work):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(self.root / model / folder.name, folder, symlinks=True)

    def command(self, *arguments: str) -> list[str]:
        """The words of a call of mlenv."""
        return [sys.executable, "-m", "mlenv", *arguments]

    def request(self, version: str = NEW) -> tuple[str, ...]:
        """The words that ask for a release."""
        return ("install", "--env", str(self.environment), "--with", f"lower=={version}")

    def start(
        self,
        *arguments: str,
        on_line: OnLine | None = None,
        environ: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> Call:
        """Call mlenv, by default to install the new release; ``prefix`` are words before its own."""
        argv = [*prefix, *self.command(*(arguments or self.request()))]
        return Call(argv, environ={**self.environ, **(environ or {})}, folder=self.root, on_line=on_line)

    def run(
        self, *arguments: str, on_line: OnLine | None = None, environ: Mapping[str, str] | None = None
    ) -> Completed:
        """Call mlenv and wait for its end."""
        return self.start(*arguments, on_line=on_line, environ=environ).wait()

    def verify(self) -> Completed:
        """``mlenv verify`` on the environment."""
        return self.run("verify", "--env", str(self.environment))

    def version(self) -> str:
        """The release of ``lower`` that the environment imports; what Python said where it cannot."""
        argv = [str(self.environment / "bin" / "python"), "-I", "-B", "-c", PRINT_VERSION]
        try:
            done = Call(argv, environ=self.environ, folder=self.root).wait()
        except OSError as error:
            return str(error)
        return done.stdout.strip() if done.ok else (done.stderr.splitlines() or ["nothing"])[-1]

    def spoiled(self) -> list[str]:
        """Files of the environment's packages that are not as in their wheels."""
        found = []
        for folder in self.environment.glob("lib/python3*/site-packages"):
            for info in folder.glob("*.dist-info"):
                wheel = self.wheels / f"{info.name.removesuffix('.dist-info')}-py3-none-any.whl"
                found += [str(folder / name) for name in _differing(wheel, folder)]
        return found

    def processes(self) -> list[psutil.Process]:
        """Processes that live in this world: their home is here."""
        return [one for one in psutil.process_iter() if _home_of(one) == str(self.home)]

    def end_processes(self) -> None:
        """End what is left."""
        for one in self.processes():
            one.kill()

    def logs(self) -> list[Path]:
        """The logs of installations."""
        return sorted((self.home / "state" / "mlenv" / "logs").glob("install-*.log"))

    def _variables(self) -> dict[str, str]:
        own = clients.clean_environ(
            self.home,
            XDG_DATA_HOME=str(self.home / "data"),
            XDG_STATE_HOME=str(self.home / "state"),
            TMPDIR=str(self.temporary),
            UV_DEFAULT_INDEX=self.index.url(),
            UV_HTTP_TIMEOUT=str(HTTP_SECONDS),
            UV_HTTP_RETRIES="1",
        )
        return {name: value for name, value in own.items() if name not in ("MLENV_TRANSACTION", "XDG_RUNTIME_DIR")}

    def _make_models(self) -> None:
        for folder in (self.home, self.temporary, self.work):
            folder.mkdir(exist_ok=True)
        done = self.run(*self.request(OLD))
        if not done.ok:
            raise SystemExit(f"the old environment cannot be made, so nothing can be tried:\n{done.stderr}")
        self._save("cold")
        target = self.root / "target"
        fetched = clients.uv_install(self.environ, self.index.url(), target, f"lower=={NEW}")
        if not fetched.ok:
            raise SystemExit(f"the cache cannot be filled:\n{fetched.stderr}")
        shutil.rmtree(target)
        for left in self.temporary.iterdir():  # uv's own locks, of a call that was not mlenv's
            left.unlink()
        self._save("warm")

    def _save(self, model: str) -> None:
        for folder in (self.home, self.temporary, self.work):
            shutil.copytree(folder, self.root / model / folder.name, symlinks=True)


def make_wheels(folder: Path) -> Path:
    """What the index serves."""
    make_wheel(folder, "upper", "1.0")
    for version in (OLD, NEW):
        make_wheel(folder, "large", version, size=LARGE_BYTES)
        make_wheel(folder, "lower", version, requires=["upper", f"large=={version}"])
    for version in OTHERS:
        make_wheel(folder, "lower", version, requires=["upper"])
    return folder


def _differing(wheel: Path, folder: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        # An installer writes its own lines into RECORD.
        names = [name for name in archive.namelist() if not name.endswith("/RECORD")]
        return [name for name in names if _read(folder / name) != archive.read(name)]


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _home_of(one: psutil.Process) -> str | None:
    try:
        return None if one.pid == os.getpid() else one.environ().get("HOME")
    except (psutil.Error, OSError):
        return None
