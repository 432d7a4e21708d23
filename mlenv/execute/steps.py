"""A step of a plan: run, tried again where that may help, and explained where it failed."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, MutableMapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from mlenv.errors import InstallError, MlenvError, NoVerdictError
from mlenv.execute.journal import Journal
from mlenv.plan.plan import Plan, Step
from mlenv.report.redact import mask_text
from mlenv.system.process import Completed, run

if TYPE_CHECKING:
    from mlenv.symptoms.symptom import Symptom

STEP_SECONDS = 6 * 3600.0
"""No step takes longer on the slowest line; a hung one must end some day."""
BACKOFF = (2.0, 8.0)
"""Seconds before the same is tried again after a failure that may pass; installers retry by themselves as well."""
SHOWN_LINES = 12
HINT = "hint: "
NETWORK = ("create", "lock", "install")
"""Kinds of steps that may need the network."""


class Speaker(Protocol):
    """A running step, told what its command says."""

    def say(self, text: str) -> None:
        """A line of the command."""


class Progress(Protocol):
    """Shows what is being done (see :class:`mlenv.terminal.Terminal`)."""

    def step(self, text: str) -> AbstractContextManager[Speaker]:
        """A step that lasts as long as the context; an exception makes it a failed one."""

    def note(self, text: str) -> None:
        """A remark."""


class Cache(Protocol):
    """The installer's cache, as far as a damaged entry can be dropped from it."""

    def drop(self, package: str, /) -> None:
        """Forget what is kept of a package; of all packages for an empty name."""


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """Runs the steps of one installation.

    ``environ`` are the variables of every command, ``open_meter`` gives what turns a command's lines
    into progress that is said, ``pause`` waits so many seconds.
    """

    plan: Plan
    folder: Path
    environ: MutableMapping[str, str]
    progress: Progress
    journal: Journal
    cache: Cache
    open_meter: Callable[[Callable[[str], None]], Callable[[str], None]] = lambda say: say
    pause: Callable[[float], None] = time.sleep

    def attempt(self, step: Step) -> bool:
        """Run a step whose failure is no trouble, such as installing from the cache alone."""
        return self._run(step, lambda _: None).ok

    def carry_out(self, step: Step) -> None:
        """Run a step to its success.

        What failed on the way to an index is tried again; each package that was damaged is dropped
        from the cache and fetched once more.  :class:`InstallError`, or :class:`NoVerdictError` where a lock
        cannot be had because an index is out of reach, says what else happened.
        """
        with self.progress.step(step.purpose) as speaker:
            waits = list(BACKOFF)
            dropped: set[str] = set()
            while True:
                completed = self._run(step, speaker.say)
                if completed.ok:
                    return
                symptom = _explain(completed, self.plan.manager)
                effect, subject = (symptom.effect, symptom.subject) if symptom else ("permanent", "")
                if effect == "transient" and waits and step.kind in NETWORK:
                    self._wait(step, symptom, waits.pop(0))
                elif effect == "corrupt" and subject not in dropped:
                    dropped.add(subject)
                    self._drop(symptom)
                else:
                    if effect == "corrupt":  # the next installation is to start afresh
                        self.cache.drop(subject)
                    raise failure_of(step, completed, symptom, self.journal.path)

    def _run(self, step: Step, say: Callable[[str], None]) -> Completed:
        self.journal.command(step.argv)
        start = time.perf_counter()
        hear = self.open_meter(lambda line: say(mask_text(self._plainly(line))))
        completed = run(step.argv, timeout=STEP_SECONDS, environ=self.environ, on_line=hear)
        completed = msgspec.structs.replace(
            completed, stdout=self._plainly(completed.stdout), stderr=self._plainly(completed.stderr)
        )
        self.journal.ended(completed, time.perf_counter() - start)
        return completed

    def _plainly(self, said: str) -> str:
        """What a command said; one of conda's family may have named its channels with their tokens."""
        if self.plan.manager in ("uv", "pip"):
            return said
        from mlenv.plan.conda_login import mask_tokens

        return mask_tokens(said)

    def _wait(self, step: Step, symptom: Symptom | None, seconds: float) -> None:
        meaning = symptom.meaning if symptom else "it failed"
        self.progress.note(f"{meaning}; trying again in {seconds:.0f} s")
        self.journal.note(f"{meaning}; trying again in {seconds:.0f} s")
        if step.kind == "create":
            _empty(self.folder)
        self.pause(seconds)

    def _drop(self, symptom: Symptom | None) -> None:
        subject = symptom.subject if symptom else ""
        what = f"what the cache holds of {subject}" if subject else "the cache"
        self.progress.note(f"{symptom.meaning if symptom else 'something is damaged'}; dropping {what}, once more")
        self.journal.note(f"dropping {what}")
        self.cache.drop(subject)


def failure_of(step: Step, completed: Completed, symptom: Symptom | None, log: Path | None) -> MlenvError:
    """The failure of a step: what it means, the command and its last words, and what to do."""
    from mlenv.plan.conda_client import RATTLER_MODULE

    text = completed.stderr if completed.stderr.strip() else completed.stdout
    lines = mask_text(text).strip().splitlines()
    # mlenv's own child ends as mlenv does.
    own = [line for line in lines if line.startswith(HINT)] if RATTLER_MODULE in step.argv else []
    said = "".join(f"\n  {line}" for line in [line for line in lines if line not in own][-SHOWN_LINES:])
    meaning = f"\n{mask_text(symptom.meaning)}" if symptom else ""
    message = (
        f"this step failed: {step.purpose}{meaning}{said}\n  (`{mask_text(shlex.join(step.argv))}` {_end(completed)})"
    )
    hints = [line.removeprefix(HINT) for line in own]
    hints += [mask_text(text) for text in symptom.remedies] if symptom else []
    hints = hints or ["mend the cause that the command names, then run the same command again"]
    hints += [f"the whole log: {log}"] if log else []
    # Before anything is installed an index out of reach leaves the question open.
    open_question = step.kind == "lock" and symptom is not None and symptom.effect == "transient"
    return (NoVerdictError if open_question else InstallError)(message, hint="\n".join(hints))


def _explain(completed: Completed, manager: str) -> Symptom | None:
    from mlenv.symptoms.explain import explain  # a hundred patterns, which success never needs

    return explain(
        mask_text(f"{completed.stdout}\n{completed.stderr}"),  # what it finds is told
        status=completed.status,
        signal=completed.signal_name,
        timed_out=completed.timed_out,
        missing=completed.missing,
        manager=manager,
    )


def _end(completed: Completed) -> str:
    if completed.missing:
        return f"could not be started: {completed.stderr}"
    if completed.timed_out:
        return "did not end in time"
    if completed.signal_name:
        return f"was killed by {completed.signal_name}"
    return f"ended with status {completed.status}"


def _empty(folder: Path) -> None:
    """A half environment would be in the way of the next try."""
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
