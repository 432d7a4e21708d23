"""All or nothing: run a plan into a new generation, prove it, switch to it."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import msgspec

from mlenv.consistency.integrity import Damage, find_damage
from mlenv.errors import InstallError, Interrupted, NoVerdictError, UsageError
from mlenv.execute.bytecode import share_bytecode
from mlenv.execute.generations import Generations
from mlenv.execute.scripts import follow_link, take_away
from mlenv.execute.steps import Steps
from mlenv.plan.lock import read_lock, render_requirements
from mlenv.plan.places import LOCK_FILE, REQUIREMENTS_FILE
from mlenv.plan.plan import Step
from mlenv.system.durable import flush_file_system
from mlenv.system.rights import take_back
from mlenv.system.signals import no_way_back, undisturbed
from mlenv.verify.result import Verification

Timings = dict[str, float]
UV_LOCK = ".lock"
"""uv lets everybody write to the file by which its processes take turns."""
RECORDERS = ("uv", "pip")
"""Managers that bring the lists of files to what they have installed; conda's rewrite scripts and leave the lists."""


class Proof(Protocol):
    """What makes a generation worth switching to."""

    def foresee(self, steps: Steps) -> None:
        """Look ahead before the first byte is downloaded; :class:`InstallError` for what cannot succeed."""

    def verify(self, folder: Path, say: Callable[[str], None]) -> Verification:
        """Prove the environment at ``folder``."""

    def seal(self, folder: Path, verification: Verification, timings: Timings) -> None:
        """Write the manifest: it marks the generation as finished."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A generation that is in use now; ``reused`` says that nothing had to be downloaded."""

    folder: Path
    verification: Verification
    timings: Timings
    reused: bool


def install(steps: Steps, generations: Generations, proof: Proof) -> Outcome:
    """Build the folder of the steps, verify it, seal it and make it current.

    A plan that was proven brings its lock, and exactly that is installed.  Everything is on the disk
    before the link moves.  What comes damaged out of the installer's cache is dropped and fetched
    anew once.  On any failure, and on Ctrl-C, the folder is removed, the environment is as it was
    before, and :class:`InstallError`, :class:`NoVerdictError` (an index out of reach, or nothing
    proven) or :class:`Interrupted` says what happened.
    """
    build = Build(steps, generations, proof)
    with _rolled_back(generations, steps.folder):
        damaged = build.run()
        if damaged:
            build.start_anew(damaged)
            _refuse(build.run())
        verification = build.demand_proof()
        flush_file_system(steps.folder)
        with undisturbed():
            take_back(steps.folder / UV_LOCK)
            proof.seal(steps.folder, verification, build.timings)
            build.open_up()
            generations.switch(steps.folder, steps.plan.prefix)
            no_way_back()
            generations.prune()
    return Outcome(folder=steps.folder, verification=verification, timings=build.timings, reused=build.reused)


