"""What ``mlenv verify`` does: the environment's files, its frameworks, the machine, and what a policy asks."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mlenv.cli.examination import Examination
from mlenv.cli.settings import DEFAULT_ENVIRONMENT, DataOptions, OutputOptions, emit, open_redactor
from mlenv.cli.verify import VerifyOptions
from mlenv.cli.verifying import as_device, exit_status, find_width, read_named_environment

if TYPE_CHECKING:
    from mlenv.facts.machine import Machine
    from mlenv.matrix.load import Matrix
    from mlenv.matrix.rows import Profile
    from mlenv.policy.model import Policy
    from mlenv.terminal import Terminal
    from mlenv.verify.baseline import Baseline
    from mlenv.verify.children import Setting
    from mlenv.verify.result import Level, Result, Status, Target, Verification
    from mlenv.verify.rooted import RootedPlace

DEFAULT_SOAK_SECONDS = 20.0
"""How long a GPU is kept under load at the level ``deep`` where nobody says: long enough for it to grow warm."""


def verify(options: VerifyOptions, data: DataOptions, output: OutputOptions) -> int:
    """Verify an environment, print the report, and give the exit status."""
    from mlenv.cli.policy import day_of
    from mlenv.report.forms.render import find_writers
    from mlenv.report.verify import make_document

    terminal = output.open_terminal()
    matrix = data.open_matrix()
    verifying = Verifying(options, matrix, terminal, day_of(data))
    verification = verifying.verify()
    document = make_document(verification, matrix.data_version, verifying.policy_name)

    def text() -> str:
        from mlenv.report.verify_text import render_text

        return render_text(
            document, width=terminal.width, colour=terminal.colour, marks=terminal.marks, verbose=output.verbose
        )

    def picture() -> tuple[Machine, tuple[()]]:
        from mlenv.report.redact import mask_machine

        return mask_machine(verifying.examination.machine), ()

    emit(terminal, document, text, output, writers=find_writers(document, open_redactor(), picture))
    verifying.save_baseline(verification)
    return exit_status(verification)


class Verifying:
    """One verification; the computer and the environment's files are looked at while the frameworks compute."""

    def __init__(self, options: VerifyOptions, matrix: Matrix, terminal: Terminal, today: dt.date) -> None:
        from mlenv.cli.request import load_profile

        self.options = options
        self.matrix = matrix
        self.terminal = terminal
        self.today = today
        self.policy = _read_policy(options.policy_path)
        self.level: Level = options.level or (self.policy and self.policy.verify.level) or "quick"  # type: ignore[assignment]
        self.baseline = self._read_baseline()
        self.path = options.environment or Path(DEFAULT_ENVIRONMENT)
        self.profiles: list[Profile] = [load_profile(matrix, name) for name in options.profiles]
        self.environment = read_named_environment(self.path, thorough=False)
        self.place = self._open_place()
        self.setting: Setting = self._make_setting()
        self.examination = Examination(
            self.path,
            matrix,
            machine_path=options.machine_path,
            lock=self._find_lock(),
            thorough=self.level != "quick",
            variables=self.setting.environ,
            today=today,
        )

    @property
    def policy_name(self) -> str:
        """What the policy is called; empty without one."""
        if self.policy is None or self.options.policy_path is None:
            return ""
        return self.policy.name or str(self.options.policy_path)

    # ---------------------------------------------------------------- before

    def _read_baseline(self) -> Baseline | None:
        """The baseline that was named, on the command line or in the policy."""
        from mlenv.policy.read import find_beside
        from mlenv.verify.baseline import read_baseline

        path = self.options.baseline_path
        if path is None and self.policy and self.policy.performance.baseline and self.options.policy_path:
            path = find_beside(self.options.policy_path, self.policy.performance.baseline)
        return read_baseline(path) if path is not None else None

    def _find_lock(self) -> str | None:
        """The lock that the policy names, beside it; else the one that the environment was made of."""
        from mlenv.policy.read import find_beside

        if self.policy is None or not self.policy.env.lock or self.options.policy_path is None:
            return None
        return str(find_beside(self.options.policy_path, self.policy.env.lock))

    def _open_place(self) -> RootedPlace | None:
        """How children come into the image that the environment lies in; None for one of this machine."""
        from mlenv.verify.rooted import open_setting_for

        return open_setting_for(os.path.abspath(self.path), self.environment)

    def _make_setting(self) -> Setting:
        from mlenv.verify.children import Setting

        wants_gpu = self.options.require_gpu or bool(self.policy and self.policy.verify.require_gpu)
        asked = "gpu" if wants_gpu and self.options.device == "auto" else self.options.device
        variables = {name: value for profile in self.profiles for name, value in profile.environment.items()}
        soak = self.options.soak if self.options.soak is not None else DEFAULT_SOAK_SECONDS
        assert self.environment.executable is not None
        setting = Setting(
            python=self.environment.executable,
            environ={**os.environ, **variables},
            device=as_device(asked),
            level=self.level,
            soak_seconds=soak if self.level == "deep" else 0.0,
        )
        if self.place is None:
            return setting
        return replace(
            setting,
            python=self.place.python,
            prefix=self.place.prefix,
            payloads=self.place.payloads,
            scratch=self.place.scratch,
        )

    # ---------------------------------------------------------------- the work

    def verify(self) -> Verification:
        """All results and the verdict."""
        self.examination.begin()
        with self._sampled() as take_samples:
            verification = self._run_frameworks()
        results = self._compare_with_machine(verification.results)
        results += self.examination.results(results, self.setting.device, sampled=bool(take_samples))
        results += take_samples() if take_samples else ()
        results += self._judge_rates(results)
        results += self._judge_policy(results)
        if self.policy is not None:
            from mlenv.policy.waivers import apply_waivers

            results = apply_waivers(self.policy, results, self.today)
        return replace(verification, results=results, status=self._find_status(results))

    def _find_status(self, results: tuple[Result, ...]) -> Status:
        from mlenv.verify.result import find_status

        if self.policy is None:
            return find_status(results, self.setting.device)
        from mlenv.policy.waivers import find_policy_status

        return find_policy_status(self.policy, results, self.setting.device)

    def _run_frameworks(self) -> Verification:
        from mlenv.report.verify import render_result
        from mlenv.verify.runner import Errand, verify_environment

        refusal = self._enter()
        if refusal is not None:
            return refusal
        targets = self._find_targets()
        names = ", ".join(dict.fromkeys(target.framework for target in targets)) or "nothing"
        with self.terminal.step(f"Checking {names} in {self.environment.path}") as step:
            return verify_environment(
                self.setting,
                targets,
                environment=self.environment.path,
                errand=Errand(width=find_width(), timeout=self.options.timeout),
                name_gpus=lambda: self.examination.visible_gpus,
                on_result=lambda result: step.say(render_result(result)),
            )

    def _enter(self) -> Verification | None:
        """Why an image cannot be entered, as a verification without frameworks; None where it can."""
        from mlenv.verify.result import Verification
        from mlenv.verify.rooted import try_entering

        refused = try_entering(self.place, self.environment.path) if self.place else None
        if refused is None:
            return None
        return Verification(environment=self.environment.path, status="unknown", results=(refused,), level=self.level)

    def _find_targets(self) -> list[Target]:
        """The packages that were named, else the frameworks: of profiles theirs, of an environment all there are.

        An environment of ours is held to what it was made for.
        """
        from packaging.utils import canonicalize_name

        from mlenv.execute.manifest import read_current
        from mlenv.verify.targets import find_frameworks, make_target, widen

        if self.options.only:
            return [make_target(self.matrix, canonicalize_name(name)) for name in self.options.only]
        wanted = self._profile_frameworks()
        manifest = read_current(self.path)
        asked = manifest.plan.verify if manifest and not wanted else ()
        names = find_frameworks(self.environment, self.matrix, wanted, asked)
        joint = manifest is not None and manifest.plan.accelerator.kind != "cpu"
        targets = [make_target(self.matrix, name) for name in names]
        return widen(targets, self.environment, self.level, joint=joint)

    def _profile_frameworks(self) -> set[str]:
        from mlenv.resolve.request import make_request

        if not self.profiles:
            return set()
        request = make_request(self.matrix, self.profiles, accelerator="auto")
        return {wanted.name for wanted in request.wanted if wanted.known and not wanted.optional}

    # ---------------------------------------------------------------- what is seen beside it

    def _compare_with_machine(self, results: tuple[Result, ...]) -> tuple[Result, ...]:
        """The results, with what the machine lets one expect beside them."""
        from mlenv.verify.expectation import compare_counts, warn_of_idle_gpus

        machine = self.examination.machine
        results = compare_counts(results, self.examination.visible_gpus)
        if self.setting.device != "auto":
            return results
        known = {result.framework for result in results} & set(self.matrix.framework_ids)
        return warn_of_idle_gpus(results, machine, {name: self.matrix.framework(name) for name in known})

    @contextlib.contextmanager
    def _sampled(self) -> Iterator[Callable[[], tuple[Result, ...]] | None]:
        """GPUs are looked at while they work; gives what tells the results, None where nothing is to be seen."""
        if self.level == "quick" or self.setting.device == "cpu" or not self.examination.machine.gpus_of("nvidia"):
            yield None
            return
        from mlenv.verify.sampling import Sampler, judge_samples

        with Sampler(self.examination.read_gpus, interval=2.0) as sampler:
            yield lambda: judge_samples(sampler.samples, self.matrix.health, sampler.trouble)

    def _judge_rates(self, results: tuple[Result, ...]) -> tuple[Result, ...]:
        """Measured rates against the public peak and the baseline, and NVIDIA's own diagnosis."""
        if self.level != "deep":
            return ()
        import shutil

        from mlenv.verify.baseline import TOLERANCE, compare_with_baseline
        from mlenv.verify.dcgm import diagnose
        from mlenv.verify.performance import judge_rates

        machine = self.examination.machine
        judged = judge_rates(results, machine, self.matrix.gpus, self.matrix.health.rate)
        if self.baseline is not None:
            tolerance = self.policy.performance.baseline_tolerance if self.policy else None
            judged += compare_with_baseline(self.baseline, results, tolerance=tolerance or TOLERANCE)
        gpus = machine.gpus or () if self.setting.device != "cpu" else ()
        return judged + diagnose(shutil.which("dcgmi"), gpus, self.matrix.gpus)

    def _judge_policy(self, results: tuple[Result, ...]) -> tuple[Result, ...]:
        if self.policy is None:
            return ()
        from mlenv.policy.judge import judge_policy
        from mlenv.policy.rule import PolicyCase

        case = PolicyCase(
            machine=self.examination.machine,
            matrix=self.matrix,
            today=self.today,
            environment=self.examination.environment,
            results=results,
            level=self.level,
        )
        return judge_policy(self.policy, case)

    # ---------------------------------------------------------------- after

    def save_baseline(self, verification: Verification) -> None:
        """Write the rates where that was asked for; not those of a machine that failed."""
        path = self.options.save_baseline
        if path is None:
            return
        if verification.status not in ("ok", "warning"):
            self.terminal.warn(f"{path} was not written: a baseline is made of a verification without a failure")
            return
        from mlenv.cli.settings import write_bytes
        from mlenv.verify.baseline import make_baseline

        write_bytes(path, make_baseline(verification, self.examination.machine), option="--save-baseline")
        self.terminal.note(f"Saved the measured rates in {path}")


def _read_policy(path: Path | None) -> Policy | None:
    if path is None:
        return None
    from mlenv.policy.read import read_policy

    return read_policy(path)
