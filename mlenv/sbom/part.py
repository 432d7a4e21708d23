"""What a bill of materials is made of, before any format."""

from __future__ import annotations

from typing import Literal

import msgspec

PartKind = Literal[
    "application", "platform", "framework", "library", "operating-system", "device-driver", "firmware", "device"
]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a part comes from, as a package URL states it: its kind of source, its group, its qualifiers."""

    kind: str = "generic"
    group: str = ""
    qualifiers: dict[str, str] = {}


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One component.

    ``key`` is its own in a bill (``pypi:torch``, ``system:libc``), ``needs`` the keys of what it
    depends on, ``hashes`` the digests of the file that it was installed from, by algorithm, and
    ``properties`` what the format has no field for.  ``place`` is None for a part that nobody
    publishes by a name, such as a GPU.
    """

    key: str
    kind: PartKind
    name: str
    version: str = ""
    description: str = ""
    maker: str = ""
    homepage: str = ""
    licences: tuple[str, ...] = ()
    hashes: dict[str, str] = {}
    place: Place | None = None
    needs: tuple[str, ...] = ()
    properties: dict[str, str] = {}


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an environment is made of: ``subject`` is the environment itself.

    ``moment`` is UTC in ISO 8601.  ``settled`` tells that the moment was given, so that the same
    environment has the same bill, its serial number with it.
    """

    subject: Part
    parts: tuple[Part, ...]
    properties: dict[str, str]
    moment: str
    settled: bool
