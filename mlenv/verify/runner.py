"""Verifies an environment: children side by side, results in the order of the targets."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

import msgspec

from mlenv.checks.registry import ImportAttempt
from mlenv.system import process
from mlenv.system.process import Completed
from mlenv.verify import endings
from mlenv.verify.apart import follow_up
from mlenv.verify.children import Setting, child_argv, child_environ
from mlenv.verify.judge import Child, judge_child
from mlenv.verify.result import Result, Target, Verification, find_status
from mlenv.verify.schedule import find_deadline, order_targets

if TYPE_CHECKING:
    import queue


class Run(Protocol):
    """How a child is run; :func:`mlenv.system.process.run` in earnest."""

    def __call__(
        self, argv: Sequence[str], *, timeout: float, environ: Mapping[str, str] | None, cwd: str | None
    ) -> Completed:
        """Run a command to its end or its deadline in seconds."""


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """How children are run: how many at a time, each for how many seconds at most, and by what.

    Without ``timeout`` the level and the framework say how long.
    """

    width: int = 2
    timeout: float | None = None
    import_only: bool = False
    run: Run = process.run


ORDINARY = Errand()


def verify_environment(
    setting: Setting,
    targets: Sequence[Target],
    *,
    environment: str,
    errand: Errand = ORDINARY,
    name_gpus: Callable[[], Sequence[str]] = tuple,
    on_result: Callable[[Result], None] | None = None,
) -> Verification:
    """Import and exercise each target in a child of an environment's interpreter.

    ``environment`` names the environment in the answer.  ``on_result`` gets each result when it is
    there, in the caller's thread.  Where one of several GPUs does not do its work, each is tried
    again in a child that sees no other; ``name_gpus`` tells their UUIDs when that is needed.
    """
    found: dict[int, tuple[Result, ...]] = {}
    for index, child in _run_children(setting, targets, errand):
        results = judge_child(child)
        run_alone = partial(_run_alone, _narrow(setting, results), child.target, errand)
        found[index] = follow_up(results, name_gpus, run_alone)
        if on_result is not None:
            for result in found[index]:
                on_result(result)
    results = tuple(result for index in sorted(found) for result in found[index])
    return Verification(
        environment=environment,
        status=find_status(results, setting.device),
        results=results,
        level=setting.level,
    )


def attempt_imports(
    setting: Setting, targets: Sequence[Target], *, errand: Errand = ORDINARY
) -> tuple[ImportAttempt, ...]:
    """Only import each target in a child of an environment's interpreter, for a diagnosis.

    The texts hold the exception and the last lines of standard error, where libraries say what
    no exception does.  A distribution that brings no module is left out.
    """
    found = dict(_run_children(setting, targets, msgspec.structs.replace(errand, import_only=True)))
    attempts = (_word_attempt(found[index]) for index in sorted(found))
    return tuple(attempt for attempt in attempts if attempt is not None)


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


def _run_children(setting: Setting, targets: Sequence[Target], errand: Errand) -> Iterator[tuple[int, Child]]:
    """Run a child for each target, several at a time; gives each with its index as it ends."""
    import queue
    import tempfile

    ended: queue.SimpleQueue[tuple[int, Child] | Exception] = queue.SimpleQueue()
    waiting = [(index, targets[index]) for index in reversed(order_targets(targets))]
    with tempfile.TemporaryDirectory(prefix="mlenv-verify-", ignore_cleanup_errors=True) as folder:

        def run_one(target: Target) -> Child:
            return _run_child(setting, target, errand, folder)

        for _ in range(min(errand.width, len(targets))):
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


def _run_child(setting: Setting, target: Target, errand: Errand, folder: str, extra: Mapping[str, str] = {}) -> Child:
    import secrets

    # A token that nobody knows beforehand: a framework's own output cannot pass for an answer.
    marker = secrets.token_hex(16)
    limit = errand.timeout or find_deadline(target, setting.level, soak_seconds=setting.soak_seconds)
    python = _make_absolute(setting.python)
    argv = child_argv(
        msgspec.structs.replace(setting, python=python), target, marker, timeout=limit, import_only=errand.import_only
    )
    variables = {**child_environ(setting.environ, python, setting.scratch or folder), **extra}
    began = time.monotonic()
    completed = errand.run(argv, timeout=limit, environ=variables, cwd=folder)
    seconds = time.monotonic() - began
    return Child(target=target, completed=completed, marker=marker, seconds=seconds, limit=limit)


DEEP_CHECKS = frozenset({"matmul-rate", "memory-rate", "transfer-rate", "memory", "soak", "collective"})


def _narrow(setting: Setting, results: Sequence[Result]) -> Setting:
    """The setting for GPUs one by one: no deeper than what failed, for each may take half an hour."""
    deep = any(result.status == "fail" and result.check in DEEP_CHECKS for result in results)
    if setting.level != "deep":
        return setting
    return msgspec.structs.replace(setting, level="deep" if deep else "standard", soak_seconds=0.0)


def _run_alone(setting: Setting, target: Target, errand: Errand, uuid: str) -> tuple[Result, ...]:
    """The results of a child of the same target that sees one GPU only."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="mlenv-verify-", ignore_cleanup_errors=True) as folder:
        return judge_child(_run_child(setting, target, errand, folder, {"CUDA_VISIBLE_DEVICES": uuid}))
