"""The kernel's log, from dmesg, /dev/kmsg, the journal or a log file."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

import msgspec

from mlenv.facts.pattern import lazy
from mlenv.facts.system import KernelEvent
from mlenv.formats.kernel_kinds import MARKS, parse_message
from mlenv.formats.kernel_line import split_line

MOST_EVENTS = 200
MOST_LINES = 50_000
LINE_LENGTH = 1000

# NVIDIA's driver breaks its sentences into lines.
_PARAGRAPH = lazy(r"NVRM: (?:API mismatch|The NVIDIA GPU [0-9a-fA-F:.]+ \(PCI ID|This PCI I/O region)")
_CONTINUED = lazy(r"NVRM: (?!Xid|GPU |loading |API mismatch|The NVIDIA|This PCI)(?P<part>.*)")
_PARAGRAPH_LINES = 6
_SENTENCE_END = lazy(r"[.!](?:\s|$)")
# What differs between two reports of the same event.
_CHANGING = lazy(r"0x[0-9a-fA-F]+|\b[0-9a-fA-F]{8,}\b|[0-9]+|'<unknown>'|(?<=symbol )\S+")


def parse_kernel_log(text: str) -> tuple[KernelEvent, ...]:
    """What the log says about accelerators, memory and their modules, in its order.

    Equal events are one with their number, at the place of the last; of more than 200 different
    ones the last are kept.  Messages that a driver writes while all is well are left out.
    """
    events: OrderedDict[tuple[object, ...], KernelEvent] = OrderedDict()
    for seconds, message in _join(_split(_pick_lines(text.replace("\\x0a", "\n")))):
        event = parse_message(message, seconds)
        if event:
            _fold(events, event)
    return tuple(events.values())


def _fold(events: OrderedDict[tuple[object, ...], KernelEvent], event: KernelEvent) -> None:
    key = (event.kind, event.code, event.device, _CHANGING.sub("#", event.text))
    known = events.pop(key, None)
    events[key] = msgspec.structs.replace(event, count=known.count + 1) if known else event
    if len(events) > MOST_EVENTS:
        events.popitem(last=False)


def _pick_lines(text: str) -> list[str]:
    """The lines with a mark, in order; of very many the last."""
    places: dict[int, int] = {}
    for mark in MARKS:
        found = text.find(mark)
        while found >= 0:
            start, end = text.rfind("\n", 0, found) + 1, text.find("\n", found)
            end = len(text) if end < 0 else end
            places[start] = min(end, start + LINE_LENGTH)
            found = text.find(mark, end)
    return [text[start : places[start]] for start in sorted(places)[-MOST_LINES:]]


def _split(lines: Iterable[str]) -> Iterator[tuple[float | None, str]]:
    parts = (split_line(line) for line in lines)
    return (part for part in parts if part is not None)


# NVRM: API mismatch: the client has the version 535.183.01, but
# NVRM: this kernel module has the version 535.161.08.  Please
def _join(messages: Iterable[tuple[float | None, str]]) -> Iterator[tuple[float | None, str]]:
    """The messages, those that NVIDIA's driver breaks into lines as one."""
    pending: list[str] = []
    began: float | None = None
    for seconds, message in messages:
        more = _CONTINUED.match(message) if pending else None
        if more:
            part = more["part"].strip()
            end = _SENTENCE_END.search(part)
            pending.append(part[: end.start() + 1] if end else part)
            if end or len(pending) >= _PARAGRAPH_LINES:
                yield began, " ".join(pending)
                pending = []
            continue
        if pending:
            yield began, " ".join(pending)
            pending = []
        if _PARAGRAPH.match(message) and not _SENTENCE_END.search(message):
            pending, began = [message.strip()], seconds
        else:
            yield seconds, message
    if pending:
        yield began, " ".join(pending)
