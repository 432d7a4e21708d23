"""README and docs: every command is understood, those that need no network run, every link leads somewhere."""

from __future__ import annotations

import inspect
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mlenv.cli.group import COMMANDS, group
from tests.cli.conftest import Run
from tests.cli.shown_commands import PAGES, ROOT, Shown, parse, read_inline, read_shown, split_commands

SHOWN = [command for page in PAGES for command in read_shown(page)]
INLINE = [command for page in PAGES for command in read_inline(page)]
INCOMPLETE = ("Missing ", "Option ")
"""How click begins where a command that is only named has no value for what it needs."""
RUNS = {
    ("doctor",): {0, 1},
    ("plan",): {0, 3},
    ("why",): {0, 3},
    ("setup",): {0},
    ("probe",): {0},
    ("profiles",): {0},
    ("schema",): {0},
    ("completion",): {0},
    ("matrix", "show"): {0},
    ("matrix", "why"): {0, 3},
    ("policy", "explain"): {0},
    ("env", "list"): {0},
}
"""Commands that run offline and change nothing but the files they are told to write, and how they may end."""
NEEDS_MORE = ("--prove", "--env", "--fix", "--yes", "--against", "pylock", "pylock.toml", "no-swap-on-small-machine")
"""Words that ask for a network, an environment, another file, or a check that the guide only leads to."""
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


def runs(command: Shown) -> bool:
    known = command.words[:1] in RUNS or command.words[:2] in RUNS
    elsewhere = any("/" in word for word in command.words)
    return known and not elsewhere and not set(command.words) & set(NEEDS_MORE)


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


@pytest.mark.parametrize("command", [row for row in distinct(SHOWN) if runs(row)], ids=str)
def test_a_command_runs(mlenv: Run, sandbox: Path, command: Shown) -> None:
    if "--record" in command.words:
        shutil.rmtree(sandbox / "DIR")
    policy = command.words[:1] == ("policy",)
    for name in ("team.toml", "workstation.toml"):
        (sandbox / name).write_text('schema = 1\nname = "team"\n[host]\npython = ">=3.11"\n' if policy else TEAM)
    done = mlenv(*command.words)
    allowed = next(statuses for words, statuses in RUNS.items() if command.words[: len(words)] == words)
    assert done.returncode in allowed, done.stderr
    assert "Traceback" not in done.stderr


def test_enough_is_shown_and_run() -> None:
    assert len(SHOWN) > 80
    assert len([row for row in distinct(SHOWN) if runs(row)]) > 25


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
