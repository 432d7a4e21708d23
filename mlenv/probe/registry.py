"""What the readers of Windows ask of its registry, where a missing key says as little as an empty one."""

from __future__ import annotations

from collections.abc import Mapping

from mlenv.system.host import Host

Values = Mapping[str, str | int]


def values_of(host: Host, key: str) -> Values:
    """The values of a key; none where it cannot be read."""
    try:
        return host.read_registry(key)
    except OSError:
        return {}


def keys_below(host: Host, key: str) -> list[str]:
    """The names of the keys below a key; none where it cannot be read."""
    try:
        return host.list_registry(key)
    except OSError:
        return []


def text_of(values: Values, name: str) -> str:
    """A value as text; empty where there is none."""
    return str(values.get(name, "")).strip()
