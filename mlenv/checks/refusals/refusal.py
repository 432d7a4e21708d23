"""What an installer refused, put together from all of its messages, and the verdict on it."""

from __future__ import annotations

import msgspec

from mlenv.checks.finding import Grade
from mlenv.checks.messages import REFUSALS, value
from mlenv.checks.registry import Case
from mlenv.checks.wheel_tag import Tag, read_tag
from mlenv.clues.clue import Clue
from mlenv.facts.pattern import lazy

_LISTED = lazy(r"\d[\w.!+-]{0,40}")


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """What an installer refused: the package, the version where one was asked for, and what it was offered.

    ``offered`` are the versions that fit the machine, None where the message does not list them.
    """

    clue: Clue
    package: str = ""
    version: str = ""
    offered: tuple[str, ...] | None = None
    tags: tuple[Tag, ...] = ()
    here: tuple[Tag, ...] = ()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The cause of a refusal: the id of its finding, how it is known, and the reason in one clause."""

    slug: str
    grade: Grade
    reason: str


def find_refusal(case: Case) -> Refusal | None:
    """The refusal that a report tells of, put together from all of its messages."""
    clues = [clue for slug in REFUSALS for clue in case.clues_of(slug)]
    if not clues:
        return None
    told = [clue for clue in clues if clue.told] or clues
    main = told[0]
    file = next((read_tag(name) for clue in clues if (name := value(clue, "file"))), None)
    package = value(main, "package") or next((name for clue in clues if (name := value(clue, "package"))), "")
    return Refusal(
        clue=main,
        package=(file.package if file and not package else package).lower().replace("_", "-").replace(".", "-"),
        version=_version(case, clues, package) or (file.version if file else ""),
        offered=_offered(clues),
        tags=tuple(_tags(clues, "tags")) + ((file,) if file else ()),
        here=tuple(_tags(clues, "tag", "here")),
    )


def _version(case: Case, clues: list[Clue], package: str) -> str:
    named = next((text for clue in clues if (text := value(clue, "version")) and value(clue, "package") == package), "")
    if named or case.report is None:
        return named.rstrip(".*") if named[:1].isdigit() else ""
    asked = (row.version for row in case.report.wanted if row.name == package.lower().replace("_", "-"))
    return next((text.lstrip("=") for text in asked if text), "")


def _offered(clues: list[Clue]) -> tuple[str, ...] | None:
    listed = next((text for clue in clues if (text := value(clue, "offered"))), None)
    if listed is None:
        return None
    return () if listed.strip().lower() == "none" else tuple(_LISTED.findall(listed))


def _tags(clues: list[Clue], *names: str) -> list[Tag]:
    found = (value(clue, name) for clue in clues for name in names)
    return [
        tag
        for text in found
        if text
        for word in text.replace(",", " ").split()
        if (tag := read_tag(word.strip("'`().:")))
    ]
