"""What ``mlenv doctor --fix`` does: offer, ask, make the environment anew, look again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from mlenv.checks.finding import Diagnosis
from mlenv.checks.registry import Case
from mlenv.cli.remaking import Place, Remaking, find_place, find_remaking
from mlenv.cli.settings import OutputOptions, emit
from mlenv.errors import ExitStatus
from mlenv.matrix.load import Matrix
from mlenv.mending.mending import Mending
from mlenv.mending.wish import Wish
from mlenv.plan.plan import Plan
from mlenv.report.mending import SCHEMA, MendingDocument, Offer, PackageChange, State, render_offer, render_outcome
from mlenv.report.page import Page
from mlenv.terminal import Terminal

if TYPE_CHECKING:
    from mlenv.verify.result import Verification

STATUSES = {"error": ExitStatus.FOUND_FAULT, "unknown": ExitStatus.NO_VERDICT}


class Diagnosed(msgspec.Struct, frozen=True, kw_only=True):
    """A diagnosis and how to make it again.

    ``named`` is the path of the environment as the user gave it; ``look_again`` diagnoses anew, without
    the variables that it is given.
    """

    case: Case
    diagnosis: Diagnosis
    matrix: Matrix
    named: Path | None
    look_again: Callable[[tuple[str, ...]], Diagnosis]


def mend(found: Diagnosed, terminal: Terminal, output: OutputOptions, strip: Callable[[str], str], *, yes: bool) -> int:
    """Mend what can be mended, if that is wanted, tell it, and give doctor's exit status for what holds then."""
    return Mender(found, terminal, output, strip, yes=yes).mend()


