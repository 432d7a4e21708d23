"""The lock (PEP 751) as requirements with hashes, the form that uv installs from its cache.

From a pylock.toml uv fetches by address and asks the server about each file again, which costs a
download wherever an index or mirror sends no cache headers.  By name, version and hash it takes
the file that its cache holds, and the hash proves that it is the locked one.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote

import msgspec
import tomli

from mlenv.errors import InstallError


class LockedFile(msgspec.Struct):
    """A wheel or source archive of the lock; ``size`` is in bytes where the index says it."""

    hashes: dict[str, str]
    url: str = ""
    path: str = ""
    size: int | None = None

    @property
    def name(self) -> str:
        """The name of the file."""
        return unquote(re.split(r"[?#]", self.url or self.path)[0].rpartition("/")[2])


class LockedPackage(msgspec.Struct):
    """One package of the lock: one version, the files that may be taken."""

    name: str
    version: str = ""
    wheels: tuple[LockedFile, ...] = ()
    sdist: LockedFile | None = None
    archive: LockedFile | None = None


class Lock(msgspec.Struct):
    """The part of a pylock.toml that an installation needs."""

    packages: tuple[LockedPackage, ...] = ()


def read_lock(text: str) -> Lock:
    """The packages of a pylock.toml; :class:`InstallError` where it cannot be read."""
    try:
        return msgspec.convert(tomli.loads(text), Lock)
    except (tomli.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InstallError(f"the lock cannot be read: {error}") from None


def render_requirements(lock: Lock, tied: Collection[str]) -> str:
    """The lock as requirement lines with hashes.

    ``tied`` are the packages that only an index of their own may supply: they are named by the
    address of their file, so that no other index is asked for them.
    """
    return "".join(f"{line}\n" for package in lock.packages for line in [_line(package, package.name in tied)])


def _line(package: LockedPackage, tied: bool) -> str:
    files = [file for file in (*package.wheels, package.sdist, package.archive) if file is not None]
    hashes = [f"--hash={algorithm}:{value}" for file in files for algorithm, value in file.hashes.items()]
    first = files[0] if files else None
    by_address = package.archive is not None or tied or not package.version
    head = f"{package.name}=={package.version}"
    if by_address and first is not None:
        head = f"{package.name} @ {first.url or first.path}"
        hashes = [f"--hash={algorithm}:{value}" for algorithm, value in first.hashes.items()]
    return " ".join([head, *hashes])
