"""What a mending is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

Kind = Literal["reinstall", "remove-rival", "constrain", "recreate", "unset"]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What an environment is to hold other than it does.

    ``accelerator`` is what the builds are to use (``gpu``), None for no change; ``removed`` are
    distributions that go, ``required`` requirements that come (in place of those of the same name),
    ``released`` distributions whose version is chosen anew.  ``other_python`` says that another Python
    will do, ``unset`` are variables that its activation takes away.
    """

    accelerator: str | None = None
    removed: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    released: tuple[str, ...] = ()
    other_python: bool = False
    unset: tuple[str, ...] = ()


class Mending(msgspec.Struct, frozen=True, kw_only=True):
    """How a finding can be mended: ``finding`` is its id, ``text`` says what is done."""

    finding: str
    kind: Kind
    text: str
    change: Change


def join_changes(changes: Iterable[Change]) -> Change:
    """All changes as one; what one of them removes another cannot keep."""
    listed = list(changes)
    return Change(
        accelerator=next((change.accelerator for change in listed if change.accelerator), None),
        removed=_each(name for change in listed for name in change.removed),
        required=_each(text for change in listed for text in change.required),
        released=_each(name for change in listed for name in change.released),
        other_python=any(change.other_python for change in listed),
        unset=_each(name for change in listed for name in change.unset),
    )


def _each(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
