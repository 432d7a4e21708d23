"""The single file as bytes: the same parts give the same bytes, wherever and whenever it is made."""

from __future__ import annotations

import ast
import hashlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence

import msgspec

from mlenv.pyz import bootstrap
from mlenv.pyz.gathering import Files

SHEBANG = b"#!/usr/bin/env python3\n"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can name."""


def pack(targets: Mapping[str, Files], lock: str, left_out: Sequence[str], start: str) -> bytes:
    """The whole file: ``targets`` holds the files of each target by its id, ``start`` the text of the first lines."""
    payload = pack_payload(targets, lock)
    build = hashlib.sha256(payload).hexdigest()[:16]
    members = {
        "__main__.py": fill_in(start, build=build, left_out=tuple(left_out)).encode(),
        "payload.zip": payload,
    }
    # Stored: Python reads the first lines at every start, and the second is compressed itself.
    return SHEBANG + _zip(members, zipfile.ZIP_STORED)


def pack_payload(targets: Mapping[str, Files], lock: str) -> bytes:
    """Everything that is unpacked, the same content once, and which of it each target gets."""
    contents: dict[str, bytes] = {}
    table: dict[str, dict[str, str]] = {}
    for target in sorted(targets):
        rows = table.setdefault(target, {})
        for path, content in sorted(targets[target].items()):
            member = rows[path] = f"{hashlib.sha256(content).hexdigest()[:20]}/{path.rsplit('/', 1)[-1]}"
            contents[member] = content
    index = msgspec.json.encode({"lock": lock, "targets": table}, order="sorted")
    return _zip({"contents.json": index, **dict(sorted(contents.items()))}, zipfile.ZIP_DEFLATED)


def fill_in(start: str, *, build: str, left_out: tuple[str, ...]) -> str:
    """The first lines with what only the build knows."""
    for name, value in (("BUILD", build), ("LEFT_OUT", left_out)):
        start, count = re.subn(rf"^{name} = .*$", f"{name} = {value!r}", start, flags=re.MULTILINE)
        assert count == 1, name
    ast.parse(start, feature_version=(3, 7))
    return start


def start_text() -> str:
    """The first lines as they stand in the package."""
    loader = bootstrap.__spec__.loader
    assert loader is not None
    return str(loader.get_source(bootstrap.__name__))  # type: ignore[attr-defined]


def _zip(members: Mapping[str, bytes], compression: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression, compresslevel=9) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = compression
            entry.create_system = 3  # the same bytes on Windows, too
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()
