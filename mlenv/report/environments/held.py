"""What an environment holds, as values: its packages, where each came from, which were asked for."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

import msgspec

from mlenv.facts.pattern import lazy
from mlenv.report.redact import MASK, mask_url

Origin = Literal["index", "repository", "archive", "folder"]
_TOKEN = lazy(r"(?<=/t/)[^/]+")


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A package that an environment holds.

    ``version`` is without its label, ``label`` the build's (``cu126``), empty where it has none.
    ``index`` is the address it was found at, ``host`` where its files lie, both without credentials;
    ``origin`` tells an index from a repository, an archive or a folder that was named directly.
    ``source`` tells that it was built while it was installed; ``files`` are the hashes of its files,
    by name and algorithm.
    """

    name: str
    version: str
    label: str = ""
    index: str = ""
    host: str = ""
    origin: Origin = "index"
    source: bool = False
    files: dict[str, dict[str, str]] = {}

    @property
    def place(self) -> str:
        """Where it came from, as far as that is known."""
        return self.index or self.host

    @property
    def full_version(self) -> str:
        """The version with its label."""
        return f"{self.version}+{self.label}" if self.label else self.version


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What an environment holds by name, and which of it was asked for or decided on by the matrix.

    ``complete`` tells a lock, which names everything, from the few packages of a plan; ``label`` is
    the build that packages without one belong to.
    """

    packages: dict[str, Held]
    asked: frozenset[str]
    complete: bool
    label: str = ""


def hide_address(address: str) -> str:
    """An address for comparing and reading: no credential, no token of a private channel, no final slash."""
    plain = mask_url(address).replace(f"{MASK}@", "")
    return _TOKEN.sub(MASK, plain).rstrip("/")


def find_host(address: str) -> str:
    """``https://host.example`` of an address; for a path its folder."""
    if "://" not in address:
        return address.replace("\\", "/").rpartition("/")[0] or "."
    try:
        parts = urlsplit(hide_address(address))
    except ValueError:
        return address
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else address.rpartition("/")[0]
