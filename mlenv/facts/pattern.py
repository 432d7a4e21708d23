"""Regular expressions that are compiled when they are first used.

A command uses few of the patterns that its modules hold, and compiling one takes longer than
importing the rest of a module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any


class LazyPattern:
    """A pattern with the methods of :class:`re.Pattern` that mlenv uses.

    From the first use on they are those of the pattern itself: a report is read line by line with
    hundreds of patterns, and one more call for each would be felt.
    """

    __slots__ = ("_flags", "_text", "compiled", "findall", "finditer", "fullmatch", "match", "search", "split", "sub")

    compiled: re.Pattern[str]
    search: Callable[[str], re.Match[str] | None]
    match: Callable[[str], re.Match[str] | None]
    fullmatch: Callable[[str], re.Match[str] | None]
    findall: Callable[[str], list[str]]
    finditer: Callable[[str], Iterator[re.Match[str]]]
    sub: Callable[[str | Callable[[re.Match[str]], str], str], str]
    split: Callable[[str], list[str]]

    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """What is not there yet: all methods come with the compiled pattern, which raises :class:`re.error`."""
        if name not in self.__slots__:
            raise AttributeError(name)
        self.compiled = re.compile(self._text, self._flags)
        for slot in ("findall", "finditer", "fullmatch", "match", "search", "split", "sub"):
            setattr(self, slot, getattr(self.compiled, slot))
        return getattr(self, name)


def lazy(text: str, flags: int = 0) -> LazyPattern:
    """A pattern that is compiled on first use; a wrong one raises :class:`re.error` only then."""
    return LazyPattern(text, flags)
