"""What a symptom is, and the rows that know one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from mlenv.symptoms.wording import Wording

Effect = Literal["transient", "corrupt", "permanent"]
"""The same again may succeed; what was fetched or cached is damaged, so it is dropped and fetched once more;
nothing changes until somebody changes something."""

Layer = Literal["machine", "network", "server", "content", "build", "choice", "wrapper"]
LAYERS: tuple[Layer, ...] = ("machine", "network", "server", "content", "build", "choice", "wrapper")
"""What lies beneath what.  Trouble of one layer shows as trouble of all later ones: a full disk breaks off a
download, an index that does not answer leaves a resolver without candidates, and a ``wrapper`` only says that
something inside it failed."""

CONSEQUENCES: frozenset[Layer] = frozenset({"choice", "wrapper"})
"""Layers whose cause may have been told in passing, by a warning."""

Subject = Literal["match", "address", "path"]
"""What a symptom is about: the words that its sign names, an address, or a path near the sign."""


class Symptom(msgspec.Struct, frozen=True, kw_only=True):
    """What a text means.

    ``meaning`` is one clause without a full stop, each of ``remedies`` one thing to do, commands in
    backticks.  ``subject`` is the package, address or path that it is about, ``evidence`` the line that
    shows it; both are cut out of the text.
    """

    id: str
    meaning: str
    remedies: tuple[str, ...]
    effect: Effect
    subject: str = ""
    evidence: str = ""


class Sign(msgspec.Struct, frozen=True):
    """Where in a text a symptom shows: offsets of the characters, and the subject where the sign names it."""

    start: int
    end: int
    subject: str = ""


Find = Callable[[Wording], Sign | None]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A symptom that is known: ``find`` sees whether a text shows it.

    Of rules of one layer the earlier in its file is nearer to the root.  Remedies may hold
    ``{subject}`` and the names of :data:`mlenv.symptoms.ways.WAYS` in braces.
    """

    id: str
    layer: Layer
    effect: Effect
    meaning: str
    remedies: tuple[str, ...]
    find: Find
    about: Subject = "match"
