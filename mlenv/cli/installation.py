"""What ``mlenv install`` does, step by step: ask, resolve, plan, run, prove, seal."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from mlenv.cli.request import data_warnings
from mlenv.cli.settings import OutputOptions, emit
from mlenv.errors import ExitStatus
from mlenv.execute.generations import Generations
from mlenv.facts.machine import Machine
from mlenv.facts.python import ManagerName
from mlenv.matrix.load import Matrix
from mlenv.plan.plan import Plan, PlannedPackage
from mlenv.resolve.request import Request
from mlenv.terminal import Terminal
from mlenv.verify.result import Verification

TOLD = 6
"""So many releases that no source has are named."""


class Installation:
    """One call of ``mlenv install``: decide, then show the plan or carry it out."""

    def __init__(
        self,
        terminal: Terminal,
        matrix: Matrix,
        request: Request,
        machine: Machine,
        generations: Generations,
        *,
        offline: bool,
        manager: ManagerName = "uv",
    ) -> None:
        self.terminal = terminal
        self.matrix = matrix
        self.request = request
        self.machine = machine
        self.generations = generations
        self.offline = offline
        self.manager: ManagerName = manager
        self.folder = generations.next_folder()

    def show(self, output: OutputOptions) -> int:
        """``--dry-run``: the plan with the very commands that would run."""
        from mlenv.report.plan import mask_plan, plan_document, render_text
        from mlenv.report.redact import mask_machine

        plan = self.decide()
        document = plan_document(mask_plan(plan), mask_machine(self.machine), self.matrix.data_version)
        emit(self.terminal, document, lambda: render_text(document, verbose=output.verbose), output)
        return ExitStatus.OK

    def carry_out(self, output: OutputOptions) -> int:
        """Build, prove, switch, and say what was proven."""
        from mlenv.cli.proof import uv_environ
        from mlenv.execute.transaction import held, install
        from mlenv.report.verify import make_document

        start = time.perf_counter()
        plan = self.decide()  # before anything is made: what cannot be leaves no trace
        decided = round(time.perf_counter() - start, 3)
        with held(self.generations, waiting=self.terminal.note):
            folder = self.generations.next_folder()
            if folder != self.folder:  # another mlenv was faster, or left a folder behind
                self.folder = folder
                plan = self.decide()
            self._announce(plan)
            verification = install(
                plan,
                self.generations,
                self.folder,
                environ=uv_environ(self.machine.packages),
                progress=self.terminal,
                verify=lambda folder, say: self._verify(plan, folder, say),
                seal=lambda folder, proof, timings: self._seal(plan, folder, proof, {"decide": decided, **timings}),
            )
        document = make_document(verification, self.matrix.data_version)
        emit(self.terminal, document, lambda: self._farewell(plan, verification), output)
        return ExitStatus.OK

    def decide(self) -> Plan:
        """Ask the sources, resolve, plan and have uv prove it, before anything is touched.

        :class:`NoPlanError` with the reasons where there is no plan, :class:`NoVerdictError` where
        it could not be proven.
        """
        from mlenv.cli.decision import decide_proven
        from mlenv.cli.proof import PROVEN_MANAGERS, find_uv
        from mlenv.errors import NoPlanError, NoVerdictError
        from mlenv.plan.build import PlanOptions
        from mlenv.report.plan import impossible_document, render_text
        from mlenv.resolve.resolution import Impossible

        self._demand_manager()
        options = PlanOptions(
            manager=self.manager,
            uv=find_uv(),
            environment=str(self.folder),
            offline=self.offline,
            warnings=data_warnings(self.matrix),
            as_of=self.matrix.as_of,
        )
        plan = decide_proven(self.request, self.machine, self.matrix, options, self.terminal, here=True).plan
        if isinstance(plan, Impossible):
            text = render_text(impossible_document(plan, self.machine, self.matrix.data_version)).rstrip()
            raise NoPlanError(text[0].lower() + text[1:])
        if self.manager in PROVEN_MANAGERS and plan.proof is not None and plan.proof.status != "proven":
            raise NoVerdictError(
                f"the plan could not be proven, so nothing was installed: {plan.proof.detail}",
                hint="check the network, proxy and index settings (`mlenv probe` shows them), then run it again",
            )
        return plan

    def _demand_manager(self) -> None:
        """:class:`NoVerdictError` where a manager that somebody else must install is not there."""
        import shutil

        from mlenv.cli.decision import CONDA_FAMILY
        from mlenv.errors import NoVerdictError

        if self.manager in CONDA_FAMILY and shutil.which(self.manager) is None:
            raise NoVerdictError(
                f"{self.manager} is not on PATH",
                hint=f"install {self.manager} or open a shell that has it; `--manager uv` needs nothing",
            )

    def _announce(self, plan: Plan) -> None:
        from mlenv.report.redact import mask_text

        names = ", ".join(_name_package(package) for package in plan.packages)
        self.terminal.note(f"Python {plan.python}, {plan.accelerator.kind}: {mask_text(names)}")
        for row in plan.rejected:
            if row.rule == "source-unreachable":
                self.terminal.note(mask_text(row.text))
        given_up = [row.candidate for row in plan.rejected if row.rule == "supply"]
        if given_up:
            more = f" and {len(given_up) - TOLD} more" if len(given_up) > TOLD else ""
            self.terminal.note(f"given up, since no source that answers has it: {', '.join(given_up[:TOLD])}{more}")
        if plan.proof is not None and plan.proof.status == "proven":
            self.terminal.note(_tell_proof(plan))
        for warning in plan.warnings:
            self.terminal.warn(warning)
        for lift in plan.lifts:
            self.terminal.note(f"{lift.change}: that would give {lift.gives}")

    def _verify(self, plan: Plan, folder: Path, say: Callable[[str], None]) -> Verification:
        from mlenv.cli.verify import verify_packages
        from mlenv.report.verify import render_result

        versions = {package.name: package.version for package in plan.packages}
        return verify_packages(
            folder,
            [(name, versions.get(name) or None) for name in plan.verify],
            self.matrix,
            device=plan.accelerator.kind,
            variables=plan.variables,
            on_result=lambda result: say(render_result(result)),
        )

    def _seal(self, plan: Plan, folder: Path, verification: Verification, timings: dict[str, float]) -> None:
        from mlenv.execute.manifest import Manifest, write_manifest
        from mlenv.report.plan import mask_plan
        from mlenv.report.redact import mask_machine, mask_text

        lock = mask_text(_read_lock(folder))
        masked = msgspec.structs.replace(mask_plan(plan), lock=None)  # the manifest has it once
        for file in masked.files:
            (folder / file.path).write_text(file.text, encoding="utf-8")
        manifest = Manifest(
            matrix_version=self.matrix.version,
            matrix_digest=self.matrix.digest,
            created=dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
            plan=masked,
            machine=mask_machine(self.machine),
            lock=lock,
            verification=verification,
            timings=timings,
        )
        write_manifest(folder, manifest)

    def _farewell(self, plan: Plan, verification: Verification) -> str:
        from mlenv.report.verify import render_proof

        path = _shortest_path(self.generations.path)
        bin_folder = "Scripts" if self.machine.os.family == "windows" else "bin"
        program = os.environ.get("MLENV_COMMAND", "mlenv")
        activate = f"{path}\\{bin_folder}\\activate" if bin_folder == "Scripts" else f". {path}/{bin_folder}/activate"
        lines = [f"{path} is ready, with Python {plan.python}. Proven in it:", *render_proof(verification), ""]
        lines += [f"Use it in this shell:  {activate}", f"Run one command:       {program} run --env {path} -- python"]
        return "\n".join(lines) + "\n"


def _tell_proof(plan: Plan) -> str:
    """``proven by uv 0.13.9: 79 packages, 2.1 GB to download at most``."""
    proof = plan.proof
    assert proof is not None
    size = f", {plan.download_bytes / 1e6:,.0f} MB to download at most" if plan.download_bytes else ""
    built = f"; built from source: {', '.join(proof.built)}" if proof.built else ""
    return f"proven by {proof.by}: {proof.packages} packages{size}{built}"


def _read_lock(folder: Path) -> str:
    """The lock that the environment was made from: uv's, or what conda's channel answered; empty for neither."""
    from mlenv.plan.conda import EXPLICIT_FILE
    from mlenv.plan.places import LOCK_FILE

    found = (folder / name for name in (LOCK_FILE, EXPLICIT_FILE) if (folder / name).is_file())
    return next((path.read_text(encoding="utf-8") for path in found), "")


def _name_package(package: PlannedPackage) -> str:
    origin = f"(from {package.index})" if package.index else ""
    return " ".join(part for part in (package.name, package.version, origin) if part)


def _shortest_path(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
