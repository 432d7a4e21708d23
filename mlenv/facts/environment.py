"""A Python environment as its files show it: nothing of it was imported."""

from __future__ import annotations

from mlenv.facts.machine import Fact
from mlenv.facts.reading import Reading


class Distribution(Fact, frozen=True, kw_only=True):
    """An installed distribution.

    ``name`` is normalised (lower case, hyphens).  ``build`` is the build tag that its own files
    state where the version does not carry it (``cu132`` for a torch 2.15.0 of the default index).
    """

    name: str
    version: str
    build: str | None = None


class Environment(Fact, frozen=True, kw_only=True):
    """A virtual or conda environment at ``path``.

    ``python`` is its interpreter's version, ``executable`` the interpreter's path, ``bits`` its
    word size and ``architecture`` what it was made for.
    """

    path: str
    python: str | None = None
    executable: str | None = None
    bits: int | None = None
    architecture: str | None = None
    distributions: tuple[Distribution, ...] = ()
    manifest: str | None = None
    readings: tuple[Reading, ...] = ()

    def distribution(self, name: str) -> Distribution | None:
        """The installed distribution of that (normalised) name."""
        return next((dist for dist in self.distributions if dist.name == name), None)
