"""From how a child ended to results: pure, nothing is run or read here."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from mlenv.system.process import Completed
from mlenv.typed import decode_json
from mlenv.verify import endings
from mlenv.verify.imports import explain_import
from mlenv.verify.result import Result, ResultStatus, Target


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One result as a payload states it."""

    check: str
    status: Literal["pass", "warn", "fail", "skip", "error"]
    seconds: float
    device: str | None = None
    detail: str = ""
    reason: str = ""
    measured: dict[str, float | str] = {}
    about: str = ""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a child: the phase that began (``done`` at the end) and every result so far."""

    phase: str
    version: str | None = None
    results: tuple[Step, ...] = ()


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """A child that has ended: what it was for, how it ended, and after how many seconds.

    ``marker`` is the token that its own lines begin with; ``limit`` was its deadline in seconds.
    """

    target: Target
    completed: Completed
    marker: str
    seconds: float
    limit: float


def judge_child(child: Child) -> tuple[Result, ...]:
    """The results of one child; never empty."""
    statement = read_last_statement(child.completed.stdout, child.marker)
    if statement is None:
        return (_judge_silence(child),)
    results = tuple(_explain(_take(child, statement, step), child.completed.stderr) for step in statement.results)
    ending = _judge_ending(child, statement)
    if ending is not None:
        results += (ending,)
    return results or (_note(child, statement, "import", "error", "could-not-run", "the child checked nothing"),)


# 3f0c…e1 {"phase": "compute", "version": "2.13.0", "results": [{"check": "import", "status": "pass", …}]}
def read_last_statement(stdout: str, marker: str) -> Statement | None:
    """The last whole statement of a child, None where there is none.

    Lines that do not begin with the marker are somebody else's; a line cut short is passed over.
    """
    for line in reversed(stdout.split("\n")):
        if line.startswith(marker + " "):
            try:
                return decode_json(line[len(marker) + 1 :], Statement)
            except msgspec.DecodeError:
                continue
    return None


def _take(child: Child, statement: Statement, step: Step) -> Result:
    return Result(
        framework=child.target.framework,
        version=statement.version,
        device=step.device,
        check=step.check,
        status=step.status,
        seconds=step.seconds,
        detail=step.detail,
        reason=step.reason,
        measured=step.measured,
        about=step.about,
    )


def _note(
    child: Child, statement: Statement | None, check: str, status: ResultStatus, reason: str, detail: str
) -> Result:
    spent = sum(step.seconds for step in statement.results) if statement else 0.0
    return Result(
        framework=child.target.framework,
        version=statement.version if statement else None,
        check=check,
        status=status,
        seconds=round(max(child.seconds - spent, 0.0), 3),
        detail=detail,
        reason=reason,
        signal=endings.find_signal(child.completed),
    )


def _judge_silence(child: Child) -> Result:
    """The result of a child that never came to its first statement."""
    completed = child.completed
    name = child.target.framework
    if completed.missing:
        text = f"the interpreter of the environment could not be started: {completed.stderr}"
        return _note(child, None, "import", "error", "could-not-run", text)
    if completed.timed_out or endings.find_signal(completed):
        return _note(child, None, "import", "fail", *_word_violent_end(child, f"before importing {name}"))
    said = endings.read_last_words(completed.stderr)
    text = f"the check could not run: Python ended with status {completed.status}{said}"
    return _note(child, None, "import", "error", "could-not-run", text)


def _judge_ending(child: Child, statement: Statement) -> Result | None:
    """What is to be said of the ending itself, None where the child ended as it should."""
    completed, done = child.completed, statement.phase == "done"
    doing = endings.word_phase(statement.phase, child.target.framework)
    check = "exit" if done else statement.phase
    status: ResultStatus = "warn" if done else "fail"
    if completed.timed_out or endings.find_signal(completed):
        return _note(child, statement, check, status, *_word_violent_end(child, doing))
    if done and completed.ok:
        return None
    text = f"Python ended with status {completed.status} {doing}{endings.read_last_words(completed.stderr)}"
    return _note(child, statement, check, status, "ended-early", text)


def _word_violent_end(child: Child, doing: str) -> tuple[str, str]:
    """The slug and the sentence of a time-out or a crash."""
    said = endings.read_last_words(child.completed.stderr)
    if child.completed.timed_out:
        return "timed-out", f"no answer within {child.limit:g} s {doing}{said}"
    signal = endings.find_signal(child.completed) or ""
    return "crashed", f"killed by {endings.word_signal(signal)} {doing}{said}"


_SPEAKS_OF_DEVICE = re.compile(r"cuda|gpu|cudnn|dlopen|driver|rocm|\bhip|nvml", re.IGNORECASE)


def _explain(result: Result, stderr: str) -> Result:
    """The result with a slug for a failed import, or with what a library said of a missing device."""
    if result.check == "import" and result.reason == "exception":
        reason, words = explain_import(result.detail, result.framework)
        return msgspec.structs.replace(result, reason=reason, detail=f"{words}{result.detail}")
    if result.check == "device" and result.reason == "device-missing":
        lines = [line[: endings.LINE] for line in endings.read_lines(stderr) if _SPEAKS_OF_DEVICE.search(line)]
        said = " / ".join(list(dict.fromkeys(lines))[-3:])
        detail = f"{result.detail}; on standard error: {said}" if said else result.detail
        return msgspec.structs.replace(result, detail=detail)
    return result
