"""The ``[sources]`` of a refreshed file: every key that a row names, and no other."""

from __future__ import annotations

from msgspec.structs import replace

from mlenv.matrix.rows import Framework
from mlenv.matrix.walk import walk_rows


def name_source(framework: Framework, key: str, text: str) -> Framework:
    """A framework whose sources have a key, and lack those that no row names any more."""
    named = {name for _, row in walk_rows(framework) for name in getattr(row, "source", ())}
    sources = {**framework.sources, key: framework.sources.get(key, text)}
    return replace(framework, sources={name: said for name, said in sources.items() if name in named})
