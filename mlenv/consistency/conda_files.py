"""Whether conda's files are those that its records promise (``conda-meta``).

conda writes the place of the environment into some files, so that the digests in their RECORDs no
longer hold; its own records have those of the files as they were written.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mlenv.consistency.folders import beside, names_in
from mlenv.consistency.integrity import GONE, TEST_FOLDERS, Damage, Inspection, Locate, check_file
from mlenv.system.host import Host
from mlenv.typed import decode_json

MAX_BYTES = 64 * 1024 * 1024


class _File(msgspec.Struct, frozen=True):
    """A file of a package; ``sha256_in_prefix`` is that of the file after its place was written into it."""

    path: str = msgspec.field(default="", name="_path")
    path_type: str = ""
    sha256: str = ""
    sha256_in_prefix: str = ""


class _Paths(msgspec.Struct, frozen=True):
    paths: tuple[_File, ...] = ()


class _Record(msgspec.Struct, frozen=True):
    """A record of conda-meta, as far as it tells of files."""

    name: str = ""
    paths_data: _Paths = _Paths()


def inspect_conda(host: Host, prefix: str, locate: Locate = str) -> Inspection:
    """Compare every file of conda's packages with their records; bytecode is made anew and left out."""
    files = packages = slimmed = 0
    damage = []
    for record in _read_records(host, beside(prefix, "conda-meta")):
        rows = [row for row in record.paths_data.paths if row.path and not row.path.endswith(".pyc")]
        packages += bool(rows)
        for row in rows:
            problem = _check(Path(locate(beside(prefix, row.path))), row)
            if problem.startswith(GONE) and not TEST_FOLDERS.isdisjoint(row.path.split("/")[:-1]):
                slimmed += 1
                continue
            files += 1
            if problem:
                damage.append(Damage(distribution=record.name, path=beside(prefix, row.path), problem=problem))
    return Inspection(files=files, distributions=packages, damage=tuple(damage), slimmed=slimmed)


def _read_records(host: Host, folder: str) -> Iterator[_Record]:
    for name in names_in(host, folder):
        if name.endswith(".json"):
            try:
                yield decode_json(host.read_bytes(beside(folder, name), MAX_BYTES), _Record)
            except (OSError, msgspec.DecodeError, RecursionError):
                continue


def _check(path: Path, row: _File) -> str:
    digest = row.sha256_in_prefix or row.sha256
    if row.path_type == "softlink" or not digest:
        return ""
    try:
        value = base64.urlsafe_b64encode(binascii.unhexlify(digest)).decode()
    except (binascii.Error, ValueError):
        return ""
    return check_file(path, f"sha256={value}", "")
