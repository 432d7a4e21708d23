"""One text and what it shows."""

from __future__ import annotations

from typing import Any

import msgspec


class Case(msgspec.Struct, frozen=True):
    """A text, the id that it is expected to show, the subject where it matters, and how the command ended."""

    id: str
    text: str
    subject: str | None = None
    ending: dict[str, Any] = {}
