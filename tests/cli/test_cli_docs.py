"""README and docs: every command is understood, those that need no network run, every link leads somewhere."""

from __future__ import annotations

import inspect
import re
import shutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import click
import pytest

from mlenv.cli.group import COMMANDS, group
from tests.cli.conftest import Run
from tests.cli.shown_classes import LINES, OFFLINE, PARSED, REGISTRY, classify, read_calls, runs_offline, why_parsed
from tests.cli.shown_commands import (
    PAGES,
    ROOT,
    Shown,
    Typed,
    parse,
    read_inline,
    read_shown,
    read_typed,
    split_commands,
)

SHOWN = [command for page in PAGES for command in read_shown(page)]
INLINE = [command for page in PAGES for command in read_inline(page)]
INCOMPLETE = ("Missing ", "Option ")
"""How click begins where a command that is only named has no value for what it needs."""
SERVER = """
os = "linux"
arch = "x86_64"
libc = "glibc 2.35"
python = ["3.12.3"]

[nvidia]
driver = "535.183.01"

[[gpu]]
vendor = "nvidia"
name = "NVIDIA GeForce RTX 4090"
"""
TEAM = 'name = "team"\ntitle = "Our team"\nframeworks = ["numpy"]\n'
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def distinct(commands: list[Shown]) -> Iterator[Shown]:
    seen: set[tuple[str, ...]] = set()
    for command in commands:
        # A profile of the team has the name of its policy on another page.
        key = (*command.words, command.page if "team.toml" in command.words else "")
        if key not in seen:
            seen.add(key)
            yield command


@pytest.mark.parametrize("command", [*distinct(SHOWN)], ids=str)
def test_a_command_is_understood(command: Shown) -> None:
    assert "" == parse(command.words)


@pytest.mark.parametrize("command", [*distinct(INLINE)], ids=str)
def test_a_command_in_the_text_is_understood(command: Shown) -> None:
    problem = parse(command.words)
    assert not problem or problem.startswith(INCOMPLETE)


@pytest.fixture
def sandbox(here: Path, mlenv: Run) -> Path:
    """The files that the pages speak of."""
    for name in ("server.toml", "gpu-server.toml"):
        (here / name).write_text(SERVER)
    (here / "traceback.txt").write_text("RuntimeError: CUDA error: no kernel image is available for execution\n")
    (here / "report.txt").write_text("PyTorch version: 2.1.0+cu121\nIs CUDA available: False\n")
    recording = ROOT / "tests" / "machines" / "linux-debian12-cpu"
    shutil.copytree(recording, here / "DIR")
    return here


@pytest.mark.parametrize("command", [row for row in distinct(SHOWN) if runs_offline(row)], ids=str)
def test_a_command_runs(mlenv: Run, sandbox: Path, command: Shown) -> None:
    if "--record" in command.words:
        shutil.rmtree(sandbox / "DIR")
    policy = command.words[:1] == ("policy",)
    for name in ("team.toml", "workstation.toml"):
        (sandbox / name).write_text('schema = 1\nname = "team"\n[host]\npython = ">=3.11"\n' if policy else TEAM)
    done = mlenv(*command.words)
    allowed = next(statuses for words, statuses in OFFLINE.items() if command.words[: len(words)] == words)
    assert done.returncode in allowed, done.stderr
    assert "Traceback" not in done.stderr


def test_enough_is_shown_and_run() -> None:
    assert len(SHOWN) > 80
    assert len([row for row in distinct(SHOWN) if runs_offline(row)]) > 25


@pytest.mark.parametrize("line", LINES, ids=str)
def test_every_line_is_run_or_there_is_a_reason(line: Typed) -> None:
    assert classify(line), "run it in a test, or say in shown_classes.py why that cannot be"
    assert [] == [problem for call in read_calls(line) if (problem := parse(call.words))]


def test_nothing_is_excused_that_is_not_shown() -> None:
    assert [] == [pattern for pattern in PARSED if not any(fnmatchcase(line.text, pattern) for line in LINES)]
    assert set(REGISTRY) <= {line.page for line in LINES}


@pytest.mark.parametrize("line", [line for line in LINES if why_parsed(line)], ids=str)
def test_files_of_this_project_are_there(line: Typed) -> None:
    own = [word for words in line.programs for word in words if re.match(r"(\./)?(docs/|scripts/|recipes/)", word)]
    assert [] == [word for word in own if not any((folder / word).exists() for folder in (ROOT, ROOT / "docs"))]


def test_a_line_is_read_as_it_is_typed(tmp_path: Path) -> None:
    page = ROOT / "docs" / "ci.md"
    assert {"verify"} == {call.words[0] for line in read_typed(page) for call in read_calls(line)}
    line = Typed("x", 1, "find . | mlenv report merge - && python3 mlenv.pyz doctor")
    assert [("report", "merge", "-"), ("doctor",)] == [call.words for call in read_calls(line)]


def test_a_block_is_read_as_it_is_typed() -> None:
    assert [["mlenv", "plan", "--with", "xgboost>=3"]] == list(
        split_commands('$ mlenv plan --with "xgboost>=3" > setup.sh   # a script')
    )
    assert [["cd", "x"], ["mlenv", "doctor"]] == list(split_commands("cd x && MLENV_MATRIX=/site mlenv doctor"))


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("doctor", "--nope"), "No such option"),
        (("shwo",), "there is no command 'shwo'"),
        (("plan", "--format", "xml"), "is not one of"),
        (("env", "list", "superfluous"), "unexpected extra argument"),
        (("why",), "Missing argument"),
    ],
)
def test_what_is_wrong_is_seen(words: tuple[str, ...], problem: str) -> None:
    assert problem in parse(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text(encoding="utf-8")) if not re.match(r"[a-z]+:", target)]
    for target in targets:
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), target


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def test_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [] == [name for name in COMMANDS if f"`mlenv {name}" not in text]


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))


@pytest.mark.parametrize(
    ("path", "command"), [*commands(group, ())], ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_help_has_examples_that_are_understood(path: tuple[str, ...], command: click.Command) -> None:
    # What stands behind this mark keeps its lines.
    blocks = "\n".join(part for part in inspect.cleandoc(command.help or "").split("\n\n") if part.startswith("\b"))
    examples = re.findall(r"^(?:\w+=\S+ )?mlenv(?: .*)?$", blocks, re.MULTILINE)
    assert examples, f"mlenv {' '.join(path)} --help shows no example"
    for line in examples:
        # Behind two blanks stands what the command does.
        typed = next(iter(split_commands(re.split(r"\s{2,}", line.strip())[0])))
        assert "" == parse(tuple(typed[1:])), line
