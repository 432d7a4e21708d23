"""What ``mlenv verify`` does: the environment's files, its frameworks, the machine, and what a policy asks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mlenv.cli.settings import DEFAULT_ENVIRONMENT, DataOptions, OutputOptions, emit, open_host
from mlenv.cli.verify import VerifyOptions
from mlenv.cli.verifying import as_device, exit_status, find_width, read_named_environment

if TYPE_CHECKING:
    from mlenv.execute.manifest import Manifest
    from mlenv.facts.environment import Environment
    from mlenv.facts.machine import Machine
    from mlenv.matrix.load import Matrix
    from mlenv.matrix.rows import Profile
    from mlenv.terminal import Terminal
    from mlenv.verify.children import Setting
    from mlenv.verify.result import Level, Target, Verification

DEFAULT_SOAK_SECONDS = 20.0
"""How long a GPU is kept under load at the level ``deep`` where nobody says: long enough for it to grow warm."""


def verify(options: VerifyOptions, data: DataOptions, output: OutputOptions) -> int:
    """Verify an environment, print the report, and give the exit status."""
    from mlenv.report.verify import make_document

    terminal = output.open_terminal()
    matrix = data.open_matrix()
    verification = Verifying(options, matrix, terminal).verify()
    document = make_document(verification, matrix.data_version)

    def text() -> str:
        from mlenv.report.verify_text import render_text

        return render_text(
            document, width=terminal.width, colour=terminal.colour, marks=terminal.marks, verbose=output.verbose
        )

    emit(terminal, document, text, output)
    return exit_status(verification)


class Verifying:
    """One verification; the machine is read while the frameworks are imported."""

    def __init__(self, options: VerifyOptions, matrix: Matrix, terminal: Terminal) -> None:
        from mlenv.cli.request import load_profile
        from mlenv.execute.manifest import read_current
        from mlenv.probe import begin_probe

        self.options = options
        self.matrix = matrix
        self.terminal = terminal
        self.path = options.environment or Path(DEFAULT_ENVIRONMENT)
        self.level: Level = options.level or "quick"  # type: ignore[assignment]
        self.profiles: list[Profile] = [load_profile(matrix, name) for name in options.profiles]
        self.environment: Environment = read_named_environment(self.path)
        self.manifest: Manifest | None = read_current(self.path)
        self._get_machine = begin_probe(open_host(), environment_path=os.path.abspath(self.path))
        self._machine: Machine | None = None

    @property
    def machine(self) -> Machine:
        """The computer; its probe was begun at the start."""
        if self._machine is None:
            self._machine = self._get_machine()
        return self._machine

    def verify(self) -> Verification:
        """All results and the verdict."""
        verification = self._run_frameworks()
        if self.options.device == "auto" and not self.options.require_gpu:
            verification = self._warn_of_idle_gpus(verification)
        return verification

    def _run_frameworks(self) -> Verification:
        from mlenv.report.verify import render_result
        from mlenv.verify.runner import Errand, verify_environment
        from mlenv.verify.visible import visible_gpus

        setting, targets = self._make_setting(), self._find_targets()
        names = ", ".join(dict.fromkeys(target.framework for target in targets)) or "nothing"
        with self.terminal.step(f"Checking {names} in {self.environment.path}") as step:
            return verify_environment(
                setting,
                targets,
                environment=self.environment.path,
                errand=Errand(width=find_width()),
                name_gpus=lambda: visible_gpus(self.machine, setting.environ),
                on_result=lambda result: step.say(render_result(result)),
            )

    def _make_setting(self) -> Setting:
        from mlenv.verify.children import Setting

        asked = "gpu" if self.options.require_gpu and self.options.device == "auto" else self.options.device
        variables = {name: value for profile in self.profiles for name, value in profile.environment.items()}
        soak = self.options.soak if self.options.soak is not None else DEFAULT_SOAK_SECONDS
        assert self.environment.executable is not None
        return Setting(
            python=self.environment.executable,
            environ={**os.environ, **variables},
            device=as_device(asked),
            level=self.level,
            soak_seconds=soak if self.level == "deep" else 0.0,
        )

    def _find_targets(self) -> list[Target]:
        """The frameworks that are there, of profiles only theirs; of an environment of ours what it was made for."""
        from mlenv.verify.targets import find_frameworks, make_target, widen

        wanted = self._profile_frameworks()
        asked = self.manifest.plan.verify if self.manifest and not wanted else ()
        names = find_frameworks(self.environment, self.matrix, wanted, asked)
        joint = self.manifest is not None and self.manifest.plan.accelerator.kind != "cpu"
        targets = [make_target(self.matrix, name) for name in names]
        return widen(targets, self.environment, self.level, joint=joint)

    def _profile_frameworks(self) -> set[str]:
        from mlenv.resolve.request import make_request

        if not self.profiles:
            return set()
        request = make_request(self.matrix, self.profiles, accelerator="auto")
        return {wanted.name for wanted in request.wanted if wanted.known and not wanted.optional}

    def _warn_of_idle_gpus(self, verification: Verification) -> Verification:
        from mlenv.verify.expectation import warn_of_idle_gpus

        known = {result.framework for result in verification.results} & set(self.matrix.framework_ids)
        rows = {name: self.matrix.framework(name) for name in known}
        return warn_of_idle_gpus(verification, self.machine, rows)
