"""PCI addresses, which every program writes in its own way."""

from __future__ import annotations

from mlenv.facts.pattern import lazy

_ADDRESS = lazy(r"(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}:[0-9a-f]{2}\.[0-7])")


# 00000000:01:00.0 ; 0000:01:00.0 ; 0000000F:01:00.0 ; 01:00.0
def plain_address(text: str) -> str | None:
    """A PCI address as Linux writes it, ``0000:01:00.0``; None for what is none."""
    match = _ADDRESS.fullmatch(text.strip().lower())
    return f"{int(match[1] or '0', 16):04x}:{match[2]}" if match else None
