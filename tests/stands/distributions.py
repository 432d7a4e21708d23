"""The files of an index: which there are, and what each says of itself."""

from __future__ import annotations

import datetime as dt
import hashlib
import zipfile
from pathlib import Path

from tests.stands.pages import ListedFile, normalize


def distributions(folder: Path) -> list[Path]:
    """The wheels and source distributions in a folder."""
    return sorted([*folder.glob("*.whl"), *folder.glob("*.tar.gz")])


def project_of(file: Path) -> str:
    """The normalized name of a distribution's project."""
    return normalize(file.name.split("-")[0])


def list_file(file: Path, url: str, *, metadata: bool) -> ListedFile:
    """A distribution as its page lists it; ``metadata`` says that a wheel's lies beside it."""
    inside = metadata_of(file)
    uploaded = dt.datetime.fromtimestamp(int(file.stat().st_mtime), dt.timezone.utc)
    return ListedFile(
        name=file.name,
        url=url,
        size=file.stat().st_size,
        uploaded=uploaded.strftime("%Y-%m-%dT%H:%M:%SZ"),
        sha256=sha256(file.read_bytes()),
        metadata_sha256=sha256(inside) if metadata and inside else None,
        requires_python=_value(inside, "Requires-Python"),
    )


def metadata_of(file: Path) -> bytes:
    """METADATA of a wheel; empty for a source distribution, whose metadata no index offers."""
    if file.suffix != ".whl":
        return b""
    with zipfile.ZipFile(file) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return archive.read(name)


def sha256(body: bytes) -> str:
    """The SHA-256 of these bytes in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def _value(text: bytes, key: str) -> str:
    lines = (line.partition(": ") for line in text.decode().splitlines())
    return next((value for name, _, value in lines if name == key), "")
