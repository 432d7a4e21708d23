"""Completion: the lines for each shell, and what is offered for words that are half typed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Parser

from mlenv.checks.manual import page_ids
from mlenv.cli.completing import SHELLS, completion_script
from mlenv.cli.group import COMMANDS
from mlenv.matrix.load import Matrix
from mlenv.report.schema import SCHEMAS
from tests.cli.conftest import Run

Complete = Callable[..., list[str]]


@pytest.fixture
def complete(mlenv: Run) -> Complete:
    """``complete("doctor", "--fo")``: what bash is offered for the last word."""

    def ask(*words: str) -> list[str]:
        line = " ".join(("mlenv", *words))
        done = mlenv(_MLENV_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(words)))
        assert 0 == done.returncode, done.stderr
        assert "" == done.stderr
        return [row.partition(",")[2] for row in done.stdout.splitlines() if row]

    return ask


def test_commands(complete: Complete) -> None:
    assert [name for name in COMMANDS if name.startswith("p")] == complete("p")
    assert ["list", "show", "diff", "rollback", "remove"] == complete("env", "")


def test_options(complete: Complete) -> None:
    assert ["--explain"] == complete("doctor", "--expl")
    assert {"text", "json"} <= set(complete("doctor", "--format", ""))


def test_profiles(complete: Complete) -> None:
    names = [name for name in Matrix().profile_names if name.startswith("py")]
    assert names == complete("install", "--profile", "py")
    assert names == complete("profiles", "show", "py")
    assert names == complete("setup", "--profile", "py")


def test_ids(complete: Complete) -> None:
    assert [slug for slug in page_ids() if slug.startswith("glibc")] == complete("doctor", "--explain", "glibc")
    assert "nvidia-driver-too-old" in complete("doctor", "--check", "nvidia-driver")


def test_frameworks_goals_and_schemas(complete: Complete) -> None:
    assert ["torch", "torchao", "torchaudio"] == complete("matrix", "show", "torc")[:3]
    assert ["tables"] == complete("setup", "--goal", "t")
    assert [name for name in SCHEMAS if name.startswith("doc")] == complete("schema", "doc")


def test_data_that_cannot_be_read_offers_nothing(complete: Complete) -> None:
    assert [] == complete("install", "--matrix", "/nowhere", "--profile", "py")


def test_powershell_is_told_what_each_word_means(mlenv: Run) -> None:
    done = mlenv(
        _MLENV_COMPLETE="powershell_complete", COMP_WORDS="mlenv\ninstall\n--profile\nstart", COMP_CWORD="start"
    )
    assert "starter\tA first environment\n" == done.stdout
    done = mlenv(_MLENV_COMPLETE="powershell_complete", COMP_WORDS="mlenv\nsetup\n--goal", COMP_CWORD="")
    assert done.stdout.startswith("tables\tTables, plots")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_lines_for_each_shell(mlenv: Run, shell: str) -> None:
    done = mlenv("completion", shell)
    assert 0 == done.returncode
    assert completion_script(shell) == done.stdout
    assert f"{shell}_complete" in done.stdout


def test_bash_takes_its_lines() -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not here")
    script = completion_script("bash") + "complete -p mlenv\n"
    done = subprocess.run([bash, "--norc"], input=script, capture_output=True, text=True, timeout=30, check=False)
    assert "-F _mlenv_completion mlenv" in done.stdout


def test_powershell_takes_its_lines() -> None:
    parser = Parser(Language(tree_sitter_powershell.language()))
    assert not parser.parse(completion_script("powershell").encode()).root_node.has_error


def test_an_unknown_shell_is_refused(mlenv: Run) -> None:
    done = mlenv("completion", "tcsh")
    assert 2 == done.returncode
    assert "hint: " in done.stderr
