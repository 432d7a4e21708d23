"""What ``mlenv bundle`` does, step by step: decide, fetch, build, write, put in place."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from mlenv.cli.settings import DEFAULT_ENVIRONMENT, OutputOptions, RequestOptions, emit
from mlenv.errors import ExitStatus, NoPlanError, NoVerdictError, UsageError
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.plan.content import Content
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan
from mlenv.resolve.request import Request
from mlenv.resolve.resolution import Impossible, Resolution
from mlenv.terminal import Terminal

if TYPE_CHECKING:
    from mlenv.bundle.building import Builder
    from mlenv.bundle.choice import ChosenFile
    from mlenv.bundle.manifest import BundledPackage, BundledPython, BundleManifest, BundleTarget
    from mlenv.facts.python import ManagerName

SOURCE_DATE = "SOURCE_DATE_EPOCH"
TOLD_BYTES = 4 * 1024 * 1024
"""So many bytes of a file come between two words about it."""


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A proven plan, the answer that it came from, and what the environment shall hold."""

    plan: Plan
    resolution: Resolution
    content: Content


def demand_manager(manager: str) -> None:
    """:class:`UsageError` for conda's managers, whose packages no bundle holds."""
    from mlenv.cli.proof import PROVEN_MANAGERS

    if manager not in PROVEN_MANAGERS:
        raise UsageError(
            f"--manager {manager}: a bundle holds wheels, which uv and pip install",
            hint="take --manager uv or --manager pip",
        )


