"""The Host: what a probe may ask of a machine, live or from a recording."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from mlenv.system.process import Completed, run
from mlenv.system.remembered import Memory

MAX_FILE_BYTES = 16 * 1024 * 1024
_NO_LIMIT = 2**63 - 1


class DiskUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes of a file system, in bytes, and how many files can still be made in it."""

    total: int
    free: int
    files_free: int | None = None


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


FileKind = Literal["file", "directory", "character-device", "block-device", "socket", "pipe", "other"]


class FileStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What ``stat`` says of a path (links followed), and what this user may do with it.

    ``mode`` holds the permission bits alone; ``owner`` and ``group`` are names, or numbers without one.
    ``modified`` is the time of the last change, in whole seconds since 1970.
    """

    kind: FileKind
    mode: int = 0
    owner: str = ""
    group: str = ""
    size: int = 0
    modified: int = 0
    readable: bool = False
    writable: bool = False
    executable: bool = False


class AccountRights(msgspec.Struct, frozen=True, kw_only=True):
    """The groups of this user, and whether it is root or an elevated administrator."""

    groups: tuple[str, ...] = ()
    administrator: bool = False


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

    def read_bytes(self, path: str, size: int, offset: int = 0) -> bytes:
        """``size`` bytes of a file from ``offset`` on; fewer where it ends before."""

    def find_lines(self, path: str, heading: str, starts: Sequence[str]) -> list[str]:
        """Of a long table: the lines below a heading that begin with one of the starts.

        The heading is a line that begins so; its block ends at the next line that is not indented.
        """

    def list_directory(self, path: str) -> list[str]:
        """The names in a folder, sorted."""

    def exists(self, path: str) -> bool:
        """Whether something is at that path (links are followed)."""

    def real_path(self, path: str) -> str:
        """The path with every link resolved."""

    def status(self, path: str) -> FileStatus:
        """What is at a path and who may use it."""

    def writable(self, path: str) -> bool:
        """Whether this user may write there."""

    def disk_usage(self, path: str) -> DiskUsage:
        """Sizes of the file system that holds the path."""

    def usable_cores(self) -> int:
        """How many logical processors this process may run on."""

    def account(self, groups: Container[str]) -> AccountRights:
        """What this user may do, and which of these groups it is in: others are nobody's business."""

    def limits(self) -> Mapping[str, tuple[int | None, int | None]]:
        """Soft and hard resource limits by the name of their constant (``RLIMIT_NOFILE``); None for no limit.

        Empty on systems without them.
        """

    def read_registry(self, key: str) -> Mapping[str, str | int]:
        r"""The values of a key of Windows' registry, such as ``HKLM\SYSTEM\CurrentControlSet``.

        The default value has the empty name; lists are joined with semicolons.
        """

    def list_registry(self, key: str) -> list[str]:
        """The names of the keys below a key."""

    def run(self, argv: Sequence[str], *, timeout: float, lasting: bool = False) -> Completed:
        """Run a command to its end or its deadline in seconds.

        ``lasting`` says that the answer depends on the program's own file (named by its path) and
        on nothing else; it may then be one that was given before.
        """

    def ask(self, script: str, *arguments: str, timeout: float) -> Completed:
        """Run one of mlenv's own child scripts (a module of ``mlenv.probe.children``)."""


