"""Who asked for the distributions of an environment: what their own files say."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.pattern import lazy
from mlenv.mending.wish import Origin

if TYPE_CHECKING:
    from mlenv.consistency.metadata import Installed

REQUESTED = "REQUESTED"
"""The file that installers leave beside the metadata of what was asked for by name (PEP 376)."""
_NAME = lazy(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_OF_EXTRA = lazy(r";.*\bextra\b")


def read_origins(environment: Environment) -> dict[str, Origin]:
    """By name, whether each distribution was asked for, and whether others bring it."""
    from mlenv.consistency.metadata import read_installed
    from mlenv.system.host import LiveHost

    installed = read_installed(LiveHost(), environment)
    required, mentioned = _collect(installed.values())
    return {
        name: Origin(
            requested=_is_requested(item.distribution),
            required=name in required,
            mentioned=name in mentioned,
        )
        for name, item in installed.items()
        if item.own
    }


def _collect(installed: Iterable[Installed]) -> tuple[set[str], set[str]]:
    """The names that some distribution requires in any case, and all that one mentions at all."""
    from packaging.utils import canonicalize_name

    required: set[str] = set()
    mentioned: set[str] = set()
    for item in installed:
        for line in item.requires:
            match = _NAME.match(line)
            name = canonicalize_name(match[0]) if match else ""
            if not name or name == item.distribution.name:
                continue
            mentioned.add(name)
            if not _OF_EXTRA.search(line):
                required.add(name)
    return required, mentioned


def _is_requested(dist: Distribution) -> bool:
    return dist.path is not None and os.path.isfile(os.path.join(dist.path, REQUESTED))
