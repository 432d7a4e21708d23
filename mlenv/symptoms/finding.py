"""Ways to find a sign in a text: its words, the number of a system's error, an address or path beside it."""

from __future__ import annotations

import re

from mlenv.facts.pattern import LazyPattern, lazy
from mlenv.symptoms.symptom import Find, Sign
from mlenv.symptoms.wording import Wording

# [Errno 28] No space left ; (os error 28) ; [WinError 112] ; OSError(28, 'No space left') ; errno: 28
_NUMBER = lazy(
    r"(\[winerror|\(os error|\[errno|\berrno[:=]?"
    r"|(?:os|io|permission|memory|connection[a-z]{0,10}|timeout|brokenpipe)error\()"
    r" {0,2}(\d{1,5})\b"
)
_WINDOWS = lazy(r"\b[a-z]:\\|\[winerror ")
_SOCKETS = 10000  # the numbers of Winsock begin here and have no other meaning
_ADDRESS = lazy(r"\b(?:https?|ftp|file|git|oci)://[^\s'\"<>`()\[\]|]{1,1000}")
_PATH = lazy(
    r"['\"`]((?:[a-z]:)?[\\/~.]?[^'\"`\n]{0,500}[\\/][^'\"`\n]{0,500})['\"`]|((?:[a-z]:\\|/)[^\s'\"`:,;]{2,500})"
)
_FAILED = lazy(
    r"Failed to (?:download|fetch|extract|unpack|install|prepare)(?: and build)?:? {0,2}['`]?"
    r"([A-Za-z0-9][\w.+!=-]{0,200})",
    re.IGNORECASE,
)
_SPAN = 4000
"""Characters before and after a sign in which an address is looked for."""


def words(*patterns: str) -> Find:
    """Finds some patterns, written in small letters: the first match that names a ``subject``, else the first."""
    compiled = tuple(lazy(pattern) for pattern in patterns)
    return lambda wording: _first(wording, compiled)


def _first(wording: Wording, patterns: tuple[LazyPattern, ...]) -> Sign | None:
    matches = [match for pattern in patterns if (match := pattern.search(wording.folded))]
    if not matches:
        return None
    match = min(matches, key=lambda one: (not _subject(one), one.start()))
    subject = wording.text[match.start("subject") : match.end("subject")] if _subject(match) else ""
    return Sign(match.start(), match.end(), subject.strip(" '\"`,;"))


def _subject(match: re.Match[str]) -> str:
    return (match["subject"] or "") if match.re.groupindex else ""


def system_error(*, posix: tuple[int, ...] = (), windows: tuple[int, ...] = ()) -> Find:
    """Finds an error of the operating system by its number, in whatever language its message is.

    ``(os error 5)`` is one thing on Windows and another elsewhere; a path with a drive tells which.
    """
    return lambda wording: _find_number(wording, frozenset(posix), frozenset(windows))


def _find_number(wording: Wording, posix: frozenset[int], windows: frozenset[int]) -> Sign | None:
    on_windows = _WINDOWS.search(wording.folded) is not None
    for match in _NUMBER.finditer(wording.folded):
        number = int(match[2])
        system = match[1] == "[winerror" or (match[1] == "(os error" and on_windows)
        if number in (windows if system or number > _SOCKETS else posix):
            return Sign(match.start(), match.end())
    return None


def either(*finds: Find) -> Find:
    """Finds what the first of some finders finds that finds anything."""
    return lambda wording: next((sign for find in finds if (sign := find(wording))), None)


def within(context: Find, find: Find) -> Find:
    """Finds something only in a text that shows its context too."""
    return lambda wording: find(wording) if context(wording) else None


def line_at(text: str, place: int) -> str:
    """The line that holds an offset."""
    end = text.find("\n", place)
    return text[text.rfind("\n", 0, place) + 1 : end if end >= 0 else len(text)].strip()


def quote_line(text: str, sign: Sign, length: int) -> str:
    """The line of a sign, or of a long one the part that shows it, with at most ``length`` characters."""
    line = line_at(text, sign.start)
    if len(line) <= length:
        return line
    place = sign.start - text.rfind("\n", 0, sign.start) - 1
    begin = min(max(0, place - length // 3), len(line) - length)
    return line[begin : begin + length].strip()


def find_address(text: str, sign: Sign) -> str:
    """The address that a sign is about: the last before its end, else the first after it, else nothing."""
    before = [match[0] for match in _ADDRESS.finditer(text[max(0, sign.end - _SPAN) : sign.end])]
    after = _ADDRESS.search(text[sign.start : sign.start + _SPAN])
    address = before[-1] if before else after[0] if after else ""
    return address.rstrip(".,;:")


def find_package(text: str) -> str:
    """The package or file that a download, or what follows it, failed for; nothing where no line names one."""
    match = _FAILED.search(text)
    return match[1] if match else ""


def find_path(text: str, sign: Sign) -> str:
    """The path that a sign is about: the last in quotes of its line, else the last of it, else nothing."""
    paths = list(_PATH.finditer(line_at(text, sign.start)))
    quoted = [match[1] for match in paths if match[1] and "://" not in match[1]]
    bare = [match[2] for match in paths if match[2]]
    return (quoted or bare or [""])[-1].rstrip(".")
