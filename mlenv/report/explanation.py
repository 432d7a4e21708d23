"""The page of a finding as a document, as Markdown and as text: ``mlenv doctor --explain``."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.manual import Explanation, Section
from mlenv.facts.pattern import lazy
from mlenv.matrix.load import DataVersion
from mlenv.report.document import Document
from mlenv.report.page import Page

SCHEMA = "mlenv.explanation/1"
FENCE = "```"
_ITEM = lazy(r"(?P<mark>[-*]|\d+\.) +(?P<text>.*)")
_LINK = lazy(r"\[([^\]\n]{1,200})\]\(([^)\s]{1,500})\)")
_ADDRESS = lazy(r"<(https?://[^>\s]{1,500})>")
_STRONG = lazy(r"\*\*([^*\n]{1,500})\*\*")


class ExplanationDocument(Document, frozen=True, kw_only=True):
    """What a finding is, how it is recognised and fixed, and from where that is known."""

    id: str
    title: str
    sections: tuple[Section, ...]


def make_document(explanation: Explanation, data: DataVersion) -> ExplanationDocument:
    """A page as a document."""
    return ExplanationDocument(
        schema=SCHEMA,
        matrix_version=data.version,
        matrix_digest=data.digest,
        id=explanation.id,
        title=explanation.title,
        sections=explanation.sections,
    )


def render_markdown(document: ExplanationDocument) -> str:
    """The page in Markdown, as it was written."""
    parts = [f"# {document.title}", *(f"## {section.title}\n\n{section.text}" for section in document.sections)]
    return "\n\n".join(parts) + "\n"


def render_text(document: ExplanationDocument, *, width: int, colour: bool) -> str:
    """The page for a terminal: paragraphs of that width, commands as they are typed."""
    page = Page(width=width, colour=colour)
    page.text(document.title, style="bold")
    page.text(document.id, style="dim")
    for section in document.sections:
        page.heading(section.title)
        for kind, text in _blocks(section.text):
            _render_block(page, kind, text)
    return page.render()


def _render_block(page: Page, kind: str, text: str) -> None:
    if kind == "blank":
        page.blank()
    elif kind == "code":
        page.command(text, indent=4)
    elif kind == "item":
        page.text(text, indent=2, hang=2)
    else:
        page.text(text, indent=2)


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Pieces of Markdown: ``paragraph``, ``item``, one ``code`` for each of its lines, ``blank`` between.

    Lines that follow each other are one paragraph, or belong to the item above them.
    """
    kind, gathered = "", [""]
    fenced = False
    for raw in text.splitlines():
        line = raw.strip()
        item = _ITEM.fullmatch(line)
        if line.startswith(FENCE) or fenced or not line or item:
            if gathered[0]:
                yield kind, _plain(" ".join(gathered))
            kind, gathered = "", [""]
        if line.startswith(FENCE):
            fenced = not fenced
        elif fenced:
            yield "code", raw.rstrip()
        elif not line:
            yield "blank", ""
        elif item:
            kind, gathered = "item", [f"{item['mark'].replace('*', '-')} {item['text']}"]
        elif kind:
            gathered.append(line)
        else:
            kind, gathered = "paragraph", [line]
    if gathered[0]:
        yield kind, _plain(" ".join(gathered))


def _plain(text: str) -> str:
    """Words without marks of Markdown; what stands in backticks keeps them."""
    text = _LINK.sub(lambda match: match[2] if match[1] == match[2] else f"{match[1]} ({match[2]})", text)
    return _STRONG.sub(r"\1", _ADDRESS.sub(r"\1", text))
