"""The files that a page of an index or a folder of links lists, by their names.

The whole of a page (hashes, metadata, withdrawn files) is read with pypi-simple in
:mod:`mlenv.matrix.sources.project_page`; loading that library takes as long as a whole plan, and
here only the names count.
"""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import msgspec

from mlenv.typed import decode_json


class _Listed(msgspec.Struct):
    filename: str


class _Page(msgspec.Struct):
    files: list[_Listed]


def list_files(body: bytes, content_type: str) -> list[str] | None:
    """The names of the files that a page lists (PEP 691 JSON, PEP 503 HTML); None where it is no such page."""
    if "json" in content_type:
        try:
            return [row.filename for row in decode_json(body, _Page).files]
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None
    links = _Links()
    links.feed(body.decode("utf-8", errors="replace"))
    links.close()
    return links.names


class _Links(HTMLParser):
    """Collects the last part of the address behind each link: that is the file's name (PEP 503)."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an ``<a href=...>`` leads to."""
        for name, value in attrs if tag == "a" else ():
            if name == "href" and value:
                file = _last_part(value)
                if file:
                    self.names.append(file)


def _last_part(address: str) -> str:
    try:
        return unquote(urlsplit(address.strip()).path.rpartition("/")[2])
    except ValueError:  # [ in the address that ends nowhere
        return ""
