"""Which user name and password a file's server wants: those of the index that the file belongs to.

A lock names files without logins.  As pip and uv do it, the login of an index counts for
every file of its server; ``~/.netrc`` is left to the network's door.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import unquote, urlsplit

import msgspec

Keyring = Callable[[str, str], "str | None"]
"""Gives the password of a user at a service, or None."""


class NamedIndex(msgspec.Struct, frozen=True, kw_only=True):
    """An index, its login in its address, and the name that uv's variables know it by (may be empty)."""

    address: str
    name: str = ""


class Logins:
    """Finds the login for the address of a file; may be asked from several threads.

    ``environ`` has ``UV_INDEX_NAME_USERNAME`` and ``UV_INDEX_NAME_PASSWORD``; ``keyring`` is asked
    for a password where an index has a user name alone (None: nobody is).
    """

    def __init__(
        self, indexes: Sequence[NamedIndex], environ: Mapping[str, str], keyring: Keyring | None = None
    ) -> None:
        self._indexes = tuple(indexes)
        self._environ = environ
        self._keyring = keyring
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, str] | None] = {}

    def find(self, address: str) -> tuple[str, str] | None:
        """User name and password, or None where no index of that server has any."""
        logins = [self._ask(index) for index in self._of_server(address)]
        return next((login for login in logins if login is not None), None)

    def _of_server(self, address: str) -> list[NamedIndex]:
        """The indexes on the server of a file, the one with the nearest path first."""
        path = urlsplit(address).path
        here = [index for index in self._indexes if _server(index.address) == _server(address)]
        return sorted(here, key=lambda index: _common(urlsplit(index.address).path, path), reverse=True)

    def _ask(self, index: NamedIndex) -> tuple[str, str] | None:
        with self._lock:  # a keyring may ask its user, who is asked once
            key = f"{index.name} {index.address}"
            if key not in self._known:
                self._known[key] = self._login(index)
            return self._known[key]

    def _login(self, index: NamedIndex) -> tuple[str, str] | None:
        parts = urlsplit(index.address)
        prefix = f"UV_INDEX_{_variable(index.name)}"
        user = self._environ.get(f"{prefix}_USERNAME") if index.name else None
        password = self._environ.get(f"{prefix}_PASSWORD") if index.name else None
        user = user or unquote(parts.username or "")
        password = password or unquote(parts.password or "")
        if user and not password and self._keyring is not None:
            bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
            password = self._keyring(bare, user) or self._keyring(parts.hostname or "", user) or ""
        return (user, password) if user or password else None


def ask_keyring(run_keyring: Callable[[Sequence[str]], str]) -> Keyring:
    """The keyring by its program, as ``keyring-provider = subprocess`` has it; ``run_keyring`` gives its output."""

    def ask(service: str, user: str) -> str | None:
        return run_keyring(("keyring", "get", service, user)).strip("\r\n") or None

    return ask


def _variable(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name).upper()


def _server(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _common(one: str, other: str) -> int:
    """How many leading folders two paths share."""
    count = 0
    for left, right in zip(one.strip("/").split("/"), other.strip("/").split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count
