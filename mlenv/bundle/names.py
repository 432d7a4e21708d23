"""Which names a file of a bundle may have: plain ones, on every system, that lead nowhere else."""

from __future__ import annotations

import re

LONGEST = 240
_PART = re.compile(r"[A-Za-z0-9_.+!-]{1,200}")
_DEVICE = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")


def is_plain_name(path: str) -> bool:
    """Whether a relative path with slashes is plain: no ``..``, no drive, no blank, no device of Windows."""
    parts = path.split("/")
    return len(path) <= LONGEST and len(parts) <= 4 and all(_is_plain_part(part) for part in parts)


def _is_plain_part(part: str) -> bool:
    return bool(_PART.fullmatch(part)) and not part.endswith(".") and not _DEVICE.fullmatch(part) and part[0] != "-"
