"""The door for child processes keeps what it can hold and comes back in time."""

from __future__ import annotations

import sys
import time

import pytest

from mlenv.system.process import KEPT_BYTES, run

MEGABYTE = 1024 * 1024
PRINT = "import sys\nfor _ in range({count}): sys.{stream}.buffer.write(b'{piece}' * {size})"


def python(code: str, timeout: float = 30.0) -> tuple[int | None, str, str]:
    done = run([sys.executable, "-I", "-S", "-c", code], timeout=timeout)
    return done.status, done.stdout, done.stderr


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_of_a_hundred_megabytes_the_first_four_are_kept(stream: str) -> None:
    status, out, err = python(PRINT.format(count=100, stream=stream, piece="x", size=MEGABYTE))
    kept, other = (out, err) if stream == "stdout" else (err, out)
    assert (0, "x" * KEPT_BYTES, "") == (status, kept, other)


def test_what_is_no_text_is_kept_with_marks() -> None:
    assert (0, "a\ufffdb\ufffd", "") == python(r"import sys; sys.stdout.buffer.write(b'a\xffb\xc3')")


def test_no_output_at_all() -> None:
    assert (0, "", "") == python("pass")


def test_a_child_that_never_ends_is_ended() -> None:
    begin = time.monotonic()
    done = run([sys.executable, "-I", "-S", "-c", "print('begun', flush=True)\nwhile True: pass"], timeout=0.5)
    assert (None, True) == (done.status, done.timed_out)
    assert time.monotonic() - begin < 10


def test_the_signal_is_named() -> None:
    done = run(
        [sys.executable, "-I", "-S", "-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"], timeout=30
    )
    assert "SIGSEGV" == done.signal_name


@pytest.mark.parametrize("argv", [["/no/such/program"], ["bad\0name"], [""]])
def test_what_cannot_be_started_is_said(argv: list[str]) -> None:
    done = run(argv, timeout=1)
    assert (None, True) == (done.status, done.missing)
    assert done.stderr
