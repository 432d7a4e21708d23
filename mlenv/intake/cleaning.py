"""A pasted text without what Markdown, terminals and web pages put around it."""

from __future__ import annotations

import html
import re

from mlenv.clues.text import SEARCHED, normalise
from mlenv.facts.pattern import lazy

_ESCAPES = lazy(r"\x1b(?:\[[0-9;?]{0,30}[ -/]?[@-~]|\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\)?|[()][A-Z0-9]|[=>NOM78])")
_CONTROL = lazy(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
_TAGS = lazy(
    r"(?i)</?(?:details|summary|pre|code|b|i|em|strong|p|div|span|table|tbody|thead|tr|td|th|ul|ol|li|h[1-6]"
    r"|sub|sup|a|img|br|hr)"
    r"(?:\s[^<>\n]{0,200})?/?>"
)
_QUOTE = lazy(r"(?m)^[ \t]{0,3}(?:>(?!>)[ \t]?){1,5}")
_FENCE = lazy(r"(?m)^[ \t]{0,12}(?:`{3,8}|~{3,8})[\w+-]{0,30}[ \t]{0,9}$")


def unwrap(text: str) -> str:
    """The text without colours, entities, tags, quote marks and fences, cut to a size that can be searched.

    Columns, indentation and line breaks stay.
    """
    if len(text) > SEARCHED:
        text = text[: SEARCHED // 2] + "\n" + text[-SEARCHED // 2 :]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _ESCAPES.sub("", text) if "\x1b" in text else text
    text = _CONTROL.sub("", text)
    if "&" in text and ";" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAGS.sub(_break, text)
    if ">" in text:
        text = _unquote(text)
    if "```" in text or "~~~" in text:
        text = _FENCE.sub("", text)
    return text


def clean(text: str) -> str:
    """The same in the one form that signatures and most readers expect (:func:`mlenv.clues.text.normalise`)."""
    return normalise(unwrap(text))


def _break(match: re.Match[str]) -> str:
    """A tag that ends a line is a line break, others are nothing."""
    tag = match[0].lower()
    if tag.startswith(("</td", "</th")):
        return " | "
    breaking = ("<br", "</p", "</li", "</tr", "</div", "</h", "<pre", "</pre", "</summary", "<details", "</details")
    return "\n" if tag.startswith(breaking) else ""


def _unquote(text: str) -> str:
    """Lines without the marks of a quotation; ``>>>`` is Python's prompt and stays."""
    return _QUOTE.sub("", text)
