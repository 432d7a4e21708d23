"""An installation without any installer: steps that are small programs, a proof that is told what to say."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mlenv.execute.generations import MANIFEST, Generations
from mlenv.execute.holding import held
from mlenv.execute.journal import Journal
from mlenv.execute.steps import Steps
from mlenv.execute.transaction import Outcome, install
from mlenv.plan.plan import Plan, PlannedAccelerator, PlannedFile, Step
from mlenv.verify.result import Result, Verification

MAKE = "import os, sys; os.makedirs(sys.argv[1])"
FILL = "import sys; open(sys.argv[1] + '/installed', 'w').write('yes')"
FULL = "import sys; sys.exit('the disk is full: No space left on device (os error 28)')"


class Progress:
    """Notes which steps ended well, and every remark."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bool]] = []
        self.notes: list[str] = []

    @contextmanager
    def step(self, text: str) -> Iterator[Progress]:
        try:
            yield self
        except BaseException:
            self.heard.append((text, False))
            raise
        self.heard.append((text, True))

    def say(self, text: str) -> None:
        pass

    def note(self, text: str) -> None:
        self.notes.append(text)


class Cache:
    """Notes what is dropped."""

    def __init__(self) -> None:
        self.dropped: list[str] = []

    def drop(self, package: str, /) -> None:
        self.dropped.append(package)


class Proof:
    """A proof that says what it is told to; ``act`` is done while it verifies."""

    def __init__(self, status: str = "ok", act: Callable[[Path], None] = lambda _: None) -> None:
        self.status = status
        self.act = act
        self.foreseen = 0

    def foresee(self, steps: Steps) -> None:
        self.foreseen += 1

    def verify(self, folder: Path, say: Callable[[str], None]) -> Verification:
        self.act(folder)
        return proof_of(self.status)

    def seal(self, folder: Path, verification: Verification, timings: dict[str, float]) -> None:
        (folder / MANIFEST).write_text("{}")


def proof_of(status: str) -> Verification:
    result = Result(
        framework="torch",
        version="2",
        device="cpu",
        check="compute",
        status="pass" if status == "ok" else "fail",
        seconds=0.1,
        detail="wrong number",
    )
    return Verification(environment="x", status=status, results=(result,))  # type: ignore[arg-type]


def make_plan(folder: Path, *, fill: str = FILL, steps: tuple[Step, ...] | None = None) -> Plan:
    target = str(folder)
    return Plan(
        profile="test",
        environment=target,
        python="3.11",
        accelerator=PlannedAccelerator(kind="cpu", variant="cpu"),
        manager="uv",
        packages=(),
        files=(PlannedFile(path="mlenv/pyproject.toml", text="secret"),),
        steps=steps or (step("create", MAKE, target), step("install", fill, target), step("verify")),
        verify=(),
        reasons=(),
        rejected=(),
        warnings=(),
    )


def step(kind: str, code: str = "", *arguments: str) -> Step:
    return Step(
        kind=kind,  # type: ignore[arg-type]
        purpose=kind.capitalize(),
        argv=(sys.executable, "-c", code, *arguments) if code else ("mlenv", "verify"),
    )


def make_steps(plan: Plan, folder: Path, *, progress: Progress | None = None, cache: Cache | None = None) -> Steps:
    return Steps(
        plan=plan,
        folder=folder,
        environ=dict(os.environ),
        progress=progress or Progress(),
        journal=Journal(folder.parent.parent / "logs"),
        cache=cache or Cache(),
        pause=lambda _: None,
    )


def carry_out(
    generations: Generations,
    *,
    fill: str = FILL,
    proof: Proof | None = None,
    cache: Cache | None = None,
    plan: Callable[[Path], Plan] | None = None,
) -> tuple[Outcome, Progress]:
    """One whole installation, of the plan that ``plan`` makes for a folder."""
    progress = Progress()
    with held(generations, errand="a test", note=progress.note) as holding:
        folder = generations.next_folder()
        holding.announce(building=folder.name)
        steps = make_steps(
            plan(folder) if plan else make_plan(folder, fill=fill), folder, progress=progress, cache=cache
        )
        try:
            outcome = install(steps, generations, proof or Proof())
        finally:
            steps.journal.close()
    return outcome, progress