class LiveHost:
    """The machine that mlenv runs on; ``memory`` is where lasting answers are kept."""

    def __init__(self, environ: Mapping[str, str] | None = None, memory: Memory | None = None) -> None:
        self.environ: Mapping[str, str] = dict(os.environ if environ is None else environ)
        self.identity = _identify()
        self.home = os.path.expanduser("~")
        self._memory = memory or Memory(None)

    def read_text(self, path: str) -> str:
        with open(path, "rb") as file:
            return file.read(MAX_FILE_BYTES).decode("utf-8", "replace")

    def read_bytes(self, path: str, size: int, offset: int = 0) -> bytes:
        with open(path, "rb") as file:
            if offset:
                file.seek(offset)
            return file.read(size)

    def find_lines(self, path: str, heading: str, starts: Sequence[str]) -> list[str]:
        with open(path, "rb") as file:
            return find_lines(file.read(MAX_FILE_BYTES), heading, starts)

    def list_directory(self, path: str) -> list[str]:
        return sorted(os.listdir(path))

    def exists(self, path: str) -> bool:
        return os.path.exists(path)

    def real_path(self, path: str) -> str:
        return os.path.realpath(path)

    def status(self, path: str) -> FileStatus:
        found = os.stat(path)
        return FileStatus(
            kind=_name_kind(found.st_mode),
            mode=stat.S_IMODE(found.st_mode),
            owner=_name_owner(found.st_uid),
            group=_name_group(found.st_gid),
            size=found.st_size,
            modified=int(found.st_mtime),
            readable=os.access(path, os.R_OK),
            writable=os.access(path, os.W_OK),
            executable=os.access(path, os.X_OK),
        )

    def writable(self, path: str) -> bool:
        return os.access(path, os.W_OK)

    def disk_usage(self, path: str) -> DiskUsage:
        if sys.platform == "win32":
            import shutil

            usage = shutil.disk_usage(path)
            return DiskUsage(total=usage.total, free=usage.free)
        sizes = os.statvfs(path)
        return DiskUsage(
            total=sizes.f_blocks * sizes.f_frsize,
            free=sizes.f_bavail * sizes.f_frsize,
            # File systems that make their table of files as they go, such as btrfs, say 0 of 0.
            files_free=sizes.f_favail if sizes.f_files else None,
        )

    def usable_cores(self) -> int:
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1

    def account(self, groups: Container[str]) -> AccountRights:
        if sys.platform == "win32":
            import ctypes

            return AccountRights(administrator=bool(ctypes.windll.shell32.IsUserAnAdmin()))
        names = (_name_group(number) for number in sorted({os.getegid(), *os.getgroups()}))
        return AccountRights(groups=tuple(name for name in names if name in groups), administrator=os.geteuid() == 0)

    def limits(self) -> Mapping[str, tuple[int | None, int | None]]:
        if sys.platform == "win32":
            return {}
        import resource

        names = [name for name in dir(resource) if name.startswith("RLIMIT_")]
        return {name: _limits(resource.getrlimit(getattr(resource, name))) for name in names}

    def read_registry(self, key: str) -> Mapping[str, str | int]:
        from mlenv.system.registry import read_values

        return read_values(key)

    def list_registry(self, key: str) -> list[str]:
        from mlenv.system.registry import list_keys

        return list_keys(key)

    def run(self, argv: Sequence[str], *, timeout: float, lasting: bool = False) -> Completed:
        def ask() -> Completed:
            return run(argv, timeout=timeout, environ=self.environ)

        return self._memory.get(argv, ask) if lasting else ask()

    def ask(self, script: str, *arguments: str, timeout: float) -> Completed:
        # -c and not -m: runpy alone would cost a fifth of the child's life.
        # The path: isolated mode leaves out the user's site-packages, where mlenv may live.
        start = f"import sys; sys.path.append({_package_folder()!r}); "
        start += f"from mlenv.probe.children.{script} import main; main()"
        return self.run([sys.executable, "-I", "-c", start, *arguments], timeout=timeout)


def find_lines(table: bytes, heading: str, starts: Sequence[str]) -> list[str]:
    """See :meth:`Host.find_lines`; the table is searched as bytes, of which few are ever decoded."""
    begin = b"\n" + table if table.startswith(heading.encode()) else table
    place = begin.find(b"\n" + heading.encode())
    if place < 0:
        return []
    wanted = tuple(start.encode() for start in starts)
    found: list[str] = []
    for line in begin[place + 1 :].splitlines()[1:]:
        if line[:1] not in (b"\t", b" ", b""):
            break
        if line.startswith(wanted):
            found.append(line.decode("utf-8", "replace"))
    return found


_KINDS: tuple[tuple[Callable[[int], bool], FileKind], ...] = (
    (stat.S_ISREG, "file"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISCHR, "character-device"),
    (stat.S_ISBLK, "block-device"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISFIFO, "pipe"),
)


def _name_kind(mode: int) -> FileKind:
    return next((kind for is_kind, kind in _KINDS if is_kind(mode)), "other")


def _name_owner(number: int) -> str:
    if sys.platform == "win32":
        return ""
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _name_group(number: int) -> str:
    if sys.platform == "win32":
        return ""
    import grp

    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def _limits(pair: tuple[int, int]) -> tuple[int | None, int | None]:
    """Soft and hard; no limit is -1, and the largest number on some systems."""
    soft, hard = (None if value < 0 or value >= _NO_LIMIT else value for value in pair)
    return soft, hard


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
