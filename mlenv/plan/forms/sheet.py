"""What a form of a plan is made of, and the lines that all forms begin with."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.plan.content import Content
from mlenv.plan.plan import Plan
from mlenv.resolve.resolution import Resolution

WIDTH = 116


COMMANDS = ("Build: ", "Run: ")


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A portable plan and what it was made from, without credentials: forms are made to be passed on.

    ``program`` is the version of mlenv.
    """

    plan: Plan
    content: Content
    resolution: Resolution
    machine: Machine
    matrix: Matrix
    program: str


def headlines(sheet: Sheet) -> list[str]:
    """Who made this, for what, and from which data; each line is one line."""
    content, data = sheet.content, sheet.matrix.data_version
    chosen = sheet.plan.accelerator
    device = chosen.kind if chosen.variant == chosen.kind else f"{chosen.kind}, build {chosen.variant}"
    what = f"profile {' '.join(content.profiles)}" if content.profiles else "what was asked for"
    lines = [
        f"Made by mlenv {sheet.program} for {what}: Python {content.python}, {device}, {content.platform}.",
        f"Compatibility matrix {data.version}, {data.digest}",
    ]
    if content.driver and sheet.plan.manager in ("uv", "pip"):
        lines.append(f"The NVIDIA driver of the machine must be {content.driver} or newer; nothing here installs it.")
    return lines


def logins(content: Content) -> list[str]:
    """Which sources want a login, which is never written here, and where to put it."""
    lines = [
        f"{index.url} wants a login: put it into ~/.netrc, or for uv into"
        f" UV_INDEX_{variable(index.name)}_USERNAME and UV_INDEX_{variable(index.name)}_PASSWORD."
        for index in content.indexes
        if index.login
    ]
    return lines + [f"{row.address} wants a login: put it into ~/.netrc." for row in content.wheels if row.login]


def variable(name: str) -> str:
    """The name of an index as uv has it in variables: ``configured-1`` gives ``CONFIGURED_1``."""
    return "".join(letter if letter.isalnum() else "_" for letter in name).upper()


def reason_of(sheet: Sheet, name: str) -> str:
    """Why the release of a distribution was chosen; empty where nothing was said."""
    about = {pick.distribution: pick.framework for pick in sheet.resolution.picks}.get(name, name)
    texts = [one_line(row.text) for row in sheet.resolution.reasons if row.about in (name, about)]
    return texts[0] if texts else ""


def one_line(text: str) -> str:
    """A text on one line, without control characters, so that a comment stays a comment."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def comment(lines: Iterable[str]) -> list[str]:
    """Lines as comments; a long one goes on in the next, further in.

    A command that is to be copied (``Build: docker ...``) stays whole.
    """
    return [f"# {part}" for line in lines for part in _wrap(one_line(line))]


def _wrap(line: str) -> list[str]:
    from textwrap import wrap

    if line.startswith(COMMANDS):
        return [line]
    return wrap(line, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False) or [""]


def local_places(content: Content) -> list[str]:
    """The folders of the machine that packages come from, which another machine may not have."""
    addresses = [*(row.url for row in content.indexes), *(row.address for row in content.wheels)]
    return [row for row in addresses if row.startswith("file:") or "://" not in row]


def notes(sheet: Sheet) -> list[str]:
    """What the reader must know beside the head: logins, folders of this machine, the plan's warnings."""
    folders = local_places(sheet.content)
    place = f"Mind: packages come from folders that must be there: {', '.join(folders)}"
    return [*logins(sheet.content), *([place] if folders else []), *(f"Mind: {row}" for row in sheet.plan.warnings)]
