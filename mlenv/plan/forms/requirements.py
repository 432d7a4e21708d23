"""A requirements.txt that pip and uv install as it stands."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.plan.content import Content
from mlenv.plan.forms.sheet import Sheet, comment, headlines, notes, reason_of
from mlenv.plan.index_lines import render_index_lines
from mlenv.plan.lock import read_lock, render_requirements


def render(sheet: Sheet) -> str:
    """Exact versions of the frameworks, or where the plan is proven every package with its hashes."""
    head = comment([*headlines(sheet), *_use(sheet), *notes(sheet)])
    body = _locked(sheet) if sheet.plan.lock is not None else _chosen(sheet)
    return "\n".join([*head, *body]) + "\n"


def _use(sheet: Sheet) -> Iterator[str]:
    python = sheet.content.python
    hashes = " --require-hashes --no-deps" if sheet.plan.lock is not None else ""
    yield f"In an environment with Python {python}: python -m pip install{hashes} -r requirements.txt"
    if sheet.plan.lock is None:
        yield "Versions of what comes along are chosen while installing; `mlenv plan --prove` fixes them, with hashes."


def _chosen(sheet: Sheet) -> Iterator[str]:
    content = sheet.content
    yield from _index_part(content)
    for row in sorted(content.requirements, key=lambda row: row.text):
        yield ""
        yield from comment([reason for reason in [reason_of(sheet, row.name)] if reason])
        yield row.text
    if content.others:
        yield from ("", "# Asked for beside the frameworks, or brought by them", *sorted(content.others))
    if content.constraints:
        yield from ("", "# Come along anyway; their own metadata does not say these bounds", *content.constraints)


def _index_part(content: Content) -> Iterator[str]:
    lines = render_index_lines(content, framework_indexes=True)
    yield from [""] if lines else []
    own = [row for row in content.requirements if row.name in content.tied]
    for index in content.indexes:
        served = [row for row in own if row.source == index.url]
        if served and not content.no_index:
            yield from comment([_why_index(index.url, [row.text for row in served])])
    yield from lines


def _why_index(url: str, served: list[str]) -> str:
    return (
        f"{url} has {', '.join(served)}. pip has no index for one package alone: a version with a local part"
        " (+...) is on no other index, and the exact version holds for the rest."
    )


def _locked(sheet: Sheet) -> Iterator[str]:
    lines = render_index_lines(sheet.content, framework_indexes=False)
    yield from ["", *lines, ""] if lines else [""]
    lock = read_lock(sheet.plan.lock or "")
    yield render_requirements(lock, sheet.plan.tied).rstrip("\n")
