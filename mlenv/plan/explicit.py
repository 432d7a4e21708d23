"""The explicit lock: each package by its address and hash, the form that conda, mamba and micromamba install.

Nothing is solved when it is installed, so the manager needs no virtual packages and no listing.
The form has room for one hash of each package, and an MD5 is the one that all of them check.
So the whole records, with SHA-256, size and dependencies, are a second file beside it, which
py-rattler installs from and which none of the managers has to understand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mlenv.errors import UsageError
from mlenv.plan.conda_content import ChannelAnswer
from mlenv.typed import decode_json

MARK = "@EXPLICIT"
MADE_BY = "make it anew: `mlenv plan --manager conda --prove`"
# https://host/conda-forge/linux-64/pytorch-2.13.0-cuda129_generic_py312_h0_200.conda#9f8e...
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+!-]*")
_ADDRESS = re.compile(r"(?:https?|file)://\S+")
HASHES = {"sha256": 64, "md5": 32}
"""Algorithms, the better first, and the length of their hexadecimal values."""
_PACKAGE = re.compile(r"(?P<name>[^/#]+)-(?P<version>[^-/#]+)-(?P<build>[^-/#]+)\.(?:conda|tar\.bz2)(?:#.*)?$")


class LockedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A package of the lock; ``md5`` and ``sha256`` are hexadecimal, empty where the channel states none.

    ``entry`` is all that the channel's listing says of it, as the JSON of a record; its addresses
    hold no login.
    """

    name: str
    version: str
    build: str
    url: str
    md5: str = ""
    sha256: str = ""
    bytes: int | None = None
    entry: str = ""


class RecordLock(msgspec.Struct, frozen=True, kw_only=True):
    """The records of a lock, in the order of their installation.

    ``logins`` are channels whose addresses hold a user, password or token: the address without and
    the one with it.
    """

    version: int = 1
    platform: str
    packages: tuple[dict[str, Any], ...]
    logins: dict[str, str] = {}


def answer_with(records: Sequence[LockedRecord], subdir: str, logins: Mapping[str, str] | None = None) -> ChannelAnswer:
    """What a solve found, with its lock; the records in the order of their installation."""
    sizes = [record.bytes for record in records]
    known = [size for size in sizes if size is not None]
    return ChannelAnswer(
        versions={record.name: record.version for record in records},
        builds={record.name: record.build for record in records},
        lock=render_explicit(records, subdir),
        packages=len(records),
        bytes=sum(known) if len(known) == len(sizes) else None,
        records=render_records(records, subdir, logins or {}),
        logins=dict(logins or {}),
    )


def render_explicit(records: Sequence[LockedRecord], subdir: str) -> str:
    """The lock as text.  All three managers check an MD5; only newer ones know ``sha256:``."""
    lines = [f"# platform: {subdir}", MARK, *(f"{record.url}{_hash(record)}" for record in records)]
    return "".join(f"{line}\n" for line in lines)


def read_explicit(text: str) -> ChannelAnswer:
    """Names, versions and builds of a lock, as its addresses state them."""
    found = [match for line in text.splitlines() if (match := _PACKAGE.search(line.strip()))]
    return ChannelAnswer(
        versions={row["name"]: row["version"] for row in found},
        builds={row["name"]: row["build"] for row in found},
        lock=text,
        packages=len(found),
    )


def render_records(records: Sequence[LockedRecord], subdir: str, logins: Mapping[str, str]) -> str:
    """The records as a file; empty where one of them is not known whole."""
    if not all(record.entry for record in records):
        return ""
    packages = tuple(msgspec.json.decode(record.entry) for record in records)
    lock = RecordLock(platform=subdir, packages=packages, logins=dict(logins))
    return msgspec.json.format(msgspec.json.encode(lock), indent=1).decode() + "\n"


def read_records(text: str, origin: str) -> RecordLock:
    """The records of a file named ``origin``; :class:`UsageError` where they are not to be relied on."""
    try:
        lock = decode_json(text, RecordLock)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise UsageError(f"{origin}: is no lock of conda packages: {error}", hint=MADE_BY) from None
    if lock.version != 1:
        raise UsageError(f"{origin}: version {lock.version} of the lock is not known", hint="update mlenv")
    for number, package in enumerate(lock.packages, 1):
        if trouble := _trouble_of(package):
            raise UsageError(f"{origin}: package {number} {trouble}", hint=MADE_BY)
    return lock


def with_logins(text: str, logins: Mapping[str, str]) -> str:
    """A lock, or an address, with the logins of its channels put back: for a private file, never for a report."""
    for plain, full in logins.items():
        text = re.sub(rf"^{re.escape(plain)}(?=/)", lambda _, full=full: full, text, flags=re.MULTILINE)  # type: ignore[misc]
    return text


def _trouble_of(package: dict[str, Any]) -> str:
    """Why a record is not to be relied on; its names become names of files."""
    for key in ("name", "version", "build", "fn"):
        if not _PLAIN.fullmatch(str(package.get(key, ""))):
            return f"has no plain {key}"
    if not _ADDRESS.fullmatch(str(package.get("url", ""))):
        return f"({package['name']}) has no address"
    if not any(_is_hash(package.get(key), length) for key, length in HASHES.items()):
        return f"({package['name']}) has no hash, so its file cannot be proven"
    return ""


def _is_hash(value: object, length: int) -> bool:
    return isinstance(value, str) and len(value) == length and re.fullmatch(r"[0-9a-f]+", value) is not None


def _hash(record: LockedRecord) -> str:
    if record.md5:
        return f"#{record.md5}"
    return f"#sha256:{record.sha256}" if record.sha256 else ""