class Build:
    """One generation in the making."""

    def __init__(self, steps: Steps, generations: Generations, proof: Proof) -> None:
        self.steps = steps
        self.generations = generations
        self.proof = proof
        self.timings: Timings = {}
        self.reused = False
        self.verification: Verification | None = None
        self.mode = 0o755

    def run(self) -> tuple[Damage, ...]:
        """Every step; what came out damaged."""
        damage: tuple[Damage, ...] = ()
        self.reused = False
        for step in self.steps.plan.steps:
            with self._timed(step.kind):
                if step.kind == "verify":
                    damage = self._prove(step)
                else:
                    self._act(step)
        return damage

    def start_anew(self, damaged: tuple[Damage, ...]) -> None:
        """Forget what is damaged, in the installer's cache too."""
        for one in damaged:
            text = f"{one.distribution}: {one.path} {one.problem}; dropping it from the cache, once more"
            self.steps.progress.note(text)
            self.steps.journal.note(text)
            self.steps.cache.drop(one.distribution)
        self.generations.discard(self.steps.folder)

    def demand_proof(self) -> Verification:
        """The verification, if it proves the environment."""
        if self.verification is None:
            raise NoVerdictError("the plan verifies nothing, so nothing was taken into use")
        _demand_proof(self.verification)
        return self.verification

    def _act(self, step: Step) -> None:
        if step.kind == "reuse":
            self.reused = self.steps.attempt(step)
        elif step.kind == "lock":
            self._make_lock(step)
        elif step.kind == "create":
            self._create(step)
        elif not self.reused:
            self.proof.foresee(self.steps)
            self.steps.carry_out(step)

    def _create(self, step: Step) -> None:
        folder, plan = self.steps.folder, self.steps.plan
        self.steps.carry_out(step)
        self._shut()
        for file in plan.files:
            write_private(folder / file.path, file.text)
        follow_link(folder, self.generations.path)
        take_away(folder / plan.prefix, plan.unset)

    def _shut(self) -> None:
        """Let nobody else look in while it is made: managers note where packages come from, logins and all."""
        self.mode = stat.S_IMODE(self.steps.folder.stat().st_mode)
        self.steps.folder.chmod(0o700)

    def open_up(self) -> None:
        """Let those in again who could see it before: the seal has taken out the logins."""
        self.steps.folder.chmod(self.mode)

    def _make_lock(self, step: Step) -> None:
        plan, path = self.steps.plan, self.steps.folder / LOCK_FILE
        if plan.lock is not None:
            with self.steps.progress.step(f"{step.purpose}: as proven"):
                write_private(path, plan.lock)
        else:
            self.steps.carry_out(step)
        lock = read_lock(path.read_text(encoding="utf-8"))
        write_private(self.steps.folder / REQUIREMENTS_FILE, render_requirements(lock, plan.tied))

    def _prove(self, step: Step) -> tuple[Damage, ...]:
        """Verify, while the files are compared with their packages' lists and brought to the disk."""
        folder = self.steps.folder
        environment = folder / self.steps.plan.prefix
        before = self.generations.current
        if before is not None:
            share_bytecode(before, folder)
        checking = _Checking(environment if self.steps.plan.manager in RECORDERS else None, folder)
        with self.steps.progress.step(step.purpose) as speaker:
            self.verification = self._verify(environment, speaker.say)
            damage = checking.wait()
            if not damage:
                self.demand_proof()
        return damage

    def _verify(self, environment: Path, say: Callable[[str], None]) -> Verification:
        try:
            return self.proof.verify(environment, say)
        except UsageError as error:  # nobody named this place: it was taken away while it was made
            raise InstallError(error.message, hint="let nobody else change that folder meanwhile") from None

    @contextmanager
    def _timed(self, kind: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.timings[kind] = round(self.timings.get(kind, 0.0) + time.perf_counter() - start, 3)


class _Checking(threading.Thread):
    """Looks at every file of an environment while it is being verified."""

    def __init__(self, environment: Path | None, folder: Path) -> None:
        super().__init__(daemon=True)
        self._environment = environment
        self._folder = folder
        self._damage: tuple[Damage, ...] = ()
        self.start()

    def run(self) -> None:
        with suppress(OSError):  # it is flushed again before the switch, where a failure counts
            flush_file_system(self._folder)
        if self._environment is not None:
            self._damage = find_damage(self._environment)

    def wait(self) -> tuple[Damage, ...]:
        while self.is_alive():
            self.join(1.0)  # a wait without end cannot be interrupted on Windows
        return self._damage


@contextmanager
def _rolled_back(generations: Generations, folder: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        with undisturbed():
            generations.discard(folder)
        raise Interrupted("interrupted; the environment is as it was before") from None
    except OSError as error:
        with undisturbed():
            generations.discard(folder)
        where = f"{error.filename}: " if error.filename else ""
        raise InstallError(
            f"{where}{error.strerror or error}; the environment is as it was before",
            hint="free some disk space, or mend the rights of that folder, then run the same command again",
        ) from None
    except BaseException:
        with undisturbed():
            generations.discard(folder)
        raise


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read: it may hold an index's password."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # whoever made it may have let others read it
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)


def _refuse(damage: tuple[Damage, ...]) -> None:
    if damage:
        lines = "".join(f"\n  {one.distribution}: {one.path} {one.problem}" for one in damage)
        raise InstallError(
            f"what was installed is not what was published, also after it was fetched anew:{lines}",
            hint="look at the disk (`dmesg`), and at the index or mirror that these files come from",
        )


def _demand_proof(verification: Verification) -> None:
    if verification.status in ("ok", "warning"):
        return
    wrong = [result for result in verification.results if result.status in ("fail", "error")]
    wrong = wrong or [result for result in verification.results if result.status != "pass"]
    lines = "".join(f"\n  {result.framework} {result.check}: {result.detail}" for result in wrong)
    if verification.status == "unknown":
        raise NoVerdictError(
            f"the new environment could not be proven, so it was not taken into use{lines}",
            hint="`mlenv doctor` may name the cause",
        )
    raise InstallError(
        f"the new environment was installed but does not work, so it was not taken into use:{lines}",
        hint="`mlenv doctor` may name the cause",
    )
