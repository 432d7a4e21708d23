"""A bundle as one file: .tar, .tar.gz, .tgz or .zip, the same bytes for the same contents."""

from __future__ import annotations

import datetime as dt
import gzip
import os
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

from mlenv.bundle.manifest import MANIFEST

Kind = Literal["folder", "tar", "tar.gz", "zip"]
EARLIEST = 315_532_800
"""1980-01-01, before which a zip file knows no time."""
CHUNK = 1024 * 1024
FAST = 1
"""Wheels are packed already: more effort gains next to nothing."""


def kind_of(path: Path) -> Kind:
    """What a bundle of this name is."""
    name = path.name.lower()
    if name.endswith((".tar.gz", ".tgz")):
        return "tar.gz"
    if name.endswith(".tar"):
        return "tar"
    return "zip" if name.endswith(".zip") else "folder"


def stem_of(path: Path) -> str:
    """The name of the folder inside an archive: the archive's own without its ending."""
    name = path.name
    for ending in (".tar.gz", ".tgz", ".tar", ".zip"):
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._+-") else "_" for letter in name)
    return plain.strip(".-") or "mlenv-bundle"


def write_archive(folder: Path, path: Path, kind: Kind, *, top: str, moment: int) -> None:
    """Write the files of ``folder`` to ``path``, below one folder ``top``, the manifest first.

    ``moment`` is the time of all files, in seconds since 1970.
    """
    names = sorted(_walk(folder), key=lambda name: (name != MANIFEST, name))
    if kind == "zip":
        _write_zip(folder, names, path, top, moment)
        return
    with (
        _stream(path, kind, moment) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in names:
            with (folder / name).open("rb") as file:
                tar.addfile(_tar_member(folder / name, f"{top}/{name}", moment), file)


def _walk(folder: Path) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        for name in names:
            yield os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/")


@contextmanager
def _stream(path: Path, kind: Kind, moment: int) -> Iterator[IO[bytes]]:
    with path.open("wb") as file:
        if kind == "tar":
            yield file
            return
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=FAST, mtime=moment) as packed:
            yield packed  # type: ignore[misc]


def _tar_member(file: Path, name: str, moment: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = file.stat().st_size
    member.mtime = moment
    member.mode = _mode(name)
    return member


def _write_zip(folder: Path, names: list[str], path: Path, top: str, moment: int) -> None:
    time = dt.datetime.fromtimestamp(max(moment, EARLIEST), dt.timezone.utc).timetuple()[:6]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in names:
            member = zipfile.ZipInfo(f"{top}/{name}", time)
            member.create_system = 3  # so that the modes count
            member.external_attr = (0o100000 | _mode(name)) << 16
            member.file_size = (folder / name).stat().st_size
            with (folder / name).open("rb") as file, archive.open(member, "w") as target:
                while chunk := file.read(CHUNK):
                    target.write(chunk)


def _mode(name: str) -> int:
    return 0o755 if name.endswith("install.sh") else 0o644
