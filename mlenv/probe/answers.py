"""Questions that mlenv's own child processes answer with one marked line of JSON."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from mlenv.probe.log import Log
from mlenv.system.host import Host
from mlenv.system.process import Completed

ANSWER = TypeVar("ANSWER")
_WINDOWS_CRASH = 0xC0000000


def ask(host: Host, log: Log, subject: str, script: str, kind: type[ANSWER]) -> tuple[ANSWER | None, Completed]:
    """What a child script found, and how it ended.

    None where it gave no answer; the log then says whether it crashed, hung or talked nonsense.
    """
    completed = host.ask(script, timeout=log.seconds_left)
    source = f"child process {script}"
    text = find_answer(completed.stdout, f"mlenv-{script}:")
    if text is None:
        log.unreadable(subject, source, explain(completed))
        return None, completed
    try:
        return msgspec.json.decode(text, type=kind), completed
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        log.unreadable(subject, source, f"the answer is not as expected: {error}")
        return None, completed


# loading kernel profile... mlenv-nvml:{"init": "ok"}
def find_answer(stdout: str, marker: str) -> str | None:
    """What follows the last marker on its line; vendor libraries print before and after it."""
    _, found, rest = stdout.rpartition(marker)
    return rest.split("\n")[0].strip() if found else None


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
