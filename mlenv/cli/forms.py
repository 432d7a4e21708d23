"""Which forms of a plan are wanted, and how they are made and written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from mlenv.cli.settings import OutputOptions, write_file
from mlenv.errors import UsageError
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.plan.content import Content
from mlenv.plan.forms.render import FORMS, form_of_file, manager_of, render_form
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan
from mlenv.resolve.resolution import Resolution
from mlenv.supply.offers import Supply
from mlenv.terminal import Terminal

REPORTS = ("text", "json")


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A form, and the file to write it to; None for standard output."""

    form: str
    path: Path | None = None

    @property
    def is_report(self) -> bool:
        """Whether it is a report of the plan, and not a file for another tool."""
        return self.form in REPORTS


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """A plan and what it was made from."""

    plan: Plan

    resolution: Resolution
    machine: Machine
    matrix: Matrix
    supply: Supply | None
    options: PlanOptions


def find_targets(output: OutputOptions) -> tuple[Target, ...]:
    """What the options ask for; :class:`UsageError` for a file whose name does not say its form."""
    if not output.outputs:
        return (Target(form=output.form or "text"),)
    for path in output.outputs:
        if not path.parent.is_dir():  # told before anything is written
            raise UsageError(
                f"--output {path}: there is no folder {path.parent}", hint="make it first, or name another place"
            )
    return tuple(Target(form=output.form or _form_of(path), path=path) for path in output.outputs)


def _form_of(path: Path) -> str:
    form = form_of_file(path.name)
    if form is None and path.suffix == ".toml":
        raise UsageError(
            f"--output {path}: the name does not say which form it shall have",
            hint="call it pyproject.toml, pylock.toml or pixi.toml, or say --format",
        )
    return form or ("json" if path.suffix == ".json" else "text")


def make_form(form: str, sources: Sources) -> str:
    """The text of a form, for another machine like the one planned for, and without any credential."""
    from mlenv import __version__
    from mlenv.cli.decision import CONDA_FAMILY
    from mlenv.plan.build import build_plan
    from mlenv.plan.conda_login import strip_logins
    from mlenv.plan.forms.dockerfile import ENVIRONMENT
    from mlenv.plan.forms.sheet import Sheet
    from mlenv.plan.gathering import gather_content
    from mlenv.report.plan import mask_plan
    from mlenv.report.redact import mask_machine, strip_text

    name = next(known for known in FORMS if known == form)
    changed = {"environment": ENVIRONMENT} if name == "dockerfile" else {}
    manager = manager_of(name, sources.options.manager)
    options = msgspec.structs.replace(sources.options, portable=True, manager=manager, **changed)
    machine, supply = strip_sources(sources.machine, sources.supply)
    made_from = (sources.resolution, machine, sources.matrix, supply, options)
    plan = _with_proof(build_plan(*made_from), sources.plan)
    real = gather_content(sources.resolution, sources.machine, sources.matrix, sources.supply, options)
    sheet = Sheet(
        plan=mask_plan(plan),
        content=note_logins(gather_content(*made_from), real),
        resolution=sources.resolution,
        machine=mask_machine(machine),
        matrix=sources.matrix,
        program=__version__,
    )
    text = strip_text(render_form(name, sheet))
    return strip_logins(text) if manager in CONDA_FAMILY else text


def _with_proof(portable: Plan, proven: Plan) -> Plan:
    """A portable plan with what the proof of the plan found: uv's lock, or what conda's channel answered."""
    from mlenv.cli.decision import CONDA_FAMILY
    from mlenv.plan.conda_portable import make_portable
    from mlenv.report.redact import strip_text

    of_conda = portable.manager in CONDA_FAMILY
    if proven.lock is None or of_conda != (proven.manager in CONDA_FAMILY):
        return msgspec.structs.replace(portable, proof=proven.proof)
    if of_conda and portable.manager == proven.manager:
        return make_portable(proven)
    lock = strip_text(proven.lock)
    if not of_conda:
        return msgspec.structs.replace(portable, lock=lock, proof=proven.proof)
    return msgspec.structs.replace(
        portable, lock=lock, proof=proven.proof, python=proven.python, accelerator=proven.accelerator
    )


def strip_sources(machine: Machine, supply: Supply | None) -> tuple[Machine, Supply | None]:
    """The machine and the supply without a credential in their addresses."""
    from mlenv.report.redact import strip_configuration, strip_url

    machine = msgspec.structs.replace(machine, packages=strip_configuration(machine.packages))
    return machine, change_addresses(supply, strip_url)


def change_addresses(supply: Supply | None, change: Callable[[str], str]) -> Supply | None:
    """The supply with every address of its sources changed."""
    if supply is None:
        return None
    sources = tuple(msgspec.structs.replace(row, address=change(row.address)) for row in supply.sources)
    return msgspec.structs.replace(supply, sources=sources)


def note_logins(content: Content, real: Content) -> Content:
    """The content without a login in its addresses, and a note at each source that ``real`` has one for."""
    from mlenv.report.redact import strip_url

    indexes = tuple(
        msgspec.structs.replace(row, url=strip_url(row.url), login=strip_url(row.url) != row.url)
        for row in real.indexes
    )
    wheels = tuple(
        msgspec.structs.replace(row, address=strip_url(row.address), login=strip_url(row.address) != row.address)
        for row in real.wheels
    )
    return msgspec.structs.replace(content, indexes=indexes, wheels=wheels)


def write_target(terminal: Terminal, target: Target, text: str) -> None:
    """Give a form out; a script that can be started is made so that it may be."""
    if target.path is None:
        terminal.write(text)
        return
    write_file(target.path, text)
    if target.form == "shell":
        mode = target.path.stat().st_mode
        target.path.chmod(mode | (mode & 0o444) >> 2)
