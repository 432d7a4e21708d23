"""What every JSON document has in common."""

from __future__ import annotations

import msgspec

from mlenv import __version__


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the documents: which schema, which mlenv, which matrix data."""

    schema: str
    mlenv_version: str = __version__
    matrix_version: str
    matrix_digest: str


def render_json(document: object) -> str:
    """A document as indented JSON with a final newline."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
