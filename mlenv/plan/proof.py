"""What the package resolver said to a plan."""

from __future__ import annotations

from typing import Literal

import msgspec


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the package resolver found a version of everything, and what it gave up on the way.

    ``by`` is the resolver with its version (``uv 0.13.9``), ``on`` the day (ISO 8601, UTC) and
    ``packages`` the number of packages in the lock; all three are empty where nothing is proven, and
    ``detail`` then says why.  ``built`` are the packages that come as source and are built while
    they are installed.  ``given_up`` are the sets of releases that were proven impossible, in the
    order in which they were tried, each as a sentence.
    """

    status: Literal["proven", "not_proven"]
    by: str = ""
    on: str = ""
    packages: int = 0
    built: tuple[str, ...] = ()
    given_up: tuple[str, ...] = ()
    detail: str = ""
