"""The Host: what a probe may ask of a machine, live or from a recording."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from mlenv.system.process import Completed, run

MAX_FILE_BYTES = 16 * 1024 * 1024


class DiskUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes of a file system, in bytes."""

    total: int
    free: int


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What ``uname`` and the interpreter know without reading a file.

    ``system`` is ``linux``, ``windows`` or ``macos``; ``machine`` is what ``uname -m`` says.
    ``libc`` is ``glibc 2.36``, empty where the system does not say; ``executable`` is the
    interpreter that runs mlenv.
    """

    system: str
    release: str
    machine: str
    libc: str = ""
    executable: str = ""


class Host(Protocol):
    """A machine that can be asked.

    Every method that reads raises :class:`OSError` as the system does (FileNotFoundError,
    PermissionError and so on); ``run`` and ``ask`` never raise for what the child does.
    """

    environ: Mapping[str, str]
    identity: Identity
    home: str

    def read_text(self, path: str) -> str:
        """The text of a file (UTF-8, undecodable bytes replaced), at most 16 MiB of it."""

    def read_bytes(self, path: str, size: int) -> bytes:
        """The first ``size`` bytes of a file."""

    def list_directory(self, path: str) -> list[str]:
        """The names in a folder, sorted."""

    def exists(self, path: str) -> bool:
        """Whether something is at that path (links are followed)."""

    def real_path(self, path: str) -> str:
        """The path with every link resolved."""

    def writable(self, path: str) -> bool:
        """Whether this user may write there."""

    def disk_usage(self, path: str) -> DiskUsage:
        """Sizes of the file system that holds the path."""

    def usable_cores(self) -> int:
        """How many logical processors this process may run on."""

    def run(self, argv: Sequence[str], *, timeout: float) -> Completed:
        """Run a command to its end or its deadline in seconds."""

    def ask(self, script: str, *arguments: str, timeout: float) -> Completed:
        """Run one of mlenv's own child scripts (a module of ``mlenv.probe.children``)."""


class LiveHost:
    """The machine that mlenv runs on."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.environ: Mapping[str, str] = dict(os.environ if environ is None else environ)
        self.identity = _identify()
        self.home = os.path.expanduser("~")

    def read_text(self, path: str) -> str:
        with open(path, "rb") as file:
            return file.read(MAX_FILE_BYTES).decode("utf-8", "replace")

    def read_bytes(self, path: str, size: int) -> bytes:
        with open(path, "rb") as file:
            return file.read(size)

    def list_directory(self, path: str) -> list[str]:
        return sorted(os.listdir(path))

    def exists(self, path: str) -> bool:
        return os.path.exists(path)

    def real_path(self, path: str) -> str:
        return os.path.realpath(path)

    def writable(self, path: str) -> bool:
        return os.access(path, os.W_OK)

    def disk_usage(self, path: str) -> DiskUsage:
        if sys.platform == "win32":
            import shutil

            usage = shutil.disk_usage(path)
            return DiskUsage(total=usage.total, free=usage.free)
        sizes = os.statvfs(path)
        return DiskUsage(total=sizes.f_blocks * sizes.f_frsize, free=sizes.f_bavail * sizes.f_frsize)

    def usable_cores(self) -> int:
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1

    def run(self, argv: Sequence[str], *, timeout: float) -> Completed:
        return run(argv, timeout=timeout, environ=self.environ)

    def ask(self, script: str, *arguments: str, timeout: float) -> Completed:
        # -c and not -m: runpy alone would cost a fifth of the child's life.
        # The path: isolated mode leaves out the user's site-packages, where mlenv may live.
        start = f"import sys; sys.path.append({_package_folder()!r}); "
        start += f"from mlenv.probe.children.{script} import main; main()"
        return self.run([sys.executable, "-I", "-c", start, *arguments], timeout=timeout)


def _package_folder() -> str:
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def _identify() -> Identity:
    if sys.platform == "win32":
        version = sys.getwindowsversion()
        release = f"{version.major}.{version.minor}.{version.build}"
        machine = os.environ.get("PROCESSOR_ARCHITEW6432") or os.environ.get("PROCESSOR_ARCHITECTURE", "")
        return Identity(system="windows", release=release, machine=machine, executable=sys.executable)
    uname = os.uname()
    system = "macos" if sys.platform == "darwin" else "linux"
    return Identity(
        system=system, release=uname.release, machine=uname.machine, libc=_name_libc(), executable=sys.executable
    )


def _name_libc() -> str:
    """``glibc 2.36``; empty on musl and macOS, whose C library does not know the question."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):
        return ""
