"""The explicit lock: each package by its address and hash, the form that conda, mamba and micromamba install.

Nothing is solved when it is installed, so the manager needs no virtual packages and no listing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from mlenv.plan.conda_content import ChannelAnswer

MARK = "@EXPLICIT"
# https://host/conda-forge/linux-64/pytorch-2.13.0-cuda129_generic_py312_h0_200.conda#9f8e...
_PACKAGE = re.compile(r"(?P<name>[^/#]+)-(?P<version>[^-/#]+)-(?P<build>[^-/#]+)\.(?:conda|tar\.bz2)(?:#.*)?$")


class LockedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A package of the lock; ``md5`` and ``sha256`` are hexadecimal, empty where the channel states none."""

    name: str
    version: str
    build: str
    url: str
    md5: str = ""
    sha256: str = ""
    bytes: int | None = None


def answer_with(records: Sequence[LockedRecord], subdir: str) -> ChannelAnswer:
    """What a solve found, with its lock; the records in the order of their installation."""
    sizes = [record.bytes for record in records]
    known = [size for size in sizes if size is not None]
    return ChannelAnswer(
        versions={record.name: record.version for record in records},
        builds={record.name: record.build for record in records},
        lock=render_explicit(records, subdir),
        packages=len(records),
        bytes=sum(known) if len(known) == len(sizes) else None,
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


def _hash(record: LockedRecord) -> str:
    if record.md5:
        return f"#{record.md5}"
    return f"#sha256:{record.sha256}" if record.sha256 else ""
