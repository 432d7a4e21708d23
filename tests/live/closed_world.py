"""A user of a closed network: a home, caches and settings of their own, and somebody who looks over the shoulder."""

from __future__ import annotations

import base64
import os
import stat
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psutil

from mlenv.system.process import Completed, run
from tests.stands.clients import clean_environ
from tests.stands.proxy import Proxy
from tests.stands.wheels import make_wheel

if TYPE_CHECKING:
    from typing_extensions import Self

USER = "somebody"
PASSWORD = f"T0p:secret@/w0rd{os.getpid()}"
"""Of these tests alone, whoever else runs them at the same time."""
SECRETS = tuple(
    text.encode()
    for text in (
        PASSWORD,
        quote(PASSWORD, safe=""),
        quote(PASSWORD),
        base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode().rstrip("="),
    )
)
"""The password as it is, inside an address, and in a header."""
PAUSE = 0.01
MAX_BYTES = 4 * 1024 * 1024


def make_demo(folder: Path) -> Path:
    """A folder with a package, what it requires, and nothing else."""
    make_wheel(folder, "demo", "1.0", requires=["lower>=1"])
    make_wheel(folder, "lower", "1.2")
    return folder


def indexes(address: str) -> str:
    """A site's address for the index of PyTorch."""
    return (
        "checked_on = 2026-11-22\n"
        f'index = [{{ id = "pytorch", title = "our copy of the PyTorch index", url = "{address}", source = ["us"] }}]\n'
        '[sources]\nus = "our own"\n'
    )


class World:
    """Where one user's mlenv runs, with nothing of this machine's settings in reach.

    ``home`` is the user's, ``place`` the folder in which mlenv is called.
    """

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.place = folder / "project"
        self.temporary = folder / "tmp"
        self.environ = clean_environ(
            self.home,
            XDG_STATE_HOME=str(self.home / "state"),
            XDG_DATA_HOME=str(self.home / "data"),
            XDG_CONFIG_DIRS=str(self.home / "etc"),
            TMPDIR=str(self.temporary),
        )
        del self.environ["PIP_CONFIG_FILE"]
        self.written: set[Path] = set()
        for path in (self.place, self.temporary):
            path.mkdir(parents=True)

    @property
    def generation(self) -> Path:
        """The folder of the environment that is in use."""
        return (self.place / ".venv").resolve()

    def write(self, path: Path, text: str, *, mode: int = 0o600) -> Path:
        """A file of the user's own, which may hold a password."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        self.written.add(path)
        return path

    def write_pip(self, *lines: str) -> Path:
        """The user's pip.conf."""
        return self.write(self.home / "config" / "pip" / "pip.conf", "\n".join(["[global]", *lines]) + "\n")

    def write_uv(self, *lines: str) -> Path:
        """The user's uv.toml."""
        return self.write(self.home / "config" / "uv" / "uv.toml", "\n".join(lines) + "\n")

    def write_netrc(self, host: str = "127.0.0.1", password: str = PASSWORD) -> Path:
        """A login in ``~/.netrc``."""
        return self.write(self.home / ".netrc", f"machine {host}\nlogin {USER}\npassword {password}\n")

    def write_keyring(self) -> str:
        """A program ``keyring`` that knows the password; the PATH on which it is."""
        folder = self.home / "programs"
        lines = f'import sys\nsys.exit(1) if sys.argv[1:2] != ["get"] else None\nprint({PASSWORD!r})\n'
        self.write(folder / "keyring", f"#!{sys.executable}\n{lines}", mode=0o700)
        return os.pathsep.join([str(folder), self.environ["PATH"]])

    def mlenv(self, *arguments: str, variables: Mapping[str, str] | None = None, umask: int | None = None) -> Completed:
        """mlenv, called as a user calls it; ``variables`` beside the user's own."""
        call = f"import os, runpy; os.umask({umask}); runpy.run_module('mlenv', run_name='__main__', alter_sys=True)"
        start = ["-m", "mlenv"] if umask is None else ["-c", call]
        environ = {**self.environ, **(variables or {})}
        return run([sys.executable, *start, *arguments], environ=environ, timeout=300, cwd=str(self.place))

    def leaks(self) -> list[str]:
        """The files of this world that hold the password, but for those in which the user wrote it."""
        roots = (self.home, self.place, self.temporary)
        found = (path for root in roots for path in _files(root) if path not in self.written)
        return sorted(str(path) for path in found if holds_secret(read(path)))

    def writable_for_others(self) -> list[str]:
        """What others may write to of all that was made, but for the installers' own caches."""
        caches = (self.home / "cache" / "uv", self.home / "cache" / "pip")
        made = [path for root in (self.home, self.place) for path in root.rglob("*") if path not in self.written]
        ours = [path for path in made if not path.is_symlink() and not any(map(path.is_relative_to, caches))]
        return [f"{path} {oct(_mode(path))}" for path in ours if _mode(path) & 0o022]


def holds_secret(content: bytes) -> bool:
    """Whether a password is in it, in any of its forms."""
    return any(secret in content for secret in SECRETS)


def read(path: Path) -> bytes:
    """The start of a file; empty where it is gone by now."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES)
    except OSError:
        return b""


def _files(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        yield from (path for name in names if stat.S_ISREG(_mode(path := Path(folder, name))))


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


class Watch(threading.Thread):
    """Looks at every process and every temporary file of this machine while something runs.

    ``told`` are the command lines that hold the password, ``open_files`` the files with it that others
    may read.  ``but`` is a word of the one command line that the user wrote it into.
    """

    def __init__(self, world: World, but: str = "") -> None:
        super().__init__(daemon=True)
        self._world = world
        self._but = but
        self._end = threading.Event()
        self.told: set[str] = set()
        self.open_files: set[str] = set()
        self.rounds = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.join()

    def run(self) -> None:
        while not self._end.wait(PAUSE):
            self._look_at_processes()
            self._look_at_files()
            self.rounds += 1

    def _look_at_processes(self) -> None:
        for process in psutil.process_iter():
            try:
                line = "\0".join(process.cmdline())
            except psutil.Error:
                continue
            if holds_secret(line.encode()) and (not self._but or self._but not in line):
                self.told.add(line)

    def _look_at_files(self) -> None:
        for root in (self._world.temporary, self._world.place):
            for path in _files(root):
                reachable = self._is_open(path, root)
                if reachable and path.suffix != ".pyc" and holds_secret(read(path)):
                    self.open_files.add(f"{path} {oct(_mode(path))}")

    def _is_open(self, path: Path, root: Path) -> bool:
        """Whether others may read a file and enter every folder around it."""
        folders = [folder for folder in path.parents if folder.is_relative_to(root)]
        return bool(_mode(path) & 0o044) and all(_mode(folder) & 0o011 for folder in folders)


def through(proxy: Proxy, *, https: bool = False, user: str = "", password: str = "") -> Mapping[str, str]:
    """The variables of a user who sits behind a proxy."""
    address = proxy.url(user=user, password=quote(password, safe=""))
    return {"HTTPS_PROXY" if https else "HTTP_PROXY": address, "NO_PROXY": ""}
