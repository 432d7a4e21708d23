"""The bash script: it is bash, it quotes, and it does what the plan says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlenv.facts.packages import PackageConfiguration
from mlenv.facts.python import PythonInterpreter
from mlenv.plan.forms.shell import command_lines, here_mark, whole
from tests.unit.plan.plan_cases import GPU, LINUX, LOCK, describe, form_for, plan_of, setting, sources_for

BASH = shutil.which("bash") or ""
SHELLCHECK = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or ""
WORDS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=30), min_size=1, max_size=6)
needs_bash = pytest.mark.skipif(not BASH, reason="needs bash")
SCRIPTS = {
    "cpu": lambda: form_for("shell", "pytorch-cpu"),
    "gpu": lambda: form_for("shell", "pytorch-gpu", machine=describe(LINUX + GPU)),
    "pip": lambda: form_for("shell", "starter", manager="pip"),
    "offline": lambda: form_for("shell", "starter", offline=True),
    "proven": lambda: form_for("shell", "pytorch-cpu", lock=LOCK),
    "needs": lambda: form_for("shell", "spark"),
    "variables": lambda: form_for("shell", "keras"),
    "odd-place": lambda: form_for("shell", "starter", environment="my 'env' \"x\" $HOME `a` 100% ü"),
}


def bash(text: str, *options: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([BASH, *options], input=text.encode(), capture_output=True, timeout=20, check=False)


@needs_bash
@pytest.mark.parametrize("name", SCRIPTS)
def test_it_is_bash(name: str) -> None:
    done = bash(SCRIPTS[name](), "-n")
    assert (0, b"") == (done.returncode, done.stderr)


@pytest.mark.skipif(not SHELLCHECK, reason="needs shellcheck")
@pytest.mark.parametrize("name", SCRIPTS)
def test_shellcheck_finds_nothing(name: str) -> None:
    done = subprocess.run(
        [SHELLCHECK, "--shell=bash", "--exclude=SC2016", "-"],
        input=SCRIPTS[name]().encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert "" == done.stdout.decode()


@needs_bash
@given(WORDS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_word_reaches_the_command_as_it_is(words: list[str]) -> None:
    done = bash(command_lines(("printf", "%s\\0", *words)))
    assert "".join(f"{word}\0" for word in words).encode() == done.stdout


@needs_bash
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_reaches_its_file_as_it_is(text: str) -> None:
    mark = here_mark(text)
    assert whole(text).encode() == bash(f"cat << '{mark}'\n{whole(text)}{mark}\n").stdout


def test_it_runs_the_commands_of_the_plan() -> None:
    sources = sources_for("pytorch-cpu", portable=True)
    text = form_for("shell", "pytorch-cpu").replace(" \\\n ", "")
    assert all(" ".join(step.argv) in text for step in plan_of(sources).steps)


def test_it_names_no_interpreter_of_this_machine() -> None:
    found = PythonInterpreter(version="3.12.4", path="/home/me/python3.12")
    machine = msgspec.structs.replace(describe(), pythons=(found,))
    assert "/home/me/python3.12" in plan_of(sources_for("starter", machine=machine)).steps[0].argv
    assert "/home/me" not in form_for("shell", "starter", machine=machine)
    assert "--python 3.12 .venv" in form_for("shell", "starter", machine=machine)


def test_a_proven_plan_is_not_resolved_again() -> None:
    text = form_for("shell", "pytorch-cpu", lock=LOCK)
    assert "pip compile" not in text
    assert LOCK in text


def test_a_login_is_not_in_it_but_told_of() -> None:
    packages = PackageConfiguration(extra_index_urls=(setting("https://me:s3cret@more.example/simple"),))
    text = form_for("shell", "starter", machine=describe(packages=packages))
    assert "s3cret" not in text
    assert "UV_INDEX_CONFIGURED_1_USERNAME" in text


def test_java_is_asked_for_before_anything_is_done() -> None:
    text = form_for("shell", "spark")
    assert text.index("command -v java") < text.index("uv venv")


def fake_tools(folder: Path, **programs: str) -> str:
    """A PATH with programs of our own before the usual ones."""
    tools = folder / "tools"
    tools.mkdir()
    for name, body in programs.items():
        path = tools / name
        path.write_text(f"#!{BASH}\n{body}\n")
        path.chmod(0o755)
    return f"{tools}:/usr/bin:/bin"


@needs_bash
def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "s.sh").write_text(form_for("shell", "starter"))
    body = 'if [ "$1" = venv ]; then mkdir -p "${@: -1}"; else echo no such package >&2; exit 7; fi'
    path = fake_tools(tmp_path, uv=body)
    done = subprocess.run(
        [BASH, "s.sh"], cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True, timeout=20, check=False
    )
    assert (7, False) == (done.returncode, (tmp_path / ".venv").exists())
    assert "no such package" in done.stderr


@needs_bash
def test_a_program_that_is_missing_is_told_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "s.sh").write_text(form_for("shell", "starter", manager="pip"))
    done = subprocess.run(
        [BASH, "s.sh"], cwd=tmp_path, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert (1, "error: python3.12 is needed and not on PATH\n") == (done.returncode, done.stderr)


@needs_bash
def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "s.sh").write_text(form_for("shell", "starter"))
    (tmp_path / ".venv").mkdir()
    path = fake_tools(tmp_path, uv="exit 9")
    done = subprocess.run(
        [BASH, "s.sh"], cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True, timeout=20, check=False
    )
    assert (1, True) == (done.returncode, (tmp_path / ".venv").exists())
    assert "is there already" in done.stderr
