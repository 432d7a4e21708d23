"""What ``mlenv setup`` does: look, ask, plan, show, ask, install."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlenv.cli.deciders import Decider
from mlenv.cli.interview import Answers, Interview
from mlenv.cli.offer import Offer, render_offer
from mlenv.cli.settings import DataOptions, OutputOptions, RequestOptions, emit, get_machine
from mlenv.errors import ExitStatus, UsageError
from mlenv.execute.generations import Generations
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlenv.facts.machine import Machine
    from mlenv.matrix.rows import Profile

LOOK_SECONDS = 2.0
"""A person waits for the first question; what is not known by then is asked again for the plan."""


class SettingUp:
    """One call of ``mlenv setup``; ``machine_path`` names another machine, for which a plan is all that is made."""

    def __init__(
        self, given: Answers, machine_path: Path | None, data: DataOptions, output: OutputOptions, *, yes: bool
    ) -> None:
        if yes and machine_path is not None:
            raise UsageError("--yes sets this machine up, not the one of --machine", hint="leave out one of them")
        self.given = given
        self.machine_path = machine_path
        self.data = data
        self.output = output
        self.yes = yes
        self.terminal = output.open_terminal()
        self.matrix = data.open_matrix()

    def run(self) -> int:
        """Ask what was not said, show the plan, and carry it out where that is wanted; the exit status."""
        asks = self.terminal.asks and not self.yes
        machine = get_machine(self.machine_path, self.given.environment, deadline=LOOK_SECONDS)
        if asks:
            self._greet(machine)
        interview = Interview(
            self.matrix, machine, ask=_ask if asks else None, say=self.terminal.note, width=self.terminal.width
        )
        name, place = interview.complete(self.given, self._check_place)
        asked = _request(name, place)
        if self.machine_path is None and (asks or self.yes):
            return self._install(asked, self.matrix.profile(name), place)
        return self._show(asked, self.matrix.profile(name), place)

    def _greet(self, machine: Machine) -> None:
        from mlenv.cli.welcome import describe

        self.terminal.note(f"This computer: {describe(machine, self.terminal.marks)}")

    def _check_place(self, place: Path) -> None:
        if self.machine_path is not None:
            return
        try:
            Generations(place.absolute()).check_free()
        except UsageError as error:
            hint = "name another place; `mlenv install --take-over` can put an environment in the place of one"
            raise UsageError(error.message, hint=hint) from None

    def _show(self, asked: RequestOptions, profile: Profile, place: Path) -> int:
        """The plan by the matrix, and what to type; nobody is asked and nothing is changed."""
        from mlenv.cli.decision import decide
        from mlenv.cli.request import configure_packages, data_warnings, read_request
        from mlenv.report.plan import impossible_document, mask_plan, plan_document, render_text
        from mlenv.report.redact import mask_machine
        from mlenv.resolve.resolution import Impossible

        machine = configure_packages(get_machine(self.machine_path, asked.environment), asked)
        options = PlanOptions(environment=str(place), warnings=data_warnings(self.matrix), as_of=self.matrix.as_of)
        plan = decide(read_request(self.matrix, asked), machine, self.matrix, options).plan
        shown, version = mask_machine(machine), self.matrix.data_version
        if isinstance(plan, Impossible):
            lack = impossible_document(plan, shown, version)
            emit(self.terminal, lack, lambda: render_text(lack), self.output)
            return ExitStatus.NO_PLAN
        plan = mask_plan(plan)
        document = plan_document(plan, shown, version)
        emit(self.terminal, document, lambda: self._render(self._offer(profile, place, plan)), self.output)
        return ExitStatus.OK

    def _render(self, offer: Offer) -> str:
        generations = None if self.machine_path is not None else Generations(offer.place.absolute())
        plan = render_offer(offer, generations, self.terminal.width)
        where = " there" if self.machine_path is not None else ""
        return f"This would be set up:\n{plan}\nNothing was changed. To do it{where}:\n\n  {offer.command}\n"

    def _offer(self, profile: Profile, place: Path, plan: Plan) -> Offer:
        return Offer(profile=profile, place=place, plan=plan, options=self._data_words())

    def _data_words(self) -> tuple[str, ...]:
        """The options that chose the data, for a command that does the same."""
        folder = self.data.matrix_folder
        day = self.data.as_of
        words = ("--matrix", str(folder)) if folder is not None else ()
        return (*words, "--as-of", day.date().isoformat()) if day is not None else words

    def _install(self, asked: RequestOptions, profile: Profile, place: Path) -> int:
        """The proven plan, the question, and the installation of exactly that plan."""
        from mlenv.cli.deciders import Wanted, open_decider
        from mlenv.cli.install import plan_options
        from mlenv.cli.installation import Installation, Wishes

        generations = Generations(place.absolute())
        options = plan_options(asked, self.matrix, generations)
        wanted = Wanted(asked=asked, as_of=self.data.as_of is not None)
        with open_decider(wanted, self.matrix, self.terminal, options) as decider:
            remembering = Remembering(decider)
            installation = Installation(self.terminal, self.matrix, generations, remembering, options, Wishes())
            offer = self._offer(profile, place, installation.decide())
            self.terminal.note(f"\nThis would be set up:\n{render_offer(offer, generations, self.terminal.width)}")
            if not self.yes and not _confirm():
                self.terminal.note(f"Nothing was changed. To do it later: {offer.command}")
                return ExitStatus.OK
            return installation.carry_out(self.output)


class Remembering:
    """A decider that decides once: what was shown is what is done."""

    def __init__(self, decider: Decider) -> None:
        self._decider = decider
        self._shown: tuple[PlanOptions, Plan] | None = None

    @property
    def machine(self) -> Machine:
        """The machine of the decider behind it."""
        return self._decider.machine

    @property
    def of_lock(self) -> bool:
        """As the decider behind it says."""
        return self._decider.of_lock

    def question(self) -> str:
        """As the decider behind it says."""
        return self._decider.question()

    def decide(self, options: PlanOptions) -> Plan:
        """The plan that was decided for the same options, else a new one."""
        if self._shown is None or self._shown[0] != options:
            self._shown = (options, self._decider.decide(options))
        return self._shown[1]

    def prepare(self, environ: Mapping[str, str]) -> None:
        """As the decider behind it does."""
        self._decider.prepare(environ)


def _request(profile: str, place: Path) -> RequestOptions:
    return RequestOptions(
        profiles=(profile,),
        extras=(),
        python=None,
        accelerator=None,
        manager="uv",
        environment=place,
        index_url=None,
        extra_index_urls=(),
        find_links=(),
        offline=False,
    )


def _ask(question: str, usual: str) -> str:
    import click

    return str(click.prompt(question, default=usual, err=True))


def _confirm() -> bool:
    """Whether somebody says yes; a bare Enter is no."""
    import click

    return click.confirm("Set it up?", default=False, err=True)
