"""What is made of a child's last words, without any child."""

from __future__ import annotations

import msgspec
import pytest

from mlenv.system.process import Completed
from mlenv.verify.judge import Child, judge_child, read_last_statement
from mlenv.verify.result import Target

MARKER = "3f0c"
IMPORTED = '{"check": "import", "status": "pass", "seconds": 1.5, "detail": "imported torch"}'
COMPUTING = f'{MARKER} {{"phase": "compute", "version": "2.15.0", "results": [{IMPORTED}]}}\n'


def judge(
    stdout: str = "",
    stderr: str = "",
    status: int | None = 0,
    *,
    timed_out: bool = False,
    missing: bool = False,
) -> list[tuple[str, str, str, str]]:
    completed = Completed(status=status, stdout=stdout, stderr=stderr, timed_out=timed_out, missing=missing)
    target = Target(framework="torch", distribution="torch")
    child = Child(target=target, completed=completed, marker=MARKER, seconds=4.0, limit=120.0)
    return [(result.check, result.status, result.reason, result.detail) for result in judge_child(child)]


def say(phase: str, *steps: dict[str, object]) -> str:
    return f"{MARKER} {msgspec.json.encode({'phase': phase, 'results': steps}).decode()}\n"


def test_a_whole_run() -> None:
    done = COMPUTING.replace("compute", "done", 1)
    assert judge("noise\n" + COMPUTING + done) == [("import", "pass", "", "imported torch")]


def test_a_crash_keeps_the_results_before_it() -> None:
    dump = 'Current thread 0x1 (most recent call first):\n  File "a.py", line 3 in f'
    stderr = f"Fatal Python error: Segmentation fault\n\n{dump}\n"
    hint = "segmentation fault: two copies of a native library, or binaries that do not belong together"
    assert judge(COMPUTING, stderr, -11) == [
        ("import", "pass", "", "imported torch"),
        (
            "compute",
            "fail",
            "crashed",
            f'killed by SIGSEGV ({hint}) while computing with torch; Python was in File "a.py", line 3 in f',
        ),
    ]


def test_the_time_of_a_crash_is_what_the_other_checks_left() -> None:
    completed = Completed(status=-9, stdout=COMPUTING)
    target = Target(framework="torch", distribution="torch")
    child = Child(target=target, completed=completed, marker=MARKER, seconds=4.0, limit=120.0)
    assert [result.seconds for result in judge_child(child)] == [1.5, 2.5]


@pytest.mark.parametrize(("code", "signal"), [(0xC0000005, "SIGSEGV"), (0xC000001D, "SIGILL"), (0xC0000409, "SIGABRT")])
def test_a_crash_on_windows_has_the_same_name(code: int, signal: str) -> None:
    assert judge(COMPUTING, status=code)[-1][2:] == ("crashed", judge(COMPUTING, status=code)[-1][3])
    assert f"killed by {signal}" in judge(COMPUTING, status=code)[-1][3]


def test_silence() -> None:
    assert judge(missing=True, stderr="No such file")[0] == (
        "import",
        "error",
        "could-not-run",
        "the interpreter of the environment could not be started: No such file",
    )
    assert judge(status=1, stderr="SyntaxError: invalid syntax")[0] == (
        "import",
        "error",
        "could-not-run",
        "the check could not run: Python ended with status 1; last words: SyntaxError: invalid syntax",
    )
    assert judge(status=-4)[0][:3] == ("import", "fail", "crashed")
    assert judge(status=None, timed_out=True)[0] == (
        "import",
        "fail",
        "timed-out",
        "no answer within 120 s before importing torch",
    )


def test_a_child_that_checked_nothing_is_an_error() -> None:
    assert judge(say("done")) == [("import", "error", "could-not-run", "the child checked nothing")]


def test_a_hang_after_the_last_check_is_a_warning() -> None:
    results = judge(say("done", {"check": "import", "status": "pass", "seconds": 1.0}), status=None, timed_out=True)
    assert results[-1][:3] == ("exit", "warn", "timed-out")


@pytest.mark.parametrize(
    ("stdout", "phase"),
    [
        (say("import") + say("done"), "done"),
        (say("import") + f'{MARKER} {{"phase": "do', "import"),
        (say("import") + f'{MARKER} {{"phase": 3}}\n', "import"),
        ('{"phase": "done"}\nffff {"phase": "done"}\n', None),
        ("", None),
    ],
)
def test_the_last_whole_statement_counts(stdout: str, phase: str | None) -> None:
    statement = read_last_statement(stdout, MARKER)
    assert (statement.phase if statement else None) == phase


def test_a_missing_device_is_explained_by_standard_error() -> None:
    step = {"check": "device", "status": "fail", "seconds": 0.1, "reason": "device-missing", "detail": "no GPU"}
    stderr = "I0000 port.cc:153] oneDNN is on\nCould not find cuda drivers on your machine, GPU will not be used.\n"
    assert judge(say("done", step), stderr)[0][3] == (
        "no GPU; on standard error: Could not find cuda drivers on your machine, GPU will not be used."
    )
