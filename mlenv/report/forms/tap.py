"""The report in the Test Anything Protocol, version 14, with what each entry says as YAML below it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlenv.facts.pattern import lazy
from mlenv.report.forms.words import group_of, headline, name_cases, one_line, tell, with_verdict
from mlenv.report.summary import Entry, Summary

# Characters that YAML takes for line ends or does not allow as they stand.
_ESCAPED = lazy("[\x7f-\xa0\u2028\u2029\ufeff]")


def render_tap(summary: Summary) -> str:
    """A line per entry, the worst among them ``not ok``; a skipped one says why."""
    whole = with_verdict(summary)
    names = name_cases(whole.entries)
    lines = ["TAP version 14", f"1..{len(names)}"]
    lines += [
        f"# {one_line(text)}"
        for text in (
            f"mlenv {whole.kind}: {whole.closing}",
            f"mlenv {whole.mlenv_version}, matrix {whole.matrix_version}, {whole.about}",
        )
    ]
    for number, (entry, name) in enumerate(zip(whole.entries, names, strict=True), start=1):
        lines += _render_entry(number, entry, f"{group_of(entry)}: {name}")
    return "\n".join(lines) + "\n"


def _render_entry(number: int, entry: Entry, name: str) -> Iterator[str]:
    verdict = "not ok" if entry.status in ("fail", "error") else "ok"
    skip = f" # SKIP {headline(entry)}" if entry.status == "skip" else ""
    yield f"{verdict} {number} - {_escape(name)}{skip}"
    if entry.status != "skip":
        yield from ("  ---", *(f"  {name}: {_quote(value)}" for name, value in _facts(entry)), "  ...")


def _facts(entry: Entry) -> Iterator[tuple[str, str | float]]:
    yield "severity", entry.status
    yield "group", entry.group
    yield "check", entry.id
    for name, text in (("subject", entry.subject), ("device", entry.device)):
        if text:
            yield name, one_line(text)
    if entry.seconds:
        yield "duration_ms", round(entry.seconds * 1000, 3)
    text = tell(entry)
    if text:
        yield "message", text


def _escape(text: str) -> str:
    r"""A description, in which ``#`` would begin a directive.

    Version 14 writes ``\#``, but readers of older versions do not know that and would skip a failure; so it
    is the wide sign here, and as it was in the message below.
    """
    return text.replace("\\", "\\\\").replace("#", "\uff03")


def _quote(value: str | float) -> str:
    """A value as JSON, which is YAML too where no character is left that YAML reads otherwise."""
    if not isinstance(value, str):
        return f"{value:.3f}"
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))
