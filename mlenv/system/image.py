"""An image of a file system that is mounted at a path, read as if it were the machine's own.

Links in it are meant for its own root: ``/mnt/image/opt/venv/bin/python`` leads to ``/usr/bin/python3``
of the image, and what the name stands for on this machine is another program.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Container, Iterator, Mapping, Sequence

from mlenv.system.host import AccountRights, DiskUsage, FileStatus, Host, Identity
from mlenv.system.process import Completed

MAX_LINKS = 40
_RELEASES = ("etc/os-release", "usr/lib/os-release")
_PROGRAMS = ("python3", "python")
# Where images keep their environments: those of applications first, the system's own Python last.
PLACES = (
    "/opt/venv",
    "/venv",
    "/.venv",
    "/app/.venv",
    "/app/venv",
    "/workspace/.venv",
    "/workspace/venv",
    "/opt/conda",
    "/opt/miniforge3",
    "/opt/miniconda3",
    "/usr/local",
    "/usr",
)
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def find_root(path: str) -> str | None:
    """The root of the file system that an environment belongs to, where that is not ``/``.

    That is the nearest folder above (or the path itself) that says which system it is (os-release),
    has the folder ``usr``, and in which the path leads to an interpreter when links are followed
    inside it.  None for an environment of this machine itself.
    """
    if os.name != "posix":
        return None
    path = os.path.abspath(path)
    for root in _parents(path):
        if _is_system(root):
            inside = "/" + path[len(root) :].lstrip("/")
            return root if _leads_to_python(root, inside) else None
    return None


def _parents(path: str) -> Iterator[str]:
    """The path and the folders above it, without the root of all."""
    while path != "/":
        yield path
        path = os.path.dirname(path)


def _is_system(root: str) -> bool:
    if not any(os.path.lexists(os.path.join(root, name)) for name in _RELEASES):
        return False
    if not os.path.isdir(os.path.join(root, "usr")):
        return False
    try:
        return not os.path.samefile(root, "/")
    except OSError:
        return False


def _leads_to_python(root: str, inside: str) -> bool:
    """Whether there is an interpreter where a path points, by the links of the image."""
    if inside == "/":
        return any(_leads_to_python(root, place) for place in PLACES)
    names = ("", *_PROGRAMS, *(f"bin/{name}" for name in _PROGRAMS))
    paths = (resolve(root, f"{inside}/{name}".rstrip("/")) for name in names)
    return any(os.path.isfile(path) for path in paths)


def resolve(root: str, path: str) -> str:
    """Where a path inside an image really is, on this machine; nothing leads out of the image.

    What is not there is left as it is written.
    """
    left = [part for part in path.split("/") if part not in ("", ".")][::-1]
    done: list[str] = []
    links = 0
    while left:
        part = left.pop()
        if part == "..":
            del done[-1:]
            continue
        link = _read_link(os.path.join(root, *done, part)) if links < MAX_LINKS else None
        if link is None:
            done.append(part)
            continue
        links += 1
        if link.startswith("/"):
            done = []
        left += [step for step in link.split("/") if step not in ("", ".")][::-1]
    return os.path.join(root, *done)


def _read_link(path: str) -> str | None:
    try:
        return os.readlink(path)
    except OSError:
        return None


def open_image(host: Host, path: str) -> ImageHost | None:
    """The image that a path of this machine lies in, None where it is the machine's own."""
    root = find_root(path)
    return ImageHost(host, root) if root is not None else None


class ImageHost:
    """A Host whose files are those of an image; nothing can be run in it.

    Paths are meant inside the image; one that begins with the image's own root is taken as
    this machine's, so that facts may name either.  Variables are those that a shell begins with.
    """

    def __init__(self, host: Host, root: str) -> None:
        self.root = root
        self.environ: Mapping[str, str] = {"PATH": PATH}
        self.home = "/root"
        self._host = host
        self._folders: dict[str, str] = {}
        libc = "" if any(name.startswith("ld-musl") for name in self._names("/lib")) else "glibc"
        self.identity: Identity = Identity(
            system="linux" if sys.platform.startswith("linux") else host.identity.system,
            release=host.identity.release,
            machine=host.identity.machine,
            libc=libc,
        )

    def inside(self, path: str) -> str:
        """A path as the image itself would write it."""
        if path == self.root or path.startswith(f"{self.root}/"):
            return "/" + path[len(self.root) :].lstrip("/")
        return path

    def outside(self, path: str) -> str:
        """Where a path of the image really is on this machine, with every link followed."""
        folder, _, name = self.inside(path).rpartition("/")
        if name in ("", "..", "."):
            return resolve(self.root, self.inside(path))
        if folder not in self._folders:
            self._folders[folder] = resolve(self.root, folder)
        whole = os.path.join(self._folders[folder], name)
        return resolve(self.root, whole[len(self.root) :]) if os.path.islink(whole) else whole

    def read_text(self, path: str) -> str:
        """The text of a file of the image."""
        return self._host.read_text(self.outside(path))

    def read_bytes(self, path: str, size: int, offset: int = 0) -> bytes:
        """Bytes of a file of the image."""
        return self._host.read_bytes(self.outside(path), size, offset)

    def find_lines(self, path: str, heading: str, starts: Sequence[str]) -> list[str]:
        """Lines of a table of the image."""
        return self._host.find_lines(self.outside(path), heading, starts)

    def list_directory(self, path: str) -> list[str]:
        """The names in a folder of the image."""
        return self._host.list_directory(self.outside(path))

    def exists(self, path: str) -> bool:
        """Whether something is there, by the links of the image."""
        return self._host.exists(self.outside(path))

    def real_path(self, path: str) -> str:
        """The path inside the image with every link resolved."""
        return self.inside(self.outside(path))

    def status(self, path: str) -> FileStatus:
        """What is at a path of the image."""
        return self._host.status(self.outside(path))

    def writable(self, path: str) -> bool:  # noqa: ARG002 - nothing is written into an image
        """Never: an image is only read."""
        return False

    def disk_usage(self, path: str) -> DiskUsage:
        """Sizes of the file system that the image lies in."""
        return self._host.disk_usage(self.outside(path))

    def usable_cores(self) -> int:
        """Those of this machine."""
        return self._host.usable_cores()

    def account(self, groups: Container[str]) -> AccountRights:
        """Those of this user."""
        return self._host.account(groups)

    def limits(self) -> Mapping[str, tuple[int | None, int | None]]:
        """Those of this process."""
        return self._host.limits()

    def read_registry(self, key: str) -> Mapping[str, str | int]:
        """An image has no registry."""
        raise FileNotFoundError(key)

    def list_registry(self, key: str) -> list[str]:
        """An image has no registry."""
        raise FileNotFoundError(key)

    def run(self, argv: Sequence[str], *, timeout: float, lasting: bool = False) -> Completed:  # noqa: ARG002
        """Nothing is run in an image that is only read."""
        return Completed(status=None, stderr="an image is read, and nothing is run in it", missing=True)

    def ask(self, script: str, *arguments: str, timeout: float) -> Completed:  # noqa: ARG002
        """Nothing is run in an image that is only read."""
        return self.run((script,), timeout=timeout)

    def _names(self, folder: str) -> list[str]:
        try:
            return self.list_directory(folder)
        except OSError:
            return []
