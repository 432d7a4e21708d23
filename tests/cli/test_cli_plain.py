"""The plain calls mean what click would make of the same words."""

from __future__ import annotations

from collections.abc import Sequence

import click
import pytest
from click.testing import CliRunner

from mlenv.cli import diagnosis, snapshot
from mlenv.cli.group import group
from mlenv.cli.plain import find_plain_call
from mlenv.cli.settings import DataOptions, OutputOptions, ProbeOptions

PLAIN = [
    ["doctor"],
    ["probe"],
    ["doctor", "--format", "json"],
    ["doctor", "--format=json"],
    ["probe", "--format", "text", "-q"],
    ["probe", "-v", "--no-color"],
    ["doctor", "--quiet", "--verbose", "--format", "json"],
]
NOT_PLAIN = [
    [],
    ["plan"],
    ["doctor", "--format"],
    ["doctor", "--format", "xml"],
    ["doctor", "--formatjson"],
    ["doctor", "--env", "x"],
    ["doctor", "-qv"],
    ["doctor", "json"],
    ["probe", "--record", "x"],
    ["--no-color", "doctor"],
]
Call = tuple[ProbeOptions | DataOptions | OutputOptions, ...]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """What the two commands are called with, in place of their work."""
    seen: list[Call] = []

    def note(*given: object) -> int:
        seen.append(tuple(one for one in given if isinstance(one, (ProbeOptions, DataOptions, OutputOptions))))
        return 0

    monkeypatch.setattr(diagnosis, "examine", note)
    monkeypatch.setattr(snapshot, "show_machine", note)
    return seen


@pytest.mark.parametrize("words", PLAIN, ids=" ".join)
def test_the_same_options(words: Sequence[str], calls: list[Call]) -> None:
    call = find_plain_call(words, ())
    assert call is not None
    call()
    assert 0 == CliRunner().invoke(group, words, standalone_mode=False, env={"MLENV_MATRIX": None}).exit_code
    plain, read_by_click = calls
    assert read_by_click == plain


@pytest.mark.parametrize("words", NOT_PLAIN, ids=" ".join)
def test_other_words_are_left_to_click(words: Sequence[str]) -> None:
    assert find_plain_call(words, ()) is None


def test_a_variable_that_is_an_option_is_left_to_click() -> None:
    assert find_plain_call(["doctor"], ["MLENV_MATRIX"]) is None


def test_every_switch_is_one_of_click() -> None:
    context = click.Context(group)
    for name in ("probe", "doctor"):
        command = group.get_command(context, name)
        assert command is not None
        assert {"-q", "--quiet", "-v", "--verbose", "--no-color"} <= {
            word for parameter in command.params for word in parameter.opts
        }
