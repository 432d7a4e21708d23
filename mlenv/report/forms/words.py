"""What the entries of a report are called and what they say, as text that no reader stumbles over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from mlenv.facts.pattern import lazy
from mlenv.report.style import clean
from mlenv.report.summary import Entry, Summary

# Halves of surrogate pairs, which no encoding can say, and the two that no XML may hold.
_UNSAYABLE = lazy("[\ud800-\udfff\ufffe\uffff]")
_REPLACEMENT = "\ufffd"


def plain(text: str) -> str:
    """Foreign text without control characters but line feed and tab; what no encoding can say is U+FFFD."""
    return sayable(clean(text))


def sayable(text: str) -> str:
    """Text that every encoding of Unicode can say: what none can is U+FFFD."""
    return _UNSAYABLE.sub(_REPLACEMENT, text)


def one_line(text: str) -> str:
    """The same on one line."""
    return " ".join(plain(text).split())


def shorten(text: str, most: int) -> str:
    """A text of at most ``most`` characters; that something is missing is seen."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def name_cases(entries: Iterable[Entry]) -> tuple[str, ...]:
    """A name for each entry that no other of its group has: check, subject and device, and where equal a number."""
    known: set[tuple[str, str]] = set()
    names: list[str] = []
    for entry in entries:
        name = describe_case(entry)
        number = 1
        group = group_of(entry)
        while (group, unique := name if number == 1 else f"{name} ({number})") in known:
            number += 1
        known.add((group, unique))
        names.append(unique)
    return tuple(names)


def group_of(entry: Entry) -> str:
    """The group of an entry on one line."""
    return one_line(entry.group) or "other"


def describe_case(entry: Entry) -> str:
    """``compute torch 2.13.0 (cuda:0)``."""
    device = one_line(entry.device)
    words = (one_line(entry.id) or "check", one_line(entry.subject), f"({device})" if device else "")
    return " ".join(filter(None, words))


def headline(entry: Entry) -> str:
    """What an entry says on one line."""
    return one_line(entry.title) or one_line(entry.detail) or describe_case(entry)


def tell(entry: Entry) -> str:
    """All that an entry says, in lines: title, cause, evidence, what was measured, what would help."""
    return "\n".join(_tell(entry))


def _tell(entry: Entry) -> Iterator[str]:
    for text in (entry.title, entry.detail):
        if text:
            yield plain(text)
    for line in entry.evidence:
        yield f"- {one_line(line)}"
    if entry.measured:
        yield f"measured: {tell_measured(entry)}"
    for remedy in entry.remedies:
        yield f"fix: {one_line(remedy.text)}"
        if remedy.command:
            yield f"    {one_line(remedy.command)}"


def tell_measured(entry: Entry) -> str:
    """``bf16_tflops 812.4, dtype bfloat16``."""
    pairs = ((name, f"{value:g}" if isinstance(value, float) else value) for name, value in entry.measured.items())
    return one_line(", ".join(f"{name} {value}" for name, value in pairs))


def with_verdict(summary: Summary) -> Summary:
    """The report, with the verdict as an entry of its own where none of the others shows that there is none.

    A reader that counts failures would else take a run that proved nothing for a good one.
    """
    if summary.status in ("ok", "warning") or summary.count("fail", "error"):
        return summary
    verdict = Entry(group="verdict", id="verdict", status="error", title=summary.closing)
    return replace(summary, entries=(*summary.entries, verdict))
