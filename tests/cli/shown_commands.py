"""The commands that README and docs show: read out of fenced blocks, as somebody would type them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from mlenv.cli.group import group

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
NAMES = ("mlenv", "./scripts/mlenv")
_FENCE = re.compile(r"^(?P<indent> *)(?:```|~~~)(?P<language>\w*)")
_INLINE = re.compile(r"`(mlenv(?: [^`]*)?)`")
_STEP = re.compile(r"\s*- run: (?P<command>mlenv .*)$")
_TYPED = re.compile(r"\s*(\$ )?(\S*/)?mlenv( |$)")
SHELLS = ("", "console", "sh", "bash", "shell", "powershell")


class Shown(msgspec.Struct, frozen=True):
    """A command on a page: the line it stands in, and its words after ``mlenv``."""

    page: str
    line: int
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: mlenv {shlex.join(self.words)}"


class Typed(msgspec.Struct, frozen=True):
    """A line to type, whatever program it calls: without prompt and remark, continued lines joined."""

    page: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.text}"

    @property
    def programs(self) -> tuple[tuple[str, ...], ...]:
        """The simple commands in it, the program's name first."""
        return tuple(tuple(words) for words in split_commands(self.text))


def read_typed(page: Path) -> Iterator[Typed]:
    """The lines of a page's shell blocks, and what its workflows run with mlenv."""
    name = page.relative_to(ROOT).as_posix()
    for number, line in _shell_lines(page.read_text(encoding="utf-8")):
        text = re.sub(r"\s+#\s.*", "", re.sub(r"^\s*\$ ", "", line)).strip()
        if text:
            yield Typed(name, number, text)


def read_shown(page: Path) -> Iterator[Shown]:
    """The ``mlenv`` commands in the shell blocks of a page; other lines may be anything."""
    name = page.relative_to(ROOT).as_posix()
    for number, line in _shell_lines(page.read_text(encoding="utf-8")):
        for words in split_commands(line) if "mlenv" in line else ():
            if words[0] in NAMES:
                yield Shown(name, number, tuple(words[1:]))


def read_inline(page: Path) -> Iterator[Shown]:
    """The ``mlenv`` commands named in running text, but for those with words that stand for others."""
    name = page.relative_to(ROOT).as_posix()
    fenced = {number for number, _ in _fenced_lines(page.read_text(encoding="utf-8"))}
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if number in fenced:
            continue
        for text in _INLINE.findall(line):
            if not re.search(r"[|…*\\]|\.\.\.|\b[A-Z]{2,}\b", text):
                yield Shown(name, number, tuple(shlex.split(text)[1:]))


def split_commands(line: str) -> Iterator[list[str]]:
    """The simple commands of a line, without prompt, comment, redirections and variables before them.

    ``$ mlenv plan --format shell > setup.sh   # a script`` is ``mlenv plan --format shell``.
    """
    lexer = shlex.shlex(re.sub(r"^\s*[$>] ", "", line), posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    words: list[str] = []
    skip = False
    for word in lexer:
        if set(word) <= set("<>"):
            skip = True
        elif set(word) <= set("();|&"):
            yield from _command(words)
            words = []
        elif skip:
            skip = False
        else:
            words.append(word)
    yield from _command(words)


def _command(words: list[str]) -> Iterator[list[str]]:
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    if words:
        yield words


def _shell_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines of shell blocks, continued ones joined; where some begin with a prompt, only those."""
    held, start = "", 0
    rows = list(_fenced_lines(text))
    prompted = {block for _, (block, _, line) in rows if line.lstrip().startswith("$ ")}
    for number, (block, language, line) in rows:
        step = _STEP.match(line) if language == "yaml" else None
        if step is not None:
            yield number, step["command"]
        if language not in SHELLS or (not language and not held and not _TYPED.match(line)):
            continue
        if block in prompted and not held and not line.lstrip().startswith("$ "):
            continue
        start = start if held else number
        held += line
        if held.endswith("\\"):
            held = held[:-1]
            continue
        yield start, held
        held = ""


def _fenced_lines(text: str) -> Iterator[tuple[int, tuple[int, str, str]]]:
    """The number of each line in a block, with the block's own, its language, and what it says."""
    language: str | None = None
    block = 0
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if fence is not None:
            language = None if language is not None else fence["language"]
            block = number
        elif language is not None:
            yield number, (block, language, line)


def parse(words: tuple[str, ...]) -> str:
    """What is wrong with a command's words, as click sees it; empty where they can be understood."""
    command: click.Command = group
    context: click.Context | None = None
    rest = list(words)
    path = "mlenv"
    try:
        while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            context = click.Context(command, info_name=path, parent=context)
            name, found, rest = command.resolve_command(context, rest)
            assert found is not None
            command, path = found, name or ""
        if not isinstance(command, click.Group) or rest:
            command.make_context(path, rest, parent=context)
    except click.exceptions.Exit:  # --help, --version
        return ""
    except click.ClickException as error:
        return error.format_message()
    return ""
