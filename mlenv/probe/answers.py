"""Questions that mlenv's own child processes answer with one marked line of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from mlenv.probe.log import Log
from mlenv.system.host import Host
from mlenv.system.process import Completed
from mlenv.typed import decode_json

ANSWER = TypeVar("ANSWER")
_WINDOWS_CRASH = 0xC0000000
# A child answers a few times at most; of endless junk with our marker in it no more is looked at.
MOST_ANSWERS = 8
SHOWN_SIGNS = 100


def ask(
    host: Host, log: Log, subject: str, script: str, kind: type[ANSWER], *, seconds: float | None = None
) -> tuple[ANSWER | None, Completed]:
    """What a child script found, and how it ended, within ``seconds`` (else what the log has left).

    None where it gave no answer; the log then says whether it crashed, hung or talked nonsense.  A child
    that crashed or hung after an answer has given that answer, and the log says so too.
    """
    completed = host.ask(script, timeout=log.seconds_left if seconds is None else seconds)
    source = f"child process {script}"
    answer, trouble = decode_answer(completed.stdout, f"mlenv-{script}:", kind)
    if answer is None:
        log.unreadable(subject, source, trouble or explain(completed))
    elif not completed.ok:
        log.unreadable(subject, source, f"{explain(completed)}, after it had answered")
    return answer, completed


def decode_answer(stdout: str, marker: str, kind: type[ANSWER]) -> tuple[ANSWER | None, str]:
    """The last answer that is whole; else None, and what is wrong with the last one."""
    first_trouble = ""
    for text in find_answers(stdout, marker):
        answer, trouble = _decode(text, kind)
        if answer is not None:
            return answer, ""
        first_trouble = first_trouble or trouble
    return None, first_trouble


def _decode(text: str, kind: type[ANSWER]) -> tuple[ANSWER | None, str]:
    try:
        return decode_json(text, kind), ""
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        return None, f"the answer is not as expected: {error}"


# loading kernel profile... mlenv-nvml:{"init": "ok"}
def find_answer(stdout: str, marker: str) -> str | None:
    """What follows the last marker on its line; vendor libraries print before and after it."""
    return next(find_answers(stdout, marker), None)


def find_answers(stdout: str, marker: str) -> Iterator[str]:
    """What follows the markers, the last first; a child that is ended while it writes leaves a broken one."""
    for _ in range(MOST_ANSWERS):
        stdout, found, rest = stdout.rpartition(marker)
        if not found:
            return
        yield rest.partition("\n")[0].strip()


def note_output(log: Log, subject: str, script: str, completed: Completed) -> None:
    """A reading of what a library printed by itself, which the child keeps apart from its answers."""
    text = completed.stderr.strip()
    if text:
        start = "".join(sign if sign.isprintable() else " " for sign in text[:SHOWN_SIGNS])
        log.found(subject, f"child process {script}", f"the library printed {len(text)} characters: {start}")


def explain(completed: Completed) -> str:
    """Why a child process gave no answer, in a few words."""
    if completed.timed_out:
        return "no answer before the deadline"
    if completed.missing or completed.status is None:
        return f"could not be started: {completed.stderr.strip()}"
    if completed.signal_name:
        return f"ended by {completed.signal_name}"
    if completed.status >= _WINDOWS_CRASH:
        return f"crashed with code 0x{completed.status:08X}"
    start = f"ended with status {completed.status}" if completed.status else "answered nothing that is understood"
    last = _last_line(completed.stderr) or _last_line(completed.stdout)
    return f"{start}: {last}" if last else start


def _last_line(text: str) -> str:
    return text.strip().rsplit("\n", 1)[-1].strip()[:200]


def name_end(completed: Completed) -> str:
    """How a child without an answer ended, in one word: ``timeout``, ``SIGSEGV``, ``no answer``."""
    if completed.timed_out:
        return "timeout"
    return completed.signal_name or "no answer"
