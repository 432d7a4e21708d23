"""The manual of the checks: a page for each finding, in Markdown beside the checks."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

import msgspec

from mlenv.errors import UsageError
from mlenv.facts.pattern import lazy

SECTIONS = ("What it is", "How it is recognised", "How to fix it", "Sources")
"""What every page tells, in this order."""

_SLUG = lazy(r"[a-z0-9]+(-[a-z0-9]+)*")


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a page; ``text`` is Markdown."""

    title: str
    text: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The page of one finding."""

    id: str
    title: str
    sections: tuple[Section, ...]


def page_ids() -> tuple[str, ...]:
    """The ids that have a page, sorted."""
    names = (entry.name for entry in resources.files("mlenv.checks").joinpath("pages").iterdir())
    return tuple(sorted(name.removesuffix(".md") for name in names if name.endswith(".md")))


def explain(slug: str) -> Explanation:
    """The page of a finding; :class:`UsageError` names one that is spelt alike where there is none."""
    if not _SLUG.fullmatch(slug) or slug not in page_ids():
        raise UsageError(f"there is no finding {slug!r}", hint=_suggest(slug))
    text = resources.files("mlenv.checks").joinpath("pages").joinpath(f"{slug}.md").read_text(encoding="utf-8")
    return parse_page(slug, text)


def _suggest(slug: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(slug.lower(), page_ids(), 3, 0.5)
    listed = "`mlenv doctor --list-checks` lists them"
    return f"did you mean {' or '.join(near)}? {listed}" if near else listed


# > # The driver is too old
# >
# > ## What it is
# >
# > A build needs ...
def parse_page(slug: str, text: str) -> Explanation:
    """A page: its title, and its sections in the order in which they stand."""
    title, *blocks = _split(text)
    return Explanation(
        id=slug,
        title=title[0].removeprefix("# ").strip(),
        sections=tuple(
            Section(title=lines[0].removeprefix("## ").strip(), text="\n".join(lines[1:]).strip()) for lines in blocks
        ),
    )


def _split(text: str) -> Iterator[list[str]]:
    """The lines before the first section, then those of each; headings inside fenced code are code."""
    block: list[str] = []
    fenced = False
    for line in text.strip().splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if line.startswith("## ") and not fenced:
            yield block or [""]
            block = []
        block.append(line)
    yield block or [""]
