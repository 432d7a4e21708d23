"""A pasted text without what Markdown, terminals and web pages put around it."""

from __future__ import annotations

import html
import re
from collections import Counter

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
# What loggers put before each line of a program: journald, Kubernetes, torchrun, Ray and vLLM. The kernel's lines
# keep theirs.
_LOGGED = lazy(
    r"(?m)^[ \t]{0,8}(?:"
    r"(?:[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[\d.,:+Z-]{0,20}) [\w.-]{1,64} "
    r"(?!kernel)[\w.@/-]{1,64}\[\d{1,9}\]: ?"
    r"|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3,9}(?:Z|[+-]\d{2}:\d{2}) (?:std(?:out|err) [FP] )?"
    r"|\[(?:rank|default)\d{1,4}\]:(?!\[[WE]) ?"
    r"|\((?:[A-Z]\w{2,40}|\w{0,20}[Ww]orker\w{0,20}) (?:rank=\d{1,4} )?pid=\d{1,9}(?:, ip=[\d.]{7,15})?\) ?"
    r"(?:[A-Z]{4,8} \d{2}-\d{2} \d{2}:\d{2}:\d{2} \[[\w./]{1,80}:\d{1,6}\] ?)?"
    r"|[A-Z]{4,8} \d{2}-\d{2} \d{2}:\d{2}:\d{2} \[[\w./]{1,80}:\d{1,6}\] ?"
    r")"
)
_SERVICE = lazy(r"(?m)^(?P<name>[A-Za-z][\w.-]{0,60}) {1,20}\| ?")
_LOGGING = 3
"""Lines that begin with one service's name before it is taken for what docker compose puts there."""


def unwrap(text: str) -> str:
    """The text without colours, entities, tags, quote marks, fences and what loggers put before a line.

    It is cut to a size that can be searched.

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
    return _without_loggers(text)


def _without_loggers(text: str) -> str:
    """Lines as the program wrote them."""
    if "| " in text:
        counts = Counter(match["name"] for match in _SERVICE.finditer(text))
        services = {name for name, count in counts.items() if count >= _LOGGING}
        if services:
            text = _SERVICE.sub(lambda match: "" if match["name"] in services else match[0], text)
    return _LOGGED.sub("", text)


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
