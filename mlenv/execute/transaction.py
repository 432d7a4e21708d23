"""All or nothing: run a plan into a new generation, prove it, switch to it."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from mlenv.errors import InstallError, Interrupted, NoVerdictError
from mlenv.execute.generations import Generations
from mlenv.plan.lock import read_lock, render_requirements
from mlenv.plan.places import LOCK_FILE, REQUIREMENTS_FILE
from mlenv.plan.plan import Plan, Step
from mlenv.system.process import Completed, run
from mlenv.verify.result import Verification

STEP_SECONDS = 6 * 3600.0
"""No step takes longer on the slowest line; a hung one must end some day."""
SHOWN_LINES = 12


class Speaker(Protocol):
    """A running step, told what its command says."""

    def say(self, text: str) -> None:
        """A line of the command."""


class Progress(Protocol):
    """Shows what is being done (see :class:`mlenv.terminal.Terminal`)."""

    def step(self, text: str) -> AbstractContextManager[Speaker]:
        """A step that lasts as long as the context; an exception makes it a failed one."""


Verify = Callable[[Path, Callable[[str], None]], Verification]
Timings = dict[str, float]
Seal = Callable[[Path, Verification, Timings], None]


def install(
    plan: Plan,
    generations: Generations,
    folder: Path,
    *,
    environ: Mapping[str, str],
    progress: Progress,
    verify: Verify,
    seal: Seal,
) -> Verification:
    """Build ``folder``, verify it, seal it (write its manifest) and make it current.

    A plan that was proven brings its lock, and exactly that is installed.
    On any failure, and on Ctrl-C, the folder is removed, the environment is as it was before, and
    :class:`InstallError`, :class:`NoVerdictError` (an index out of reach, or nothing proven) or
    :class:`Interrupted` says what happened.
    """
    timings: Timings = {}
    verification = Verification(environment=str(folder), status="unknown", results=())
    with _rolled_back(generations, folder):
        reused = False
        for step in plan.steps:
            with _timed(timings, step.kind):
                if step.kind == "verify":
                    verification = _verify(step, folder, progress, verify)
                elif step.kind == "reuse":
                    reused = run(step.argv, timeout=STEP_SECONDS, environ=environ).ok
                elif step.kind == "lock":
                    _make_lock(step, plan, folder, environ, progress)
                elif step.kind == "create" or not reused:
                    _run_step(step, environ, progress)
                if step.kind == "create":
                    for file in plan.files:
                        _write_private(folder / file.path, file.text)
        seal(folder, verification, timings)
        generations.switch(folder)
    generations.prune()
    return verification


def _verify(step: Step, folder: Path, progress: Progress, verify: Verify) -> Verification:
    with progress.step(step.purpose) as speaker:
        verification = verify(folder, speaker.say)
        _demand_proof(verification)
    return verification


@contextmanager
def _timed(timings: Timings, kind: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    timings[kind] = round(time.perf_counter() - start, 3)


@contextmanager
def held(generations: Generations, *, waiting: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of an environment, so that one installer at a time works on it."""
    from filelock import FileLock, Timeout

    generations.open_store()
    lock = FileLock(generations.store / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting(f"another mlenv is working on {generations.path}; waiting for it")
        lock.acquire()
    try:
        generations.discard_unfinished()
        yield
    finally:
        lock.release()


@contextmanager
def _rolled_back(generations: Generations, folder: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        generations.discard(folder)
        raise Interrupted("interrupted; the environment is as it was before") from None
    except BaseException:
        generations.discard(folder)
        raise


def _run_step(step: Step, environ: Mapping[str, str], progress: Progress) -> None:
    with progress.step(step.purpose) as speaker:
        completed = run(step.argv, timeout=STEP_SECONDS, environ=environ, on_error_line=speaker.say)
        if not completed.ok:
            # Before anything is installed an index out of reach leaves the question open.
            error = NoVerdictError if step.kind == "lock" and _is_out_of_reach(completed) else InstallError
            raise error(_tell(step, completed), hint=_remedy(completed))


def _make_lock(step: Step, plan: Plan, folder: Path, environ: Mapping[str, str], progress: Progress) -> None:
    path = folder / LOCK_FILE
    if plan.lock is not None:
        with progress.step(f"{step.purpose}: as proven"):
            _write_private(path, plan.lock)
    else:
        _run_step(step, environ, progress)
    lock = read_lock(path.read_text(encoding="utf-8"))
    _write_private(folder / REQUIREMENTS_FILE, render_requirements(lock, plan.tied))


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read: it may hold an index's password."""
    path.parent.mkdir(exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)


def _tell(step: Step, completed: Completed) -> str:
    from mlenv.report.redact import mask_text

    if completed.missing:
        how = f"could not be started: {completed.stderr}"
    elif completed.timed_out:
        how = "did not end in time"
    elif completed.signal_name:
        how = f"was killed by {completed.signal_name}"
    else:
        how = f"ended with status {completed.status}"
    lines = mask_text(completed.stderr).strip().splitlines()[-SHOWN_LINES:]
    said = "".join(f"\n  {line}" for line in lines)
    return f"this step failed: {step.purpose}{said}\n  (`{mask_text(shlex.join(step.argv))}` {how})"


def _is_out_of_reach(completed: Completed) -> bool:
    signs = ("dns error", "Failed to fetch", "error sending request", "Could not connect")
    return any(sign in completed.stderr for sign in signs)


def _remedy(completed: Completed) -> str:
    text = completed.stderr
    if "No space left" in text:
        return "free some disk space, then run the same command again"
    if _is_out_of_reach(completed):
        return "check the network, proxy and index settings (`mlenv probe` shows them), then run it again"
    if "No solution found" in text:
        return "relax a version with --with, or choose another Python with --python"
    return "the environment is as it was before; run the same command again after mending the cause"


def _demand_proof(verification: Verification) -> None:
    if verification.status in ("ok", "warning"):
        return
    wrong = [result for result in verification.results if result.status in ("fail", "error")]
    wrong = wrong or [result for result in verification.results if result.status != "pass"]
    lines = "".join(f"\n  {result.framework} {result.check}: {result.detail}" for result in wrong)
    if verification.status == "unknown":
        raise NoVerdictError(f"the new environment could not be proven, so it was not taken into use{lines}")
    raise InstallError(
        f"the new environment was installed but does not work, so it was not taken into use:{lines}",
        hint="`mlenv doctor` may name the cause",
    )
