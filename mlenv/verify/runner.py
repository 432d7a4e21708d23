"""Verifies an environment: children side by side, results in the order of the targets."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from mlenv.checks.registry import ImportAttempt
from mlenv.system import process
from mlenv.system.process import Completed
from mlenv.verify import endings
from mlenv.verify.children import child_argv, child_environ
from mlenv.verify.judge import Child, judge_child
from mlenv.verify.result import DeviceKind, Result, Target, Verification, find_status

if TYPE_CHECKING:
    import queue

DEFAULT_TIMEOUT = 120.0  # seconds; a cold import of torch or tensorflow alone can take 20
WIDTH = 2
CHILD_BYTES = 3 * 1024**3


class Run(Protocol):
    """How a child is run; :func:`mlenv.system.process.run` in earnest."""

    def __call__(
        self, argv: Sequence[str], *, timeout: float, environ: Mapping[str, str] | None, cwd: str | None
    ) -> Completed:
        """Run a command to its end or its deadline in seconds."""


def verify_environment(
    python: str,
    targets: Sequence[Target],
    *,
    environment: str,
    device: DeviceKind = "auto",
    timeout: float = DEFAULT_TIMEOUT,
    environ: Mapping[str, str],
    on_result: Callable[[Result], None] | None = None,
    run: Run = process.run,
    width: int = WIDTH,
) -> Verification:
    """Import and exercise each target in a child of the interpreter ``python``.

    ``timeout`` is the deadline of one child in seconds, ``width`` how many run at a time;
    ``environment`` names the environment in the answer.  ``on_result`` gets each result when it
    is there, in the caller's thread.
    """

    def argv(target: Target, marker: str) -> list[str]:
        return child_argv(python, target, marker, device=device, timeout=timeout)

    python = _make_absolute(python)
    found: dict[int, tuple[Result, ...]] = {}
    for index, child in _run_children(python, targets, argv, timeout, environ, run, width):
        found[index] = judge_child(child)
        if on_result is not None:
            for result in found[index]:
                on_result(result)
    results = tuple(result for index in sorted(found) for result in found[index])
    return Verification(environment=environment, status=find_status(results, device), results=results)


def attempt_imports(
    python: str,
    targets: Sequence[Target],
    *,
    timeout: float = DEFAULT_TIMEOUT,
    environ: Mapping[str, str],
    run: Run = process.run,
    width: int = WIDTH,
) -> tuple[ImportAttempt, ...]:
    """Only import each target in a child of the interpreter ``python``, for a diagnosis.

    The texts hold the exception and the last lines of standard error, where libraries say what
    no exception does.  A distribution that brings no module is left out.
    """

    def argv(target: Target, marker: str) -> list[str]:
        return child_argv(python, target, marker, device="auto", timeout=timeout, import_only=True)

    python = _make_absolute(python)
    found = dict(_run_children(python, targets, argv, timeout, environ, run, width))
    attempts = (_word_attempt(found[index]) for index in sorted(found))
    return tuple(attempt for attempt in attempts if attempt is not None)


def choose_width(cores: float | None, available_bytes: int | None) -> int:
    """How many children to run at a time: no more than two, and fewer on a small machine."""
    by_cores = int(cores) if cores is not None else WIDTH
    by_memory = available_bytes // CHILD_BYTES if available_bytes is not None else WIDTH
    return max(1, min(WIDTH, by_cores, by_memory))


def _word_attempt(child: Child) -> ImportAttempt | None:
    result = judge_child(child)[0]
    if result.status == "skip":
        return None
    lines = endings.read_lines(child.completed.stderr)[-20:]
    detail = "\n".join([result.detail, *lines])
    name = child.target.framework
    if result.status == "pass":
        return ImportAttempt(framework=name, outcome="imported", detail="\n".join(lines))
    if result.reason == "timed-out":
        return ImportAttempt(framework=name, outcome="timed_out", detail=detail)
    if result.signal is not None:
        return ImportAttempt(framework=name, outcome="crashed", signal=result.signal, detail=detail)
    return ImportAttempt(framework=name, outcome="failed", detail=detail)


def _make_absolute(python: str) -> str:
    """The interpreter's path from any folder; links stay, because an environment is found by its link."""
    return os.path.abspath(python) if os.path.dirname(python) else python


_Argv = Callable[[Target, str], list[str]]


def _run_children(
    python: str,
    targets: Sequence[Target],
    make_argv: _Argv,
    timeout: float,
    environ: Mapping[str, str],
    run: Run,
    width: int,
) -> Iterator[tuple[int, Child]]:
    """Run a child for each target, ``width`` at a time; gives each with its index as it ends."""
    import queue
    import tempfile

    ended: queue.SimpleQueue[tuple[int, Child] | Exception] = queue.SimpleQueue()
    waiting = list(reversed(list(enumerate(targets))))
    with tempfile.TemporaryDirectory(prefix="mlenv-verify-", ignore_cleanup_errors=True) as folder:
        variables = child_environ(environ, python, folder)

        def run_one(target: Target) -> Child:
            return _run_child(target, make_argv, timeout, variables, folder, run)

        for _ in range(min(width, len(targets))):
            threading.Thread(target=_work, args=(waiting, run_one, ended), daemon=True).start()
        try:
            for _ in targets:
                yield _receive(ended)
        finally:
            waiting.clear()


def _work(
    waiting: list[tuple[int, Target]],
    run_one: Callable[[Target], Child],
    ended: queue.SimpleQueue[tuple[int, Child] | Exception],
) -> None:
    """Take one target after the other until none is left."""
    while True:
        try:
            index, target = waiting.pop()
        except IndexError:
            return
        try:
            ended.put((index, run_one(target)))
        except Exception as error:  # noqa: BLE001 - it is raised again in the caller's thread
            ended.put(error)


def _receive(ended: queue.SimpleQueue[tuple[int, Child] | Exception]) -> tuple[int, Child]:
    """The next child that has ended; an exception of its thread is raised here."""
    import queue

    while True:
        try:
            answer = ended.get(timeout=1.0)  # a wait without end cannot be interrupted on Windows
        except queue.Empty:
            continue
        if isinstance(answer, Exception):
            raise answer
        return answer


def _run_child(
    target: Target, make_argv: _Argv, timeout: float, variables: Mapping[str, str], folder: str, run: Run
) -> Child:
    import secrets

    # A token that nobody knows beforehand: a framework's own output cannot pass for an answer.
    marker = secrets.token_hex(16)
    began = time.monotonic()
    completed = run(make_argv(target, marker), timeout=timeout, environ=variables, cwd=folder)
    seconds = time.monotonic() - began
    return Child(target=target, completed=completed, marker=marker, seconds=seconds, limit=timeout)
