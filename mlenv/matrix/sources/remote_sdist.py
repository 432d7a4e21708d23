"""A published source archive, read without downloading it: what it requires."""

from __future__ import annotations

import io
import re
import tarfile
import zlib

from packaging.metadata import parse_email

from mlenv.matrix.sources.package_index import Requirements, parse_requirements
from mlenv.system.page import WebDoor, WebError

HEAD_BYTES = 512 * 1024
"""The metadata stands near the front of an archive, among the files beside it."""
PKG_INFO = re.compile(r"[^/]+/PKG-INFO")
RELIABLE = (2, 2)
"""From this version of the metadata on, a source archive that states nothing requires nothing (PEP 643)."""


def read_sdist_requirements(web: WebDoor, url: str) -> Requirements | None:
    """What the source archive (``.tar.gz``) at an address requires; half a MiB is fetched.

    None where its metadata stands further back, or does not say what it requires.
    :class:`WebError` where nothing can be read.
    """
    text = find_metadata(web.read_range(url, 0, min(HEAD_BYTES, web.size(url))))
    return parse_requirements(text) if text is not None and says_requirements(text) else None


def find_metadata(head: bytes) -> str | None:
    """The text of PKG-INFO in the first bytes of an archive; None where it is not among them."""
    try:
        unpacked = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head)
    except zlib.error as error:
        raise WebError(f"no gzip archive ({error})") from error
    try:
        with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as archive:
            for member in archive:
                if PKG_INFO.fullmatch(member.name):
                    found = archive.extractfile(member)
                    return found.read().decode("utf-8", "replace") if found else None
    except tarfile.TarError:
        return None  # the head ends in the middle of a file
    return None


def says_requirements(metadata: str) -> bool:
    """Whether the metadata of a source archive has its requirements, or says that there are none.

    Those that ``setup.py`` computed are marked as dynamic; they stand there as they were where it was made.
    """
    fields, _ = parse_email(metadata)
    if fields.get("requires_dist"):
        return True
    version = tuple(int(part) for part in re.findall(r"\d+", fields.get("metadata_version", "0")))
    dynamic = {name.lower() for name in fields.get("dynamic", ())}
    return version >= RELIABLE and "requires-dist" not in dynamic
