"""What is printed where, and how it looks."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from mlenv.errors import UsageError
from mlenv.report.style import ASCII_MARKS, UNICODE_MARKS, clean, paint
from mlenv.terminal import Terminal, marks_for, wants_colour


class Tty(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Clock:
    """Each look at it is a second and a half later."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.5
        return self.now


def _terminal(**changes: object) -> Terminal:
    fixed: dict[str, object] = {"stdout": io.StringIO(), "stderr": io.StringIO(), "environ": {}, "clock": Clock()}
    return Terminal(**{**fixed, **changes})  # type: ignore[arg-type]


def _stream(encoding: str) -> tuple[io.BytesIO, io.TextIOWrapper]:
    raw = io.BytesIO()
    return raw, io.TextIOWrapper(raw, encoding=encoding, write_through=True)


def _texts(terminal: Terminal) -> tuple[str, str]:
    assert isinstance(terminal.stdout, io.StringIO)
    assert isinstance(terminal.stderr, io.StringIO)
    return terminal.stdout.getvalue(), terminal.stderr.getvalue()


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain ✓ text\n", "plain ✓ text\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;https://host.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x1b(Bcharset", "charset"),
        ("10%\r20%\r\nend", "10%\n20%\nend"),
        ("bell\x07 null\x00 back\x08", "bell null back"),
        ("tab\tstays", "tab\tstays"),
        ("right\u202eto left", "rightto left"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_paint() -> None:
    assert paint("word", "red", colour=True) == "\x1b[31mword\x1b[0m"
    assert paint("word", "red", colour=False) == "word"


@pytest.mark.parametrize(
    ("stream", "environ", "allowed", "colour"),
    [
        (Tty(), {"TERM": "xterm"}, True, True),
        (Tty(), {"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        (Tty(), {"TERM": "xterm", "NO_COLOR": ""}, True, True),
        (Tty(), {"TERM": "dumb"}, True, False),
        (Tty(), {"TERM": "xterm"}, False, False),
        (io.StringIO(), {"TERM": "xterm"}, True, False),
    ],
)
def test_colour(stream: io.StringIO, environ: dict[str, str], allowed: bool, colour: bool) -> None:
    assert wants_colour(stream, environ, allowed=allowed) is colour


def test_a_closed_stream_has_no_colour() -> None:
    stream = io.StringIO()
    stream.close()
    assert wants_colour(stream, {}) is False


@pytest.mark.parametrize(
    ("encoding", "marks"),
    [("utf-8", UNICODE_MARKS), ("ascii", ASCII_MARKS), ("cp1252", ASCII_MARKS), ("latin-1", ASCII_MARKS)],
)
def test_marks_follow_the_encoding(encoding: str, marks: object) -> None:
    assert marks_for(_stream(encoding)[1]) == marks


def test_results_and_remarks_go_apart() -> None:
    terminal = _terminal()
    terminal.write("result\n")
    terminal.note("a note")
    terminal.warn("mind \x1b[31mthis")
    terminal.detail("not asked for")
    terminal.fail(UsageError("wrong", hint="do that"))
    assert _texts(terminal) == ("result\n", "a note\nwarning: mind this\nerror: wrong\nhint: do that\n")


def test_an_error_without_a_hint() -> None:
    terminal = _terminal()
    terminal.fail(UsageError("wrong"))
    assert _texts(terminal) == ("", "error: wrong\n")


def test_quiet_says_errors_only() -> None:
    terminal = _terminal(quiet=True, verbose=True)
    terminal.write("result\n")
    terminal.note("a note")
    terminal.warn("a warning")
    terminal.detail("a detail")
    with terminal.step("Installing") as step:
        step.say("torch")
    terminal.fail(UsageError("wrong"))
    assert _texts(terminal) == ("result\n", "error: wrong\n")


def test_verbose_adds_details() -> None:
    terminal = _terminal(verbose=True)
    terminal.detail("a detail")
    assert _texts(terminal) == ("", "a detail\n")


def test_colour_on_standard_error_follows_that_stream() -> None:
    terminal = _terminal(stderr=Tty(), environ={"TERM": "xterm"})
    terminal.warn("mind")
    assert _texts(terminal) == ("", "\x1b[33mwarning:\x1b[0m mind\n")
    assert terminal.colour is False


def test_a_step_that_ends_well() -> None:
    terminal = _terminal(verbose=True)
    with terminal.step("Installing torch") as step:
        step.say("Resolved 12 packages\n")
    assert _texts(terminal)[1] == "Installing torch ...\n  Resolved 12 packages\n[ok] Installing torch (1.5 s)\n"


def test_a_step_that_fails_says_so_and_passes_the_exception_on() -> None:
    terminal = _terminal(stderr=Tty(), environ={"NO_COLOR": "1"})
    with pytest.raises(UsageError, match="no"), terminal.step("Installing torch"):
        raise UsageError("no")
    assert _texts(terminal)[1] == "Installing torch ...\n[✗] Installing torch (1.5 s)\n"


def test_on_a_terminal_a_step_moves() -> None:
    terminal = _terminal(stderr=Tty(), environ={"TERM": "xterm"})
    with terminal.step("Installing torch") as step:
        step.say("[bold]Resolved[/bold] 12 packages")
    assert _texts(terminal)[1].endswith("\x1b[32m[✓]\x1b[0m Installing torch (1.5 s)\n")
    assert "Installing torch ..." not in _texts(terminal)[1]


def test_what_an_encoding_cannot_say_is_replaced() -> None:
    raw, stream = _stream("ascii")
    _terminal(stdout=stream).write("Radeon™ ✓\n")
    assert raw.getvalue().replace(b"\r\n", b"\n") == b"Radeon? ?\n"


@pytest.mark.parametrize(("columns", "width"), [("120", 120), ("10", 40), ("", 80), ("many", 80)])
def test_width(columns: str, width: int) -> None:
    assert _terminal(environ={"COLUMNS": columns}).width == width


def test_a_reader_that_went_away_is_no_trouble() -> None:
    script = (
        "import sys, time; from mlenv.terminal import Terminal; t = Terminal(); t.write('one\\n'); "
        "sys.stdin.read(); t.write('two\\n' * 100000); t.write('three\\n')"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stderr is not None
    assert child.stdout.readline().strip() == b"one"
    child.stdout.close()
    child.stdin.close()
    complaints = child.stderr.read()
    child.stderr.close()
    assert (child.wait(20), complaints) == (0, b"")


def test_rich_is_loaded_for_a_moving_line_only() -> None:
    script = (
        "import sys; from mlenv.terminal import Terminal; t = Terminal(); t.note('x')\n"
        "with t.step('y'): pass\n"
        "sys.exit('rich' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 0
