"""Whether the files on the disk are those that their packages promised (RECORD of each distribution).

An installer trusts what its cache has unpacked.  A cache that was damaged since (a bad disk, a
program that wrote into a linked file) would go into every new environment without a word.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import msgspec

BLOCK = 1024 * 1024
ALGORITHMS = ("sha256", "sha384", "sha512")
GONE = "cannot be read"
TEST_FOLDERS = frozenset({"test", "tests"})
Locate = Callable[[str], str]


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a distribution that is not as it was published."""

    distribution: str
    path: str
    problem: str


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """What became of comparing files: how many were compared, of how many distributions, and every damage.

    ``slimmed`` counts files of tests that are gone, as images are made smaller.
    """

    files: int = 0
    distributions: int = 0
    damage: tuple[Damage, ...] = ()
    slimmed: int = 0


def find_damage(environment: Path) -> tuple[Damage, ...]:
    """The first damaged file of each distribution of a virtual environment or one of conda."""
    found: dict[str, Damage] = {}
    for folder in _package_folders(environment):
        for damage in inspect_records(folder, allow_slimmed=False).damage:
            found.setdefault(damage.distribution, damage)
    return tuple(found.values())


def inspect_records(
    folder: Path, skipped: Collection[str] = (), locate: Locate = str, *, allow_slimmed: bool = True
) -> Inspection:
    """Compare every file of the distributions in a folder of packages with their RECORDs.

    ``skipped`` are names of metadata folders that are left out.  ``locate`` says where a file really is,
    for folders whose links are meant for another root.  With ``allow_slimmed`` files of tests may be gone.
    """
    claims: dict[str, list[tuple[str, str, str]]] = {}
    for record in sorted(folder.glob("*.dist-info/RECORD")):
        for path, digest, size in _read_rows(record) if record.parent.name not in skipped else ():
            claims.setdefault(path, []).append((_name_of(record), digest, size))
    slimmed = 0
    damage = []
    for path, owners in claims.items():
        file = Path(locate(str(folder / path)))
        # Of several that claim a file the last one installed wrote it, which is no damage.
        problem = min((check_file(file, digest, size) for _, digest, size in owners), key=bool)
        if allow_slimmed and problem.startswith(GONE) and _is_of_tests(path):
            slimmed += 1
        elif problem:
            damage.append(Damage(distribution=owners[0][0], path=str(folder / path), problem=problem))
    distributions = len({name for owners in claims.values() for name, _, _ in owners})
    return Inspection(files=len(claims) - slimmed, distributions=distributions, damage=tuple(damage), slimmed=slimmed)


def _is_of_tests(path: str) -> bool:
    return not TEST_FOLDERS.isdisjoint(path.split("/")[:-1])


def _package_folders(environment: Path) -> list[Path]:
    return [*environment.glob("lib/python3*/site-packages"), *environment.glob("Lib/site-packages")]


def _name_of(record: Path) -> str:
    return record.parent.name.split("-")[0].replace("_", "-").lower()


# numpy/__init__.py,sha256=3eFVg1ZYnyEE7pcMSzWPb6jvJ4rZzXhHBqxFvDS2x30,25999
# numpy-2.5.5.dist-info/RECORD,,
def _read_rows(record: Path) -> Iterator[tuple[str, str, str]]:
    """Path, digest (``sha256=...``) and size of every file that has a digest."""
    try:
        text = record.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for row in csv.reader(io.StringIO(text)):
        if len(row) == 3 and row[1]:
            yield row[0], row[1], row[2]


def check_file(path: Path, digest: str, size: str) -> str:
    """What is wrong with a file; empty where nothing is, or its digest is of a kind that proves nothing.

    ``digest`` is as in RECORD: an algorithm, ``=``, and the value in base64 for addresses.
    """
    algorithm, _, wanted = digest.partition("=")
    if algorithm not in ALGORITHMS:
        return ""
    try:
        with open(path, "rb") as file:
            if size.isdecimal() and os.fstat(file.fileno()).st_size != int(size):
                return f"has {os.fstat(file.fileno()).st_size} bytes and should have {size}"
            hasher = hashlib.new(algorithm)
            while block := file.read(BLOCK):
                hasher.update(block)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        return f"{GONE} ({getattr(error, 'strerror', None) or error})"
    found = base64.urlsafe_b64encode(hasher.digest()).rstrip(b"=").decode()
    return "" if found == wanted.rstrip("=") else "has another content than the one that was published"
