"""What a plan is made for, beside the resolution."""

from __future__ import annotations

import datetime as dt

import msgspec

from mlenv.facts.python import ManagerName


class PlanOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The package manager, where the environment goes, and what the commands may use.

    ``uv`` is the path of uv, ``program`` that of another manager (its bare name where it is empty).
    ``warnings`` are what the plan shall say beside the resolver's own.  ``as_of`` is the day after
    which nothing counts.  ``prompt`` is what an activated shell
    shows; empty for the installer's own.  A ``portable`` plan names nothing of this machine, such as the path of an
    interpreter, and leaves no work to mlenv between its commands, so that they run on another
    machine like this one.
    """

    manager: ManagerName = "uv"
    uv: str = "uv"
    program: str = ""
    environment: str
    prompt: str = ""
    offline: bool = False
    as_of: dt.date | None = None
    warnings: tuple[str, ...] = ()
    portable: bool = False