class Mender:
    """One call of ``mlenv doctor --fix``."""

    def __init__(
        self,
        found: Diagnosed,
        terminal: Terminal,
        output: OutputOptions,
        strip: Callable[[str], str],
        *,
        yes: bool,
    ) -> None:
        self.found = found
        self.terminal = terminal
        self.output = output
        self.strip = strip
        self.yes = yes
        self.aloud = output.form in (None, "text") and not output.outputs

    def mend(self) -> int:
        """Offer, ask, do, look again."""
        offer, remaking = self._make_offer()
        self._show(lambda page: render_offer(page, offer))
        state = self._ask(offer, remaking)
        if state == "mended" and remaking is not None:
            return self._tell(self._carry_out(offer, remaking))
        return self._tell(self._document(offer, state, self.found.diagnosis))

    def _make_offer(self) -> tuple[Offer, Remaking | None]:
        from mlenv.mending.find import find_mendings, left_to_people

        found = self.found
        findings = found.diagnosis.findings
        mendings = find_mendings(findings, found.case, found.matrix)
        offer = Offer(mendings=mendings, by_hand=left_to_people(findings, mendings))
        if not mendings:
            return replace(offer, reason="There is nothing that mlenv can mend by itself."), None
        place = find_place(found.case.environment, found.named)
        if isinstance(place, str):
            return replace(offer, environment=self._name(), reason=place, by_hand=left_to_people(findings, ())), None
        chosen, remaking = self._choose(place, mendings)
        by_hand = left_to_people(findings, () if isinstance(remaking, str) else chosen)
        offer = replace(offer, environment=str(place.generations.path), mendings=chosen, by_hand=by_hand)
        if isinstance(remaking, str):
            return replace(offer, reason=remaking), None
        return _describe(offer, place, remaking), remaking

    def _choose(self, place: Place, mendings: tuple[Mending, ...]) -> tuple[tuple[Mending, ...], Remaking | str]:
        """The mendings that have a plan together: all of them, else those that have one alone; or why none has."""
        found = self._try(place, mendings)
        if isinstance(found, Remaking) or len(mendings) == 1:
            return mendings, found
        possible = []
        for mending in mendings:
            alone = self._try(place, (mending,))
            if isinstance(alone, Remaking):
                possible.append(mending)
            else:
                self.terminal.note(f"{mending.finding} cannot be mended here: {alone}")
        return (tuple(possible), self._try(place, tuple(possible))) if possible else (mendings, found)

    def _try(self, place: Place, mendings: tuple[Mending, ...]) -> Remaking | str:
        wishes = self._find_wishes(place, mendings)
        matrix, terminal = self.found.matrix, self.terminal
        return find_remaking(place, wishes, matrix, terminal, lambda plan: self._find_lack(mendings, plan))

    def _name(self) -> str:
        environment = self.found.case.environment
        return environment.path if environment else ""

    def _find_wishes(self, place: Place, mendings: tuple[Mending, ...]) -> tuple[Wish, ...]:
        from mlenv.cli.origins import read_origins
        from mlenv.mending.mending import join_changes
        from mlenv.mending.wish import apply_change, loosen, wish_of_environment, wish_of_plan

        matrix = self.found.matrix
        plan = place.manifest.plan if place.manifest else None
        if plan is not None and (plan.others or any(row.about != "lock" for row in plan.reasons)):
            wish = wish_of_plan(plan, matrix)
        else:
            wish = wish_of_environment(place.environment, read_origins(place.environment), matrix)
        return loosen(apply_change(wish, join_changes(mending.change for mending in mendings), matrix))

    def _find_lack(self, mendings: tuple[Mending, ...], plan: Plan) -> str:
        """What a plan would not mend; empty where nothing speaks against it."""
        from mlenv.mending.foresight import find_lasting

        found = self.found
        lasting = find_lasting(mendings, found.case, found.matrix, _planned(plan), plan.python)
        return f"the best plan would still have {', '.join(lasting)}" if lasting else ""

    def _ask(self, offer: Offer, remaking: Remaking | None) -> State:
        import click

        if remaking is None:
            return "impossible" if offer.mendings else "nothing"
        if self.yes:
            return "mended"
        if not self.terminal.asks:
            return "not-asked"
        if not self.aloud:
            self.terminal.note(self._render(lambda page: render_offer(page, offer)).rstrip())
        return "mended" if click.confirm("Make it so?", default=False, err=True) else "declined"

    def _carry_out(self, offer: Offer, remaking: Remaking) -> MendingDocument:
        """:class:`InstallError` where it fails: the environment is as it was then."""
        from mlenv.cli.settling import current_manifest
        from mlenv.system.signals import stopped_cleanly

        with stopped_cleanly():
            remaking.installation.settle()
        manifest = current_manifest(remaking.installation.generations)
        after = self.found.look_again(offer.unset)
        return self._document(offer, "mended", after, manifest.verification if manifest else None)

    def _document(
        self, offer: Offer, state: State, holds: Diagnosis, verification: Verification | None = None
    ) -> MendingDocument:
        data = self.found.matrix.data_version
        return MendingDocument(
            schema=SCHEMA,
            matrix_version=data.version,
            matrix_digest=data.digest,
            status=holds.status,
            state=state,
            offer=offer,
            before=self.found.diagnosis.findings,
            after=holds.findings if state == "mended" else None,
            verification=verification,
        )

    # ---------------------------------------------------------------- telling

    def _tell(self, document: MendingDocument) -> int:
        if self.aloud:
            self._show(lambda page: render_outcome(page, document))
        else:
            emit(self.terminal, document, lambda: self._render_all(document), self.output, self.strip)
        return STATUSES.get(document.status, ExitStatus.OK)

    def _show(self, write: Callable[[Page], None]) -> None:
        text = self._render(write)
        if self.aloud and text.strip():
            self.terminal.write("\n" + text)

    def _render_all(self, document: MendingDocument) -> str:
        def write(page: Page) -> None:
            render_offer(page, document.offer)
            render_outcome(page, document)

        return self._render(write)

    def _render(self, write: Callable[[Page], None]) -> str:
        terminal = self.terminal
        page = Page(width=terminal.width, colour=terminal.colour and self.aloud, marks=terminal.marks)
        write(page)
        return page.render()


def _describe(offer: Offer, place: Place, remaking: Remaking) -> Offer:
    before = {dist.name: dist.version for dist in reversed(place.environment.distributions)}
    after = _planned(remaking.plan)
    anew = {name for mending in offer.mendings if mending.kind == "remove-rival" for name in mending.change.required}
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name) or name in anew)
    return replace(
        offer,
        packages=tuple(PackageChange(name=name, before=before.get(name), after=after.get(name)) for name in names),
        python=remaking.plan.python,
        unset=remaking.wish.unset,
        left_out=tuple(f"{name} ({source})" for name, source in remaking.wish.lost),
        foreign=place.manifest is None,
    )


def _planned(plan: Plan) -> dict[str, str]:
    """Every package of a plan with its version."""
    from mlenv.plan.lock import read_lock

    if plan.lock is None:
        return {package.name: package.version for package in plan.packages}
    return {package.name: package.version for package in read_lock(plan.lock).packages}
