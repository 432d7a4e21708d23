"""The registry of Windows; elsewhere every key is missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any


def read_values(key: str) -> Mapping[str, str | int]:
    """The values of a key; :class:`FileNotFoundError` where there is none, PermissionError where it is shut."""
    return dict(_values(key))


def list_keys(key: str) -> list[str]:
    """The names of the keys below a key, sorted."""
    return sorted(_keys(key))


if sys.platform == "win32":
    import winreg

    _ROOTS = {"HKLM": winreg.HKEY_LOCAL_MACHINE, "HKCU": winreg.HKEY_CURRENT_USER}

    def _open(key: str) -> Any:
        root, _, path = key.partition("\\")
        if root not in _ROOTS:
            raise FileNotFoundError(key)
        # A 32-bit Python would be shown another part of the registry.
        return winreg.OpenKey(_ROOTS[root], path, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY)

    def _values(key: str) -> Iterator[tuple[str, str | int]]:
        with _open(key) as handle:
            for place in range(winreg.QueryInfoKey(handle)[1]):
                name, value, _ = winreg.EnumValue(handle, place)
                yield name, _plain(value)

    def _keys(key: str) -> Iterator[str]:
        with _open(key) as handle:
            for place in range(winreg.QueryInfoKey(handle)[0]):
                yield winreg.EnumKey(handle, place)

else:

    def _values(key: str) -> Iterator[tuple[str, str | int]]:
        raise FileNotFoundError(key)

    def _keys(key: str) -> Iterator[str]:
        raise FileNotFoundError(key)


def _plain(value: object) -> str | int:
    """A value as text or number: lists joined with semicolons, bytes as hexadecimal digits."""
    if isinstance(value, (str, int)):
        return value
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    return value.hex() if isinstance(value, bytes) else ""
