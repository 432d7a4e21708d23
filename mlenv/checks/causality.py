"""What follows from what: a finding whose cause is found too is told below it."""

from __future__ import annotations

CONSEQUENCES: dict[str, tuple[str, ...]] = {}
"""By id of a cause the ids of findings that would be gone with it."""
