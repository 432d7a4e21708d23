"""What the package resolver proved impossible: a clause that the search must not break."""

from __future__ import annotations

import msgspec

Chosen = tuple[str, str, str]
"""A chosen build: framework id, version, name of the build."""


class Refutation(msgspec.Struct, frozen=True, kw_only=True):
    """Releases that cannot share an environment, as (framework id, version), and why in a sentence.

    ``python`` is the series for which that was proven; empty where it holds for any.  ``builds``
    names the build of each release where only that one was proven impossible (another one brings
    other CUDA libraries); empty names, or none at all, stand for every build.
    """

    picks: tuple[tuple[str, str], ...]
    text: str
    python: str = ""
    builds: tuple[str, ...] = ()

    def forbids(self, chosen: Chosen) -> int | None:
        """The place of a build among the picks; None where it has no part."""
        framework, version, build = chosen
        for place, pick in enumerate(self.picks):
            named = self.builds[place] if self.builds else ""
            if pick == (framework, version) and named in ("", build):
                return place
        return None
