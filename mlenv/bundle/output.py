"""Where a bundle goes: made under another name beside it, and only a whole one takes the name."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlenv.bundle.archive import kind_of, stem_of, write_archive
from mlenv.bundle.manifest import MANIFEST
from mlenv.errors import InstallError, UsageError


def check_output(path: Path, *, force: bool) -> None:
    """:class:`UsageError` where the output may not be written; an existing one only gives way to ``force``."""
    if not path.parent.is_dir():
        raise UsageError(
            f"--output {path}: there is no folder {path.parent}", hint="make it first, or name another place"
        )
    if not os.path.lexists(path):
        return
    if not force:
        raise UsageError(f"--output {path}: is there already", hint="name another place, or replace it with --force")
    if path.is_symlink() or path.is_dir() != (kind_of(path) == "folder"):
        raise UsageError(
            f"--output {path}: is there already and no such output, so --force leaves it alone",
            hint="name another place",
        )
    if path.is_dir() and any(path.iterdir()) and not (path / MANIFEST).is_file():
        raise UsageError(
            f"--output {path}: is a folder that is no bundle, so --force leaves it alone", hint="name another place"
        )


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """A fresh folder beside ``path`` to make the bundle in; nothing of it stays behind, however this ends."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{stem_of(path)}.", suffix=".part", dir=path.parent))
    except OSError as error:
        raise UsageError(f"--output {path}: cannot be written ({error.strerror or error})") from None
    try:
        (folder / "bundle").mkdir()
        yield folder / "bundle"
    except OSError as error:
        raise InstallError(f"--output {path}: cannot be written ({error.strerror or error})") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def demand_space(path: Path, size: int) -> None:
    """:class:`InstallError` where the disk has no room for files of ``size`` bytes, and for an archive of them."""
    needed = size if kind_of(path) == "folder" else 2 * size
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise InstallError(
            f"--output {path}: {needed / 1e9:,.1f} GB are needed there, and {free / 1e9:,.1f} GB are free",
            hint="free some disk space, or name a place on another disk with --output",
        )


def put_in_place(folder: Path, path: Path, *, moment: int, force: bool) -> int:
    """Give a finished bundle its name, as a folder or archive; its bytes on disk come back.

    ``folder`` is inside the staging folder; what was there before gives way only now.
    """
    kind = kind_of(path)
    fresh = folder
    if kind != "folder":
        fresh = folder.with_name("archive")
        write_archive(folder, fresh, kind, top=stem_of(path), moment=moment)
    size = _size(fresh)
    check_output(path, force=force)  # it may have come into being meanwhile
    before = folder.with_name("before")
    if path.is_dir():
        os.rename(path, before)
    try:
        os.replace(fresh, path)
    except BaseException:
        if before.is_dir() and not path.exists():
            os.rename(before, path)
        raise
    return size


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
