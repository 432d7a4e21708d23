"""The folder of an installation's temporary files, some of which may hold a password.

Its owner holds a lock in it.  So the next installation can tell a folder that is in use from one that
was left by an installer which was killed together with its guard.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from mlenv.errors import InstallError

PREFIX = "mlenv-install-"
LOCK = "lock"
TRIED = "tried"
VARIABLES = ("TMPDIR", "TEMP", "TMP")
FULL = (errno.ENOSPC, errno.EDQUOT)
USUAL = ("/tmp", "/var/tmp")  # noqa: S108 - a folder of a random name, for its owner alone, is made there


def choose_places(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Where the folder may be made, the best place first; its name is new, and nothing is made yet."""
    named = [environ.get(name) for name in VARIABLES]
    usual = USUAL if os.name == "posix" else (tempfile.gettempdir(),)
    folders = dict.fromkeys(os.path.abspath(folder) for folder in (*named, *usual) if folder)
    name = f"{PREFIX}{secrets.token_hex(6)}"
    return tuple(Path(folder, name) for folder in folders)


@contextmanager
def opened(places: Sequence[Path]) -> Iterator[Path]:
    """The first of the places that takes files; it goes with the context.

    What dead installers left beside it goes too.  :class:`InstallError` where no place takes files,
    and where this one takes no more.
    """
    found = next(((place, lock) for place in places if (lock := _open(place)) is not None), None)
    if found is None:
        raise InstallError(
            f"temporary files can be written nowhere (tried: {', '.join(str(place.parent) for place in places)})",
            hint="free some space there, or name another folder with TMPDIR",
        )
    place, lock = found
    try:
        sweep(place.parent)
        yield place
    except OSError as error:
        if not _is_about(error, place):
            raise
        raise InstallError(
            f"{place.parent}: temporary files cannot be written ({error.strerror or error})",
            hint="free some space there, or name another folder with TMPDIR",
        ) from None
    finally:
        lock.release()  # Windows removes no file that is open
        shutil.rmtree(place, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove the temporary files of installers that are gone."""
    for path in folder.glob(f"{PREFIX}*"):
        if not _is_own(path):
            continue
        with suppress(OSError, Timeout):  # in use, or removed meanwhile
            with FileLock(path / LOCK, timeout=0):
                shutil.rmtree(path, ignore_errors=True)
            shutil.rmtree(path, ignore_errors=True)  # on Windows the lock only goes now


def _open(place: Path) -> FileLock | None:
    """Make the folder and hold its lock; None where that or writing is impossible."""
    lock = FileLock(place / LOCK)
    try:
        place.mkdir(mode=0o700)
        lock.acquire(timeout=0)
        (place / TRIED).write_bytes(b"\n")  # a full disk still makes folders
        (place / TRIED).unlink()
    except (OSError, Timeout):
        lock.release()
        shutil.rmtree(place, ignore_errors=True)
        return None
    return lock


def _is_about(error: OSError, place: Path) -> bool:
    """Whether an error comes from the folder; a full disk does not say for which file."""
    if error.filename is None:
        return error.errno in FULL
    return Path(str(error.filename)).is_relative_to(place)


def _is_own(path: Path) -> bool:
    """Whether this is a folder of this user, and no link to anywhere."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and (os.name != "posix" or found.st_uid == os.getuid())
