"""What py-rattler leaves unproven of a lock: archives in folders, and what its cache has by name alone."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from mlenv.errors import InstallError, NoVerdictError
from mlenv.plan.explicit import HASHES, RecordLock

CHUNK = 1024 * 1024
SHOWN = 6
REVISION_BYTES = 8
SHA256_BYTES = 32
"""What rattler notes of a package beside it: how often it was fetched, and its hash."""
# /C:/channel/noarch/a-1-0.conda
_DRIVE = re.compile(r"/[A-Za-z]:/")


def prove_archives(lock: RecordLock) -> None:
    """Compare the archives of local channels with the hashes of the lock; :class:`InstallError` where one differs."""
    for package in lock.packages:
        path = archive_path(package)
        if path is None:
            continue
        algorithm = next(name for name in HASHES if package.get(name))
        try:
            with path.open("rb") as stream:
                found = hash_of(stream.read, algorithm)
        except OSError as error:
            raise InstallError(f"{path}: cannot be read ({error.strerror})") from None
        if found != package[algorithm]:
            raise InstallError(
                f"{path}: is not the file of the lock ({algorithm} {found}, not {package[algorithm]})",
                hint="the file is damaged or was replaced; copy it anew, or make a new lock",
            )


def hash_of(read: Callable[[int], bytes], algorithm: str) -> str:
    """The hash of all that can be read, as hexadecimal digits."""
    # Both are published by channels; MD5 guards against damage where nothing better is stated.
    digest = hashlib.new(algorithm, usedforsecurity=False)
    while chunk := read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def archive_path(package: dict[str, Any]) -> Path | None:
    """The archive of a package of a local channel; None for one of the network."""
    parts = urlsplit(package["url"])
    path = unquote(parts.path)
    return Path(path[1:] if _DRIVE.match(path) else path) if parts.scheme == "file" else None


def forget_unproven(lock: RecordLock, cache: Path) -> None:
    """Drop what the cache has under the name of a package and is not known to be the one of the lock.

    Rattler notes the hash of a file before it fetches it.  Where the file then turns out to be
    another one, or the process ends, what stood there before would bear the new hash.
    """
    for package in lock.packages:
        entry = entry_of(package, cache)
        if not package.get("sha256") or kept_hash(entry) != package["sha256"]:
            shutil.rmtree(entry, ignore_errors=True)


def kept_hash(entry: Path) -> str:
    """The SHA-256 that rattler has noted for an unpacked package; empty where there is none."""
    try:
        note = entry.with_name(f"{entry.name}.lock").read_bytes()
    except OSError:
        return ""
    return note[REVISION_BYTES : REVISION_BYTES + SHA256_BYTES].hex()


def demand_kept(lock: RecordLock, cache: Path) -> None:
    """:class:`NoVerdictError` where a package would have to be downloaded."""
    missing = [
        package["name"]
        for package in lock.packages
        if archive_path(package) is None and not (entry_of(package, cache) / "info").is_dir()
    ]
    if missing:
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise NoVerdictError(
            f"offline, and not in {cache}: {', '.join(missing[:SHOWN])}{more}",
            hint="install once with the network, or from a channel in a folder",
        )


def entry_of(package: dict[str, Any], cache: Path) -> Path:
    """Where rattler keeps a package that it has unpacked."""
    return cache / f"{package['name']}-{package['version']}-{package['build']}"
