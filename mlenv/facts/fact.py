"""The base of all facts."""

from __future__ import annotations

import msgspec


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact is immutable, compared by value, and written with the names of its fields.

    ``None`` always means unknown.  An empty tuple means that the thing was looked for and there is
    none.  Sizes are in bytes, versions are the strings that the source gave.
    """
