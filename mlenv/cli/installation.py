"""What ``mlenv install`` does, step by step: ask, resolve, plan, run, prove, seal."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

from mlenv.cli.request import data_warnings
from mlenv.cli.settings import OutputOptions, emit
from mlenv.errors import ExitStatus
from mlenv.execute.generations import Generations
from mlenv.execute.lock_memory import LockMemory
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.plan.plan import Plan, PlannedPackage
from mlenv.resolve.request import Request
from mlenv.terminal import Terminal
from mlenv.verify.result import Verification


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
    ) -> None:
        self.terminal = terminal
        self.matrix = matrix
        self.request = request
        self.machine = machine
        self.generations = generations
        self.offline = offline
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
        from mlenv.execute.transaction import held, install
        from mlenv.report.verify import make_document

        with held(self.generations, waiting=self.terminal.note):
            self.folder = self.generations.next_folder()
            plan = self.decide()
            self._announce(plan)
            verification = install(
                plan,
                self.generations,
                self.folder,
                environ=self._environ(),
                progress=self.terminal,
                memory=self._memory(plan),
                verify=lambda folder, say: self._verify(plan, folder, say),
                seal=lambda folder, proof, timings: self._seal(plan, folder, proof, timings),
            )
        document = make_document(verification, self.matrix.data_version)
        emit(self.terminal, document, lambda: self._farewell(plan, verification), output)
        return ExitStatus.OK

    def decide(self) -> Plan:
        """Ask the sources, resolve and plan; :class:`NoPlanError` with the reasons where it cannot be."""
        from mlenv.errors import NoPlanError
        from mlenv.plan.uv import UvOptions, build_plan
        from mlenv.report.plan import impossible_document, render_text
        from mlenv.resolve.resolution import Impossible
        from mlenv.resolve.solve import resolve
        from mlenv.supply.ask import ask_supply
        from mlenv.supply.pythons import can_bring_pythons

        uv = find_uv()
        supply = ask_supply(self.request, self.machine, self.matrix, offline=self.offline)
        answer = resolve(self.request, self.machine, self.matrix, supply)
        if not isinstance(answer, Impossible) and answer.interpreter is None:
            supply = can_bring_pythons(supply, uv, answer.python)
            answer = resolve(self.request, self.machine, self.matrix, supply)
        if isinstance(answer, Impossible):
            text = render_text(impossible_document(answer, self.machine, self.matrix.data_version)).rstrip()
            raise NoPlanError(text[0].lower() + text[1:])
        options = UvOptions(
            uv=uv,
            environment=str(self.folder),
            offline=self.offline,
            warnings=data_warnings(self.matrix),
            as_of=self.matrix.as_of,
        )
        return build_plan(answer, self.machine, self.matrix, supply, options)

    def _memory(self, plan: Plan) -> LockMemory:
        from mlenv.execute.lock_memory import LockMemory, lock_key
        from mlenv.supply.inquiry import local_folder
        from mlenv.system.folders import cache_folder

        packages = self.machine.packages
        addresses = [setting.value for setting in (*packages.find_links, *packages.extra_index_urls)]
        folders = [folder for address in addresses if (folder := local_folder(address)) is not None]
        create = next(step for step in plan.steps if step.kind == "create")
        python = " ".join(create.argv[:-1])  # all but the path of the environment
        key = lock_key("\n".join(file.text for file in plan.files), python, self._environ(), folders)
        return LockMemory(cache_folder() / "locks", key)

    def _announce(self, plan: Plan) -> None:
        from mlenv.report.redact import mask_text

        names = ", ".join(_name_package(package) for package in plan.packages)
        self.terminal.note(f"Python {plan.python}, {plan.accelerator.kind}: {mask_text(names)}")
        for row in plan.rejected:
            if row.rule == "source-unreachable":
                self.terminal.note(mask_text(row.text))
        given_up = [row.candidate for row in plan.rejected if row.rule == "supply"]
        if given_up:
            self.terminal.note(f"given up, since no source that answers has it: {', '.join(given_up)}")
        for warning in plan.warnings:
            self.terminal.warn(warning)

    def _environ(self) -> dict[str, str]:
        environ = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
        packages = self.machine.packages
        if packages.certificate:
            environ.setdefault("SSL_CERT_FILE", packages.certificate.value)
        if packages.client_certificate:
            environ.setdefault("SSL_CLIENT_CERT", packages.client_certificate.value)
        if packages.pip_proxy:
            environ.setdefault("ALL_PROXY", packages.pip_proxy)
        return environ

    def _verify(self, plan: Plan, folder: Path, say: Callable[[str], None]) -> Verification:
        from mlenv.cli.verify import verify_packages
        from mlenv.report.verify import render_result

        return verify_packages(
            folder,
            [(package.name, package.version) for package in plan.packages],
            self.matrix,
            device=plan.accelerator.kind,
            variables=plan.variables,
            on_result=lambda result: say(render_result(result)),
        )

    def _seal(self, plan: Plan, folder: Path, verification: Verification, timings: dict[str, float]) -> None:

        from mlenv.execute.manifest import Manifest, write_manifest
        from mlenv.plan.uv import LOCK_FILE, PROJECT_FILE
        from mlenv.report.plan import mask_plan
        from mlenv.report.redact import mask_machine, mask_text

        lock = mask_text((folder / LOCK_FILE).read_text(encoding="utf-8"))
        masked = mask_plan(plan)
        for file in masked.files:
            (folder / file.path).write_text(file.text, encoding="utf-8")
        assert PROJECT_FILE in {file.path for file in masked.files}
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


def _name_package(package: PlannedPackage) -> str:
    origin = f" (from {package.index})" if package.index else ""
    return f"{package.name} {package.version}{origin}"


def find_uv() -> str:
    """The path of uv: the one that came with mlenv, else the one on PATH."""
    import shutil

    from mlenv.errors import NoVerdictError

    try:
        import uv

        return uv.find_uv_bin()
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found is None:
        raise NoVerdictError("uv, the package installer, is missing", hint="install it: `pip install uv`")
    return found


def _shortest_path(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
