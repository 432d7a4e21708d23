"""JSON among other output: tools print warnings before and after it."""

from __future__ import annotations

from typing import Any

import msgspec


# WARNING: AMD GPU device(s) is/are in a low-power state.
# then the object of the cards
def find_json(text: str) -> Any:
    """The object or list in a text, None where there is none that can be read."""
    starts = [place for place in (text.find("{"), text.find("[")) if place >= 0]
    for start in sorted(starts):
        end = text.rfind("}" if text[start] == "{" else "]")
        try:
            return msgspec.json.decode(text[start : end + 1])
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError, ValueError):
            continue
    return None


def as_object(value: object) -> dict[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []
