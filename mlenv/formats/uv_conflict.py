"""uv's explanation of why nothing fits: which packages, versions and ranges take part.

uv proves a conflict by naming every package that it needed for the proof, so what is not named has
no part in it.  The words have hardly changed between its releases 0.9 and 0.13, the frame around
them has.
"""

from __future__ import annotations

import re

import msgspec

ROOT = "mlenv-environment"
"""The name of the project whose requirements uv was asked to meet."""
HEAD = re.compile(r"No solution found when resolving dependencies[^\n]*\n(.*)", re.DOTALL)
HINT = re.compile(r"^\s*hint:\s*", re.MULTILINE)
FRAME = re.compile(r"^\s*(?:[│|]\s*)?(?:╰─▶\s*|├─▶\s*|cause:\s*|Caused by:\s*)?", re.MULTILINE)
MARKER = re.compile(r"\{[^{}]*\}")
NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
EXTRAS = r"(?:\[[A-Za-z0-9._,\s-]*\])?"
CONDITION = r"(?:==|~=|!=|<=|>=|<|>)[^\s,]*[^\s,.]"
RANGED = re.compile(rf"(?<![\w.-])({NAME}){EXTRAS}({CONDITION}(?:,(?:{CONDITION}))*)")
BARE = re.compile(
    rf"(?:\bdepends? on|\bversions? of|\bBecause|\bbecause|\bnor|\band|\bonly)\s+({NAME}){EXTRAS}"
    r"(?=\s+(?:and\b|was\b|were\b|depends?\b|has\b|have\b|cannot\b|needs\b|is\b|are\b)|[,.]|$)"
)
WITHOUT_WHEELS = re.compile(rf"({NAME}){EXTRAS}(?:{CONDITION}(?:,{CONDITION})*)?\s+(?:has|have)\s+no\s+usable\s+wheels")
LISTED_WITHOUT = re.compile(r"all of:\s+((?:\S+\s+)+?)have\s+no\s+usable\s+wheels")
OTHER_TAGS = re.compile(
    rf"({NAME}){EXTRAS}(?:{CONDITION}(?:,{CONDITION})*)?\s+(?:has|have)\s+no\s+wheels\s+with\s+a\s+matching"
)
MISSING = re.compile(rf"there\s+(?:is|are)\s+no\s+versions?\s+of\s+({NAME})")
VERSION = rf"{NAME}{EXTRAS}{CONDITION}"
LONG_LIST = re.compile(rf"({VERSION})((?:\s+{VERSION}){{4,}})\s+({VERSION})")
NOT_FOUND = re.compile(rf"({NAME})\s+was\s+not\s+found\s+in\s+(?:the|any)\b")
WORDS = frozenset(
    {"we", "you", "your", "that", "the", "it", "and", "all", "any", "only", "there", "this", "requirements"}
)
"""Words that stand where a name could."""


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """A package that takes part: its normalised name, and the condition (empty for any version)."""

    name: str
    condition: str = ""


class UvConflict(msgspec.Struct, frozen=True, kw_only=True):
    """Why nothing fits.

    ``text`` is uv's explanation in one line and plain words, ``hints`` what it adds.  ``mentions``
    are in the order of the text.  ``without_wheels`` are packages of which no version that is asked
    for has a wheel, ``other_tags`` those whose wheels are for other systems or Pythons,
    ``not_found`` those that no index knows, ``missing`` those of which no version is as asked for.
    ``python`` tells that the version of Python takes part.
    """

    text: str
    hints: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()
    without_wheels: tuple[str, ...] = ()
    other_tags: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    python: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The packages that take part."""
        return frozenset(mention.name for mention in self.mentions)


# error: No solution found when resolving dependencies
#   cause: Because tensorflow==2.16.1 depends on numpy>=1.26.0,<2.0.0 and mlenv-environment depends on
#          tensorflow==2.16.1, we can conclude that mlenv-environment depends on numpy>=1.26.0,<2.0.0.
#          And because mlenv-environment depends on numpy==2.1.0, we can conclude that your
#          requirements are unsatisfiable.
#
# hint: Pre-releases are available for `typer` in the requested range (e.g., 0.12.1.dev2) ...
def parse_uv_conflict(text: str, root: str = ROOT) -> UvConflict | None:
    """The conflict that uv's standard error tells of; None where it tells of none.

    ``root`` is the project that asks; it is no part of the conflict.
    """
    found = HEAD.search(text)
    if found is None:
        return None
    cause, *hints = (_join_lines(part) for part in HINT.split(found[1]))
    listed = [match[1] for names in LISTED_WITHOUT.findall(cause) for match in RANGED.finditer(names)]
    mentions = dict.fromkeys(_mentions(cause))
    own = [mention for mention in mentions if mention.name not in (normalise(root), "python")]
    return UvConflict(
        text=_plain(cause, root),
        hints=tuple(hint for hint in hints if hint),
        mentions=tuple(own),
        without_wheels=_names([*WITHOUT_WHEELS.findall(cause), *listed]),
        other_tags=_names(OTHER_TAGS.findall(cause)),
        not_found=_names(NOT_FOUND.findall(cause)),
        missing=_names(MISSING.findall(cause)),
        python="requested Python version" in cause,
    )


def normalise(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _join_lines(text: str) -> str:
    """One line, without the frame and without the markers that uv repeats at each name."""
    return " ".join(MARKER.sub("", FRAME.sub("", text)).split())


def _mentions(cause: str) -> list[Mention]:
    places = [(match.start(1), match[1], match[2]) for match in RANGED.finditer(cause)]
    places += [(match.start(1), match[1], "") for match in BARE.finditer(cause)]
    found = [(place, Mention(name=normalise(name), condition=condition)) for place, name, condition in places]
    return [mention for _, mention in sorted(found, key=lambda one: one[0]) if mention.name not in WORDS]


def _names(found: list[str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(map(normalise, found)) if name not in WORDS)


def _plain(cause: str, root: str) -> str:
    text = LONG_LIST.sub(lambda match: f"{match[1]} ... {match[3]}", cause)
    text = text.replace(f"{root} depends on", "the request asks for").replace(f"{root}'s", "the request's")
    text = text.replace("your requirements are unsatisfiable", "the request cannot be met")
    return text.replace("your project's requirements are unsatisfiable", "the request cannot be met")
