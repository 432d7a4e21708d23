"""The reference of the documentation, made of help texts, pages of findings and rows of the matrix."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from mlenv.checks.manual import explain, page_ids
from mlenv.checks.registry import all_checks
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Framework, Release
from mlenv.report.markdown import cell, escape, table
from mlenv.report.matrix.table import held_code, lowest_driver, span_pythons
from scripts.build_man import page_name, subcommands, walk_commands


def command_pages() -> Iterator[tuple[str, str]]:
    """A page for each command, and one that lists them."""
    rows = []
    for context in walk_commands():
        name = page_name(context)
        short = context.command.get_short_help_str(limit=200)
        rows.append([f"[`{context.command_path}`]({name}.md)", escape(short)])
        yield f"{name}.md", "\n".join(_command_lines(context)) + "\n"
    yield "index.md", "\n".join(["# Commands", "", *table(["command", "what it does"], rows)]) + "\n"


def _command_lines(context: click.Context) -> Iterator[str]:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield from (f"# {context.command_path}", "", "```text", usage, "```", "")
    for text in inspect.cleandoc(command.help or "").split("\n\n"):
        if text.startswith("\b\n"):
            yield from ("```text", *text.splitlines()[1:], "```", "")
        else:
            yield from (escape(text), "")
    commands = [[f"[`{name}`]({page_name(context)}-{name}.md)", escape(text)] for name, text in subcommands(context)]
    if commands:
        yield from ("## Commands", "", *table(["command", "what it does"], commands), "")
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    yield from ("## Options", "")
    yield from table(["option", "what it does"], [[cell(record[0]), escape(record[1])] for record in records if record])


def finding_pages() -> Iterator[tuple[str, str]]:
    """A page for each finding of doctor, and one that lists them by subject."""
    subjects = {check.id: check.subject for check in all_checks()}
    rows = []
    for slug in page_ids():
        page = explain(slug)
        rows.append([f"[`{slug}`]({slug}.md)", escape(page.title), subjects.get(slug, "")])
        lines = [f"# {page.title}", "", f"`{slug}`, as `mlenv doctor --explain {slug}` prints it.", ""]
        for section in page.sections:
            lines += [f"## {section.title}", "", section.text, ""]
        yield f"{slug}.md", "\n".join(lines)
    head = ["# Findings", "", "What `mlenv doctor` finds, with a page for each.", ""]
    yield "index.md", "\n".join([*head, *table(["id", "what it is", "subject"], rows)]) + "\n"


def framework_pages() -> Iterator[tuple[str, str]]:
    """A page for each framework of the matrix, and one that lists them."""
    matrix = Matrix()
    rows = []
    for name in matrix.framework_ids:
        row = matrix.framework(name)
        newest = next((release.version for release in row.release if not release.broken), "")
        rows.append([f"[{escape(row.name)}]({name}.md)", newest, row.status, escape(row.summary)])
        yield f"{name}.md", "\n".join(_framework_lines(row, matrix)) + "\n"
    head = ["# Frameworks", "", f"The rows of the compatibility matrix {matrix.version}.", ""]
    yield "index.md", "\n".join([*head, *table(["framework", "newest", "state", "what it is"], rows)]) + "\n"


def _framework_lines(row: Framework, matrix: Matrix) -> Iterator[str]:
    yield from (f"# {row.name}", "", escape(row.summary), "")
    yield f"Package `{row.distribution}`, {row.status}; looked up on {row.checked_on}."
    if row.successor:
        yield f"Use {escape(row.successor)} in its place."
    yield from ("", *(f"- {escape(trap)}" for trap in row.traps), "")
    head = ["build", "devices", "Python", "systems", "driver", "GPU code", "known by"]
    for release in row.release:
        yield from (f"## {release.version}", "", _tell_release(release), "")
        yield from (*table(head, [_cells(build, matrix) for build in release.builds]), "")
    yield from ("## Sources", "", *(f"- {escape(name)}: <{address}>" for name, address in row.sources.items()))


def _tell_release(release: Release) -> str:
    broken = f" Never chosen: {escape(release.broken)}." if release.broken else ""
    return f"Published on {release.released}.{broken}"


def _cells(build: Build, matrix: Matrix) -> list[str]:
    return [
        cell(build.variant),
        ", ".join(build.accelerators),
        span_pythons(build.pythons),
        ", ".join(build.platforms),
        lowest_driver(build, matrix.drivers) or "",
        escape(" ".join(held_code(build))),
        build.evidence,
    ]
