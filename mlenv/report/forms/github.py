"""The report as annotations of GitHub Actions: workflow commands that its runner reads in the log.

GitHub keeps ten of each kind and step and drops the rest, so the worst come first and the last line of
a kind says how many there are beside.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mlenv.report.forms.words import describe_case, one_line, plain, shorten, tell, with_verdict
from mlenv.report.summary import Entry, EntryStatus, Summary

SHOWN = 10
LONGEST_TITLE = 200
LONGEST_MESSAGE = 4000
Kind = Literal["error", "warning", "notice"]
KINDS: dict[Kind, tuple[EntryStatus, ...]] = {
    "error": ("fail", "error"),
    "warning": ("warn",),
    "notice": ("info",),
}


def render_github(summary: Summary) -> str:
    """At most ten annotations of each kind, how many more there are, and the verdict."""
    whole = with_verdict(summary)
    lines = [line for kind in KINDS for line in _annotate(kind, whole)]
    lines.append(_say(f"mlenv {whole.kind}: {whole.closing}"))
    return "\n".join(lines) + "\n"


def _annotate(kind: Kind, summary: Summary) -> Iterator[str]:
    entries = [entry for entry in summary.worst_first() if entry.status in KINDS[kind]]
    for entry in entries[:SHOWN]:
        title = shorten(f"mlenv {summary.kind}: {describe_case(entry)}", LONGEST_TITLE)
        yield f"::{kind} title={escape_property(title)}::{escape_message(_message(entry))}"
    more = len(entries) - SHOWN
    if more > 0:
        yield _say(
            f"mlenv {summary.kind}: {more} more {kind}{'' if more == 1 else 's'}, in the other forms of this report"
        )


def _message(entry: Entry) -> str:
    return shorten(tell(entry) or describe_case(entry), LONGEST_MESSAGE)


def escape_message(text: str) -> str:
    """Text as the message of a command."""
    return _break_old(plain(text)).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Text as a property of a command, where ``:`` and ``,`` mean something too."""
    return escape_message(one_line(text)).replace(":", "%3A").replace(",", "%2C")


def _say(text: str) -> str:
    """A plain line, which the runner takes for no command: it never begins with a colon."""
    return _break_old(one_line(text))


def _break_old(text: str) -> str:
    """The runner looks for commands of the old spelling (``##[error]``) anywhere in a line."""
    return text.replace("##[", "# #[")
