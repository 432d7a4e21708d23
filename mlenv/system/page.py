"""What the network answered, as a value; apart from :mod:`mlenv.system.network` so that a command
that stays at home never loads an HTTP library.
"""

from __future__ import annotations

from typing import Literal

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
