"""What ``mlenv install`` does, step by step: ask, plan, look ahead, run, prove, seal, switch."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlenv.cli.deciders import Decider
from mlenv.cli.settings import OutputOptions, emit
from mlenv.errors import ExitStatus
from mlenv.execute.generations import Generations
from mlenv.matrix.load import Matrix
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan
from mlenv.terminal import Terminal

if TYPE_CHECKING:
    from mlenv.cli.making import Workplace
    from mlenv.execute.journal import Journal
    from mlenv.execute.manifest import Manifest


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """How an installation goes about it.

    ``upgrade`` asks anew where nothing seems to have changed, ``take_over`` puts the environment in
    the place of one that mlenv did not make, ``kernel`` names a Jupyter kernel to register
    (None: none).  ``anew`` makes it also where it is as it was asked for, ``unset`` names variables that
    are taken away from what runs in it.
    """

    upgrade: bool = False
    anew: bool = False
    unset: tuple[str, ...] = ()
    take_over: bool = False
    kernel: str | None = None


class Installation:
    """One call of ``mlenv install``: decide, then show the plan or carry it out."""

    def __init__(
        self,
        terminal: Terminal,
        matrix: Matrix,
        generations: Generations,
        decider: Decider,
        options: PlanOptions,
        wishes: Wishes,
    ) -> None:
        self.terminal = terminal
        self.matrix = matrix
        self.generations = generations
        self.decider = decider
        self.options = options
        self.wishes = wishes
        self.started = time.perf_counter()

    def show(self, output: OutputOptions) -> int:
        """``--dry-run``: the plan with the very commands that would run, and what stands in their way."""
        from mlenv.cli.making import tell_outlook
        from mlenv.report.plan import mask_plan, plan_document, render_text
        from mlenv.report.redact import mask_machine

        plan = self.decide()
        tell_outlook(plan, self.decider.machine, self.terminal)
        document = plan_document(mask_plan(plan), mask_machine(self.decider.machine), self.matrix.data_version)
        emit(self.terminal, document, lambda: render_text(document, verbose=output.verbose), output)
        return ExitStatus.OK

    def carry_out(self, output: OutputOptions) -> int:
        """Build, prove, switch, and say what was proven; nothing, where all is as it was asked for."""
        from mlenv.system.signals import stopped_cleanly

        with stopped_cleanly():
            settled = self.settle()
        if self.wishes.kernel is not None:
            self._register_kernel(self.wishes.kernel)
        return self._report(settled, output)

    def decide(self) -> Plan:
        """The plan that would be carried out; nothing is touched."""
        return self._decide(self.generations.next_folder())

    def settle(self) -> Manifest | None:
        """Build, prove and switch; the manifest of the environment where there is nothing to do."""
        from mlenv.cli.settling import find_settled

        question = self.decider.question()
        asks_anew = self.wishes.upgrade or self.wishes.anew
        settled = None if asks_anew else find_settled(self.generations, question, self.terminal)
        return settled if settled is not None else self._make(question)

    def _make(self, question: str) -> Manifest | None:
        """Make a generation and give None; the manifest of the current one, where nothing is to be made."""
        from mlenv.cli.making import tell_outlook
        from mlenv.cli.settling import find_answered, find_settled
        from mlenv.execute.guard import guarded
        from mlenv.execute.holding import held
        from mlenv.execute.journal import opened
        from mlenv.system.folders import log_folder

        with opened(log_folder()) as journal, guarded(self.generations.path) as scratch:
            folder = self.generations.next_folder()
            plan = self._decide(folder)  # before anything is made: what cannot be leaves no trace
            answered = None if self.wishes.anew else find_answered(self.generations, plan, self.terminal)
            if answered is not None:
                return answered
            tell_outlook(plan, self.decider.machine, self.terminal)
            errand = f"mlenv install {plan.profile}".strip()
            with held(self.generations, errand=errand, note=self.terminal.note) as holding:
                self.generations.check_free(take_over=self.wishes.take_over)
                if self.generations.next_folder() != folder:  # another mlenv was faster
                    settled = None if self.wishes.anew else find_settled(self.generations, question, self.terminal)
                    if settled is not None:
                        return settled
                    folder = self.generations.next_folder()
                    plan = self._decide(folder)
                holding.announce(building=folder.name, scratch=str(scratch))
                self._fill(plan, folder, self._workplace(question, holding.holder.token, scratch, journal))
        return None

    def _fill(self, plan: Plan, folder: Path, place: Workplace) -> None:
        from mlenv.cli.making import make_generation
        from mlenv.execute.known import remember_environment
        from mlenv.execute.pace import Pace, remember_pace
        from mlenv.system.folders import cache_folder, data_folder

        outcome = make_generation(plan, folder, self.generations, place)
        remember_environment(data_folder(), self.generations.path)
        if not outcome.reused and plan.download_bytes:
            remember_pace(cache_folder(), Pace(plan.download_bytes, outcome.timings.get("install", 0.0)))

    def _workplace(self, question: str, token: str, scratch: Path, journal: Journal) -> Workplace:
        from mlenv.cli.making import Workplace, own_variables

        return Workplace(
            terminal=self.terminal,
            journal=journal,
            machine=self.decider.machine,
            matrix=self.matrix,
            uv=self.options.uv,
            variables=own_variables(token, scratch),
            prepare=self.decider.prepare,
            question=question,
            decided=round(time.perf_counter() - self.started, 3),
            of_lock=self.decider.of_lock,
        )

    def _decide(self, folder: Path) -> Plan:
        """The plan for a generation in ``folder``."""
        plan = self.decider.decide(msgspec.structs.replace(self.options, environment=str(folder)))
        return msgspec.structs.replace(plan, unset=self.wishes.unset)

    def _register_kernel(self, name: str) -> None:
        from mlenv.cli.settling import current_manifest
        from mlenv.execute.kernel import register_kernel

        manifest = current_manifest(self.generations)
        place = register_kernel(name, self.generations.path, manifest.plan.variables if manifest else {})
        self.terminal.note(f"Jupyter kernel {name!r}: {place}")

    def _report(self, settled: Manifest | None, output: OutputOptions) -> int:
        """The proof of the environment: of just now, or the one of when it was made."""
        from mlenv.cli.farewell import tell_ready, tell_unchanged
        from mlenv.cli.settling import current_manifest
        from mlenv.errors import InstallError
        from mlenv.report.verify import make_document

        manifest = settled or current_manifest(self.generations)
        if manifest is None:
            raise InstallError(f"{self.generations.path}: was made, and has been taken away since")
        document = make_document(manifest.verification, self.matrix.data_version)
        tell = tell_unchanged if settled else tell_ready
        emit(self.terminal, document, lambda: tell(self.generations, manifest), output)
        return ExitStatus.OK