class Bundling:
    """One call of ``mlenv bundle``.

    ``here`` says that the bundle is for this machine, ``with_python`` that it brings its Python in
    any case, ``own_matrix`` that a site's own data decide.
    """

    def __init__(
        self,
        terminal: Terminal,
        matrix: Matrix,
        request: Request,
        machine: Machine,
        asked: RequestOptions,
        *,
        here: bool,
        with_python: bool = False,
        own_matrix: bool = False,
    ) -> None:
        from mlenv.cli.package_access import source_variables
        from mlenv.cli.proof import find_uv, uv_environ

        self.terminal = terminal
        self.matrix = matrix
        self.request = request
        self.machine = machine
        self.asked = asked
        self.here = here
        self.with_python = with_python
        self.own_matrix = own_matrix
        self.uv = find_uv()
        self.environ = {**uv_environ(machine.packages), **source_variables(machine.packages, offline=asked.offline)}
        self.source_date = read_source_date(os.environ)

    def carry_out(self, path: Path, output: OutputOptions, *, force: bool) -> int:
        """Make the bundle at ``path`` and say what is in it."""
        from mlenv.bundle.archive import kind_of
        from mlenv.bundle.manifest import BundleOutput
        from mlenv.bundle.output import put_in_place, staged
        from mlenv.report.bundle import render_text
        from mlenv.system.signals import stopped_cleanly

        decided = self.decide()
        moment = self.source_date if self.source_date is not None else day_of(decided.plan)
        with stopped_cleanly(), staged(path) as folder:
            manifest = self._fill(folder, path, decided, moment)
            with self.terminal.step(f"Write {path.name}"):
                size = put_in_place(folder, path, moment=moment, force=force)
        written = BundleOutput(path=str(path), kind=kind_of(path), size=size)
        document = msgspec.structs.replace(manifest, output=written)
        emit(self.terminal, document, lambda: render_text(document, verbose=output.verbose), output)
        return ExitStatus.OK

    def decide(self) -> Decided:
        """The proven plan; :class:`NoPlanError` with the reasons where there is none, and
        :class:`NoVerdictError` where it could not be proven.
        """
        from mlenv.cli.decision import decide_proven
        from mlenv.plan.gathering import gather_content
        from mlenv.report.plan import impossible_document, render_text

        options = self._options()
        decision = decide_proven(self.request, self.machine, self.matrix, options, self.terminal, here=self.here)
        plan = decision.plan
        if isinstance(plan, Impossible):
            text = render_text(impossible_document(plan, self.machine, self.matrix.data_version)).rstrip()
            raise NoPlanError(text[0].lower() + text[1:])
        if plan.lock is None or decision.resolution is None:
            detail = plan.proof.detail if plan.proof is not None else "nobody was asked"
            raise NoVerdictError(
                f"the plan could not be proven, so nothing was gathered: {detail}",
                hint="check the network, proxy and index settings (`mlenv probe` shows them), then run it again",
            )
        content = gather_content(decision.resolution, self.machine, self.matrix, decision.supply, options)
        return Decided(plan=plan, resolution=decision.resolution, content=content)

    def _options(self) -> PlanOptions:
        from mlenv.cli.request import data_warnings

        return PlanOptions(
            manager=cast("ManagerName", self.asked.manager),
            environment=str(self.asked.environment or DEFAULT_ENVIRONMENT),
            offline=self.asked.offline,
            warnings=data_warnings(self.matrix),
            as_of=self.matrix.as_of,
            portable=True,
        )

    def _fill(self, folder: Path, path: Path, decided: Decided, moment: int) -> BundleManifest:
        """Everything into ``folder``; warnings are told as they come."""
        from mlenv.bundle.choice import choose_files, doubt_hashes
        from mlenv.bundle.gathering import wanted_bytes
        from mlenv.bundle.manifest import BundleRequest
        from mlenv.bundle.output import demand_space
        from mlenv.bundle.writing import Contents, write_bundle
        from mlenv.plan.lock import read_lock
        from mlenv.report.plan import mask_plan

        lock = read_lock(decided.plan.lock or "")
        chosen = choose_files(lock)
        notes = (*doubt_hashes(chosen), *decided.plan.warnings)
        for note in notes:
            self.terminal.warn(note)
        demand_space(path, wanted_bytes(chosen))
        packages = self._gather(folder, chosen, decided)
        asked = self.asked
        contents = Contents(
            plan=msgspec.structs.replace(mask_plan(decided.plan), lock=None),
            request=BundleRequest(
                profiles=asked.profiles,
                extras=asked.extras,
                python=asked.python,
                accelerator=asked.accelerator,
                manager=asked.manager,
                own_matrix=self.own_matrix,
            ),
            target=self._target(decided.content, packages),
            packages=packages,
            python=self._bring_python(folder, decided.resolution),
            data=self.matrix.data_version,
            created=dt.datetime.fromtimestamp(moment, dt.timezone.utc).isoformat(timespec="seconds"),
            modules=tuple(dict.fromkeys(name for row in decided.content.requirements for name in row.imports)),
            environment=decided.plan.environment,
            requires_python=lock.requires_python,
            notes=notes,
        )
        return write_bundle(folder, contents)

    def _gather(self, folder: Path, chosen: Sequence[ChosenFile], decided: Decided) -> tuple[BundledPackage, ...]:
        from mlenv.bundle.gathering import gather_wheels, wanted_bytes
        from mlenv.cli.package_access import make_access
        from mlenv.system.download import Downloads

        downloads = Downloads(make_access(self.machine.packages, decided.content, os.environ))
        size = wanted_bytes(chosen)
        about = f", {size / 1e6:,.0f} MB" if size else ""
        with self.terminal.step(f"Gather {len(chosen)} packages{about}") as speaker:
            return gather_wheels(
                chosen,
                folder,
                downloads,
                self._builder(decided.resolution),
                on_progress=Teller(speaker.say).tell,
                on_build=lambda what: speaker.say(f"building {what}"),
            )

    def _builder(self, resolution: Resolution) -> Builder:
        from mlenv.bundle.building import Builder

        interpreter = resolution.interpreter
        own = (interpreter.path if interpreter else None) or resolution.python
        return Builder(
            uv=self.uv,
            python=own if self.here else sys.executable,
            environ=self.environ,
            here=self.here,
            platform=self.machine.platform,
            series=resolution.python,
            offline=self.asked.offline,
        )

    def _bring_python(self, folder: Path, resolution: Resolution) -> BundledPython | None:
        from mlenv.bundle.interpreter import Uv, bring_archive

        if resolution.interpreter is not None and not self.with_python:
            return None
        python = resolution.request.python or resolution.python
        with self.terminal.step(f"Fetch Python {python} for {self.machine.platform}"):
            return bring_archive(python, self.machine, folder, Uv(path=self.uv, environ=self.environ))

    def _target(self, content: Content, packages: Sequence[BundledPackage]) -> BundleTarget:
        from mlenv.bundle.floors import lowest_libc, lowest_macos
        from mlenv.bundle.manifest import BundleTarget

        names = [package.path.rpartition("/")[2] for package in packages]
        return BundleTarget(
            platform=content.platform,
            python=content.python,
            accelerator=content.accelerator,
            variant=content.variant,
            libc=lowest_libc(names, self.machine),
            macos=lowest_macos(names, self.machine),
            driver=content.driver,
        )


class Teller:
    """Says how far each file is, now and then."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._told: dict[str, int] = {}

    def tell(self, name: str, received: int, total: int | None) -> None:
        """Bytes of a file so far and in all; None where nobody knows."""
        over = total is not None and received >= total
        if received - self._told.get(name, 0) < TOLD_BYTES and not over:
            return
        self._told[name] = received
        whole = f" of {total / 1e6:,.1f}" if total is not None else ""
        self._say(f"{name}: {received / 1e6:,.1f}{whole} MB")


def read_source_date(environ: Mapping[str, str]) -> int | None:
    """The time that ``SOURCE_DATE_EPOCH`` names, in seconds since 1970; :class:`UsageError` for no such number."""
    text = environ.get(SOURCE_DATE, "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 11:
        raise UsageError(f"{SOURCE_DATE}: {text[:40]!r} is no number of seconds since 1970")
    return int(text)


def day_of(plan: Plan) -> int:
    """The midnight (UTC) that began the day on which a plan was proven, in seconds since 1970."""
    day = dt.date.fromisoformat(plan.proof.on) if plan.proof is not None and plan.proof.on else dt.date(1980, 1, 1)
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.timezone.utc).timestamp())
