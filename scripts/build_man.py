#!/usr/bin/env python3
"""Manual pages of mlenv, made of its help texts: ``python scripts/build_man.py FOLDER``.

Writes ``mlenv.1`` and ``mlenv-COMMAND.1`` into FOLDER; ``man -l FOLDER/mlenv.1`` shows one.
"""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from mlenv import __version__
from mlenv.cli.group import group

STATUSES = (
    ("0", "healthy, planned, installed, verified"),
    ("1", "doctor found an error, verify saw a failure, a policy does not hold, or something differs"),
    ("2", "the command line or a file given on it is wrong"),
    ("3", "no compatible plan exists for this machine; the reasons are printed"),
    ("4", "an install step failed; the environment is as it was before"),
    ("5", "no verdict: something that is needed is missing, or nothing could be checked"),
    ("130", "interrupted; the environment is as it was before"),
)


def main() -> None:
    """Write every page into the folder that is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for context in walk_commands():
        (folder / f"{page_name(context)}.1").write_text(render_page(context), encoding="utf-8")


def walk_commands(context: click.Context | None = None) -> Iterator[click.Context]:
    """A context for ``mlenv`` and each command below it, each after the one it belongs to."""
    here = context or click.Context(group, info_name="mlenv")
    yield here
    if isinstance(here.command, click.Group):
        for name in here.command.list_commands(here):
            command = here.command.get_command(here, name)
            assert command is not None
            yield from walk_commands(click.Context(command, info_name=name, parent=here))


def page_name(context: click.Context) -> str:
    """``mlenv-env-list``."""
    return context.command_path.replace(" ", "-")


def render_page(context: click.Context) -> str:
    """A page in the language of man(7)."""
    command = context.command
    head, *paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [
        f'.TH "{page_name(context).upper()}" "1" "" "mlenv {__version__}" "mlenv"',
        *(".SH NAME", f"{escape(page_name(context))} \\- {escape(' '.join(head.split())).rstrip('.')}"),
        *(".SH SYNOPSIS", f".B {escape(context.command_path)}", escape(usage)),
    ]
    lines += _section("DESCRIPTION", [line for text in paragraphs for line in _paragraph(text)])
    lines += _section("COMMANDS", [line for name, text in subcommands(context) for line in _item(name, text)])
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    lines += _section("OPTIONS", [line for record in records if record for line in _item(*record)])
    lines += _section("EXIT STATUS", [line for status in STATUSES for line in _item(*status)])
    if context.parent is not None:
        lines += [".SH SEE ALSO", f".BR {escape(page_name(context.parent))} (1)"]
    return "\n".join(lines) + "\n"


def subcommands(context: click.Context) -> list[tuple[str, str]]:
    """The commands of a group with a line each."""
    command = context.command
    if not isinstance(command, click.Group):
        return []
    table = getattr(command, "table", None)
    if table is not None:
        return list(table.items())
    found = ((name, command.get_command(context, name)) for name in command.list_commands(context))
    return [(name, one.get_short_help_str(limit=200)) for name, one in found if one is not None]


def escape(text: str) -> str:
    """Text in which nothing is a request or an escape of roff."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return f"\\&{text}" if text.startswith((".", "'")) else text


def _paragraph(text: str) -> list[str]:
    """A paragraph; one that click was told to leave alone keeps its lines."""
    if text.startswith("\b\n"):
        return [".PP", ".nf", *(escape(line) for line in text.splitlines()[1:]), ".fi"]
    return [".PP", escape(" ".join(text.split()))]


def _item(term: str, text: str) -> list[str]:
    return [".TP", f".B {escape(term)}", escape(re.sub(r"\s+", " ", text)) or "\\&"]


def _section(title: str, lines: list[str]) -> list[str]:
    return [f".SH {title}", *lines] if lines else []


if __name__ == "__main__":
    main()
