"""Single values as nvidia-smi writes them, in whatever form of its output.

Every reader answers None for a value that is not known or not of its kind: ``N/A``, ``[N/A]``,
``[Not Supported]``, an error of NVML in the value's place, a sentence.
"""

from __future__ import annotations

import re

from mlenv.facts.pattern import lazy

MIB = 1024 * 1024
# A value is short; what is longer is damaged text.
_LONGEST = 1000
_LARGEST = 1 << 60
_ERRORS = frozenset(
    {
        "-",
        "n/a",
        "err!",
        "unknown",
        "unknown error",
        "not found",
        "not supported",
        "not available",
        "no data",
        "gpu is lost",
        "gpu requires reset",
        "function not found",
        "insufficient permissions",
        "insufficient external power",
    }
)
_SENTENCES = ("requested functionality", "deprecated", "unable to", "failed to", "feature is not supported")
_NUMBER = lazy(r"(-?\d{1,15})(\.\d{1,9})?\s*[a-z%]{0,8}", re.ASCII | re.IGNORECASE)
_SIZE = lazy(r"(\d{1,15})\s*(|b|bytes|kib|mib|mb|gib)", re.ASCII | re.IGNORECASE)
_VERSION = lazy(r"(\d{1,6}(?:\.\d{1,6}){1,3})(?:\s.*)?", re.ASCII | re.DOTALL)
_CAPABILITY = lazy(r"\d{1,2}\.\d", re.ASCII)
_STATE = lazy(r"P\d{1,2}", re.ASCII)
_PCI_ID = lazy(r"(?:0x)?([0-9a-f]{4})([0-9a-f]{4})", re.ASCII | re.IGNORECASE)
_QUOTE = lazy(r"(?:> ?)*")
_COLOUR = lazy(r"\x1b\[[0-9;]{0,20}m", re.ASCII)
_NOT_WORD = lazy(r"[^a-z0-9]+", re.ASCII)
_UNITS = {"": MIB, "b": 1, "bytes": 1, "kib": 1024, "mib": MIB, "mb": MIB, "gib": 1024 * MIB}
_SWITCHES = {
    "enabled": True,
    "on": True,
    "yes": True,
    "active": True,
    "disabled": False,
    "off": False,
    "no": False,
    "not active": False,
}


def known(text: str | None) -> str | None:
    """The value itself.

    Bytes that were no text stand as replacement characters, so that the value can be written as JSON.
    """
    value = (text or "").strip()
    if not value or len(value) > _LONGEST or (value[0] == "[" and value[-1] == "]"):
        return None
    lowered = value.lower()
    if lowered in _ERRORS or lowered.startswith(_SENTENCES):
        return None
    return value if value.isprintable() else "".join(sign if sign.isprintable() else "\ufffd" for sign in value)


def integer(text: str | None) -> int | None:
    """``33 C``, ``16x``, ``8``; a fraction is cut off."""
    match = _NUMBER.fullmatch((text or "").strip()[:_LONGEST])
    return int(match[1]) if match else None


def natural(text: str | None) -> int | None:
    """A count or a size in MHz, never below zero."""
    value = integer(text)
    return value if value is not None and value >= 0 else None


def decimal(text: str | None) -> float | None:
    """``350.00 W``."""
    match = _NUMBER.fullmatch((text or "").strip()[:_LONGEST])
    return float(match[1] + (match[2] or "")) if match else None


def size(text: str | None) -> int | None:
    """``24564 MiB`` in bytes; nvidia-smi counts in MiB where it writes no unit."""
    match = _SIZE.fullmatch((text or "").strip()[:_LONGEST])
    value = int(match[1]) * _UNITS[match[2].lower()] if match else None
    return value if value is not None and value < _LARGEST else None


def switch(text: str | None) -> bool | None:
    """``Enabled``, ``Off``, ``Yes``, ``Not Active``."""
    return _SWITCHES.get((text or "").strip().lower())


def version(text: str | None) -> str | None:
    """A version at the beginning: ``610.57.04 [Deprecated; will be removed in CUDA 14.0. ...]``."""
    match = _VERSION.fullmatch((text or "").strip()[:_LONGEST])
    return match[1] if match else None


def compute_capability(text: str | None) -> str | None:
    """``8.9``."""
    value = (text or "").strip()
    return value if _CAPABILITY.fullmatch(value) else None


def performance_state(text: str | None) -> str | None:
    """``P0`` to ``P15``."""
    value = (text or "").strip()
    return value if _STATE.fullmatch(value) else None


def pci_id(text: str | None) -> str | None:
    """``0x1E8110DE`` is device 1e81 of vendor 10de: ``10de:1e81``."""
    match = _PCI_ID.fullmatch((text or "").strip())
    return f"{match[2]}:{match[1]}".lower() if match else None


def slug(text: str | None) -> str | None:
    """``Pass-Through`` as ``pass-through``, ``Host VGPU`` as ``host-vgpu``."""
    value = known(text)
    return (_NOT_WORD.sub("-", value.lower()).strip("-") or None) if value else None


def plain_line(line: str) -> str:
    """A line without the marks of a quotation (``> ``) and of colours; its indentation stays."""
    if line.startswith(">"):
        match = _QUOTE.match(line)
        line = line[match.end() :] if match else line
    return _COLOUR.sub("", line) if "\x1b" in line else line
