"""What the network answered, as a value; apart from :mod:`mlenv.system.network` so that a command
that stays at home never loads an HTTP library.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: ``state`` is ``found``, ``missing`` (the server has no such page) or
    ``unreachable`` (``detail`` says why).
    """

    state: Literal["found", "missing", "unreachable"]
    url: str = ""
    content_type: str = ""
    body: bytes = b""
    detail: str = ""


class WebError(Exception):
    """A file could not be read from the network; the text is one clear phrase."""


class WebDoor(Protocol):
    """The door to the network for those who read many pages and parts of large files.

    ``transferred`` counts the bytes received so far.
    """

    transferred: int

    def page(self, url: str) -> Page:
        """A whole page, from the cache where it is fresh; never raises for what the network does."""
        ...

    def size(self, url: str) -> int:
        """The length of a remote file in bytes; :class:`WebError` where it cannot be told."""
        ...

    def read_range(self, url: str, start: int, stop: int) -> bytes:
        """The bytes from ``start`` to before ``stop``; :class:`WebError` where they cannot be had."""
        ...
