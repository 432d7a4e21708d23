"""How a fact came to be known, or why it is not."""

from __future__ import annotations

from typing import Literal

import msgspec

Outcome = Literal["found", "absent", "unreadable", "not_asked"]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the log of a probe.

    ``id`` names the subject (``nvidia.driver``), ``source`` where it was looked for (a path, a
    command, a library call; ``override`` for a value set by hand).  ``absent`` means that the
    source was read and the thing is not there; ``unreadable`` that the source is there and could
    not be read; ``not_asked`` that nobody looked.  Four answers, never one.
    """

    id: str
    source: str
    outcome: Outcome
    detail: str = ""
