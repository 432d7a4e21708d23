"""How a drafted policy writes its lines, and how much room it leaves."""

from __future__ import annotations

from mlenv.facts.pattern import lazy
from mlenv.matrix.toml_file import one_line

_COLUMN = 30
_LEADING = lazy(r"\d{1,9}(\.\d{1,9})*")
_SIZES = (1, 2, 3, 4, 6, 8, 10, 11, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 140, 180, 192, 256, 288, 384, 512)
"""What makers sell, in GB; a fact is a little more than its size on paper."""


def key_line(key: str, value: str | bool | float | list[str], comment: str = "") -> str:
    """A line of TOML; the comments stand in one column."""
    import tomli_w

    safe = [one_line(part) for part in value] if isinstance(value, list) else value
    safe = one_line(safe) if isinstance(safe, str) else safe
    written = " ".join(tomli_w.dumps({"x": safe}).split()).removeprefix("x = ").replace("[ ", "[").replace(", ]", "]")
    line = f"{key} = {written}"
    return f"{line:<{_COLUMN}} # {comment}" if comment else line


def size_condition(gigabytes: float) -> str | None:
    """``>=64`` for the 67.2 GB of a machine with 64; None for less than one."""
    least = max((size for size in _SIZES if size <= gigabytes), default=None)
    if least == _SIZES[-1]:
        least = int(gigabytes) // 256 * 256
    return None if least is None else f">={least}"


def series_condition(version: str) -> str | None:
    """``>=2.15,<2.16`` for ``2.15.0+cu130``; None for what is no version."""
    from packaging.version import InvalidVersion, Version

    try:
        found = Version(version)
    except InvalidVersion:
        return None
    epoch = f"{found.epoch}!" if found.epoch else ""
    least = f"{epoch}{found.major}.{found.minor}"
    if found < Version(least):  # a pre-release of the first of its series
        least = found.public
    return f">={least},<{epoch}{found.major}.{found.minor + 1}"


def floor_condition(version: str | None, parts: int) -> str | None:
    """``>=580`` for the driver 580.95.05 and one part, ``>=22.04`` for two; None where there is no number in it."""
    found = _LEADING.search(version or "")
    return f">={'.'.join(found[0].split('.')[:parts])}" if found else None
