"""The page of a finding as text, Markdown and JSON."""

from __future__ import annotations

import msgspec

from mlenv.checks.manual import parse_page
from mlenv.matrix.load import DataVersion
from mlenv.report.document import render_json
from mlenv.report.explanation import ExplanationDocument, make_document, render_markdown, render_text

PAGE = """\
# The battery is empty

## What it is

Nothing runs without **power**.
It is written in `battery.toml`.

## How to fix it

- Put the plug in;
  wait for the lamp.
- See [the manual](https://example.org/manual).

```console
$ charge --now --with-a-very-long-option-that-no-terminal-of-forty-columns-holds
```

## Sources

- <https://example.org/battery>
- [https://example.org/x](https://example.org/x)
"""


def document() -> ExplanationDocument:
    return make_document(parse_page("battery-empty", PAGE), DataVersion(version="2026.11.22", digest="sha256:0"))


def test_text_is_wrapped_and_plain() -> None:
    assert (
        "The battery is empty\n"
        "battery-empty\n"
        "\n"
        "What it is\n"
        "  Nothing runs without power. It is\n"
        "  written in `battery.toml`.\n"
        "\n"
        "How to fix it\n"
        "  - Put the plug in; wait for the\n"
        "    lamp.\n"
        "  - See the manual\n"
        "    (https://example.org/manual).\n"
        "\n"
        "    $ charge --now --with-a-very-long-option-that-no-terminal-of-forty-columns-holds\n"
        "\n"
        "Sources\n"
        "  - https://example.org/battery\n"
        "  - https://example.org/x\n"
    ) == render_text(document(), width=40, colour=False)


def test_markdown_is_the_page_itself() -> None:
    assert PAGE == render_markdown(document())


def test_the_document() -> None:
    found = msgspec.json.decode(render_json(document()))
    assert ("mlenv.explanation/1", "battery-empty") == (found["schema"], found["id"])
    assert ["What it is", "How to fix it", "Sources"] == [section["title"] for section in found["sections"]]
