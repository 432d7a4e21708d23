"""What a clue is, and the rows that know one."""

from __future__ import annotations

import msgspec

from mlenv.facts.pattern import LazyPattern, lazy


class Clue(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is known.

    ``id`` says what it states (``no-kernel-image``), ``values`` what it names (``{"capability": "12.0"}``),
    ``line`` is the line it stands in, and ``told`` that the user named it as what went wrong.
    """

    id: str
    values: dict[str, str] = {}
    line: str = ""
    told: bool = False


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """How a message is recognised.

    ``needles`` are words in small letters of which one is in every text that has the message: they are
    looked for first, since that is quick.  The named groups of ``pattern`` (any case) become values.
    A line that has ``unless`` speaks of something else, whatever words it shares.
    """

    id: str
    needles: tuple[str, ...]
    pattern: LazyPattern
    unless: LazyPattern | None = None


def signature(slug: str, needles: str | tuple[str, ...], pattern: str = "", *, unless: str = "") -> Signature:
    r"""A row; without a pattern the first needle itself is the message.

    Patterns are matched against text with plain quotes, single spaces and line feeds, in any case.
    They must not be able to run long: repeat with an upper limit (``[^\n]{0,200}``).
    """
    import re

    words = (needles,) if isinstance(needles, str) else needles
    return Signature(
        id=slug,
        needles=words,
        pattern=lazy(pattern or re.escape(words[0]), re.IGNORECASE),
        unless=lazy(unless, re.IGNORECASE) if unless else None,
    )
