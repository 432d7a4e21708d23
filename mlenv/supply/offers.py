"""Package sources and what they offer, as values."""

from __future__ import annotations

from typing import Literal

import msgspec

SourceKind = Literal["framework", "index", "links", "default"]
SourceState = Literal["answered", "unreachable", "not_asked"]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A place to take packages from.

    ``kind`` orders them: a framework's own index, an index or folder of wheels that the user
    configured, the default index.  ``address`` is an URL or a folder (empty for the installer's
    default); ``origin`` says who named it (``matrix``, ``--index-url``, a configuration file).
    """

    id: str
    kind: SourceKind
    address: str
    origin: str
    state: SourceState = "not_asked"
    detail: str = ""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A wheel for this machine at a source.

    ``local`` is the version's local part (``cpu``, ``cu126``; empty for none), ``pythons`` the
    series it installs on; ``"any"`` stands for every Python 3.
    """

    distribution: str
    version: str
    local: str
    pythons: tuple[str, ...]
    source: str

    def fits(self, python: str) -> bool:
        """Whether it installs on a Python series such as ``3.12``."""
        return "any" in self.pythons or python in self.pythons


class Supply(msgspec.Struct, frozen=True, kw_only=True):
    """What the sources answered.

    ``listed`` names the (source, distribution) pairs whose file list was read: for those an offer
    that is not here does not exist, for others nothing is known.  ``pythons_on_demand`` says
    whether an interpreter that is not installed can be fetched; None where nobody asked.
    """

    sources: tuple[Source, ...]
    offers: tuple[Offer, ...] = ()
    listed: tuple[tuple[str, str], ...] = ()
    pythons_on_demand: bool | None = None

    def source(self, name: str) -> Source | None:
        """The source with that id."""
        return next((source for source in self.sources if source.id == name), None)

    def of_kind(self, *kinds: SourceKind) -> tuple[Source, ...]:
        """The sources of some kinds, in order."""
        return tuple(source for source in self.sources if source.kind in kinds)

    def was_listed(self, source: str, distribution: str) -> bool:
        """Whether the file list of a distribution was read at a source."""
        return (source, distribution) in self.listed
