"""Completion in the shells themselves: each takes its lines from a start file, as a user has them, and completes."""

from __future__ import annotations

import os
import select
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlenv.cli.completing import completion_script

SECONDS = 60.0
"""How long a shell may take to show what is offered, on a machine that has much else to do."""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal as POSIX has it")
STARTED = "ready"


def need(shell: str) -> str:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not here")
    return path


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A user with an empty home, and ``mlenv`` on PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    program = programs / "mlenv"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m mlenv "$@"\n')
    program.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ZSH", "BASH"))}
    kept["PATH"] = os.pathsep.join([str(programs), os.environ["PATH"]])
    return {**kept, "HOME": str(tmp_path), "ZDOTDIR": str(tmp_path), "TERM": "xterm", "COLUMNS": "120"}


class Shell:
    """An interactive shell at a terminal of its own."""

    def __init__(self, argv: list[str], environ: dict[str, str], folder: Path) -> None:
        import pty

        own, other = pty.openpty()
        self.terminal = own
        self.process = subprocess.Popen(
            argv, stdin=other, stdout=other, stderr=other, env=environ, cwd=folder, start_new_session=True
        )
        os.close(other)

    def say(self, text: str, until: str) -> str:
        """Type something and wait for what is expected; what came until then, or until the patience ended."""
        os.write(self.terminal, text.encode())
        said = ""
        end = time.monotonic() + SECONDS
        while until not in said and time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.2)[0]:
                said += os.read(self.terminal, 65536).decode(errors="replace")
        return said

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)


@pytest.fixture(params=["bash", "zsh"])
def shell(request: pytest.FixtureRequest, environ: dict[str, str], tmp_path: Path) -> Iterator[Shell]:
    """bash, then zsh, each with nothing in its start file but our lines."""
    path = need(request.param)
    start = tmp_path / f".{request.param}rc"
    start.write_text(f"{completion_script(request.param)}\nPS1='{STARTED}> '\n")
    argv = [path, "--noprofile", "--rcfile", str(start), "-i"] if request.param == "bash" else [path, "-d", "-i"]
    opened = Shell(argv, environ, tmp_path)
    try:
        said = opened.say("", until=f"{STARTED}> ")
        assert "not found" not in said
        yield opened
    finally:
        opened.close()


def test_a_profile_is_completed(shell: Shell) -> None:
    assert "--profile starter" in shell.say("mlenv install --profile start\t", until="starter")


def test_commands_are_offered(shell: Shell) -> None:
    assert "rollback" in shell.say("mlenv env \t\t", until="rollback")


def test_a_folder_is_completed(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "recorded-machine").mkdir()
    assert "recorded-machine" in shell.say("mlenv doctor --machine recorded-\t", until="recorded-machine")


@pytest.fixture
def offer(environ: dict[str, str], tmp_path: Path) -> str:
    """The shell fish, whose own command says what it offers."""
    folder = tmp_path / ".config" / "fish" / "completions"
    folder.mkdir(parents=True)
    (folder / "mlenv.fish").write_text(completion_script("fish"))
    return need("fish")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("mlenv pro", ["probe", "profiles"]),
        ("mlenv install --profile start", ["starter"]),
        ("mlenv doctor --explain glibc", ["glibc-too-old"]),
        ("mlenv doctor --machine recorded-", ["recorded-machine/"]),
    ],
)
def test_fish_offers(offer: str, environ: dict[str, str], tmp_path: Path, line: str, offered: list[str]) -> None:
    (tmp_path / "recorded-machine").mkdir()
    done = subprocess.run(
        [offer, "--command", f"complete --do-complete {shlex.quote(line)}"],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert offered == [row.split("\t")[0] for row in done.stdout.splitlines() if row.strip()], done.stderr
