"""``mlenv verify``: a green that means it computes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlenv.cli.options import data_options, environment_option, output_options
from mlenv.cli.settings import DEFAULT_ENVIRONMENT, DataOptions, OutputOptions, emit, get_machine
from mlenv.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from mlenv.facts.environment import Environment
    from mlenv.matrix.load import Matrix
    from mlenv.verify.result import DeviceKind, Result, Target, Verification


@click.command("verify")
@environment_option
@click.option("--profile", "profiles", multiple=True, metavar="NAME", help="Check the frameworks of that profile.")
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda", "rocm", "mps", "xpu", "tpu"]),
    default="auto",
    show_default=True,
    help="Where to compute.",
)
@click.option("--require-gpu", is_flag=True, help="A framework that could use a GPU and computes on the CPU fails.")
@click.option("--level", type=click.Choice(["quick"]), default="quick", show_default=True, help="How much to check.")
@data_options
@output_options
def command(
    environment: Path | None,
    profiles: tuple[str, ...],
    device: str,
    require_gpu: bool,
    level: str,
    data: DataOptions,
    output: OutputOptions,
) -> int:
    """Import every framework of an environment, compute, and check the numbers.

    Each framework runs in a child process of that environment: a crash, a hang, a wrong number
    and a silent fall-back to the CPU are told apart.

    \b
    mlenv verify                          the environment .venv
    mlenv verify --env ~/envs/torch --require-gpu
    """
    from mlenv.report.verify import make_document, render_result, render_text
    from mlenv.verify.expectation import warn_of_idle_gpus

    terminal = output.open_terminal()
    matrix = data.open_matrix()
    found = read_named_environment(environment or Path(DEFAULT_ENVIRONMENT))
    wanted = _wanted_frameworks(matrix, profiles)
    packages = _choose_packages(found, matrix, wanted, environment or Path(DEFAULT_ENVIRONMENT))
    names = ", ".join(name for name, _ in packages) or "nothing"
    with terminal.step(f"Checking {names} in {found.path}") as step:
        verification = verify_packages(
            Path(found.path),
            packages,
            matrix,
            device="gpu" if require_gpu and device == "auto" else device,
            variables=_profile_variables(matrix, profiles),
            on_result=lambda result: step.say(render_result(result)),
        )
    if device == "auto" and not require_gpu:
        known = {result.framework for result in verification.results} & set(matrix.framework_ids)
        rows = {name: matrix.framework(name) for name in known}
        verification = warn_of_idle_gpus(verification, get_machine(None, environment), rows)
    document = make_document(verification, matrix.data_version)
    emit(terminal, document, lambda: render_text(document), output)
    return exit_status(verification)


def _choose_packages(
    found: Environment, matrix: Matrix, wanted: set[str], environment: Path
) -> list[tuple[str, str | None]]:
    """The frameworks that are there, of a profile only its own; of an environment of ours what it was made for."""
    from mlenv.execute.manifest import read_current

    names = [
        dist.name
        for dist in found.distributions
        if (framework := matrix.distributions.get(dist.name)) and (not wanted or framework in wanted)
    ]
    missing = wanted - {matrix.distributions[name] for name in names}
    manifest = read_current(environment) if not wanted else None
    asked = [name for name in manifest.plan.verify if name not in names] if manifest else []
    return [(name, None) for name in (*names, *sorted(missing), *asked)]


def exit_status(verification: Verification) -> int:
    """0 verified, 1 something failed, 5 nothing could be checked."""
    return {"ok": ExitStatus.OK, "warning": ExitStatus.OK, "error": ExitStatus.FOUND_FAULT}.get(
        verification.status, ExitStatus.NO_VERDICT
    )


def read_named_environment(path: Path) -> Environment:
    """The environment at a path that the user named; :class:`UsageError` where there is none."""
    from mlenv.probe.environments.environment import read_environment
    from mlenv.system.host import LiveHost

    found = read_environment(LiveHost(), os.path.abspath(path), working_directory=os.getcwd())
    if found is not None and found.executable:
        return found
    if not path.exists():
        raise UsageError(f"{path}: there is no such environment", hint="make one with `mlenv install --profile NAME`")
    raise UsageError(f"{path}: is no Python environment (no interpreter in it)", hint="name another one with --env")


def verify_packages(
    folder: Path,
    packages: Sequence[tuple[str, str | None]],
    matrix: Matrix,
    *,
    device: str,
    variables: Mapping[str, str] | None = None,
    on_result: Callable[[Result], None] | None = None,
) -> Verification:
    """Verify (distribution, expected version) pairs in the environment at ``folder``."""
    from mlenv.verify.children import Setting
    from mlenv.verify.runner import verify_environment

    found = read_named_environment(folder)
    assert found.executable is not None
    setting = Setting(python=found.executable, environ={**os.environ, **(variables or {})}, device=_as_device(device))
    targets = [make_target(matrix, name, version) for name, version in packages]
    return verify_environment(setting, targets, environment=str(folder), on_result=on_result)


def make_target(matrix: Matrix, distribution: str, version: str | None) -> Target:
    """What the verifier needs to know about a distribution."""
    from mlenv.verify.result import Target

    if distribution not in matrix.distributions:  # any other package is imported, as its files say
        return Target(framework=distribution, distribution=distribution, version=version)
    row = matrix.framework(matrix.distributions[distribution])
    return Target(framework=row.id, distribution=distribution, imports=row.imports, version=version)


def _as_device(text: str) -> DeviceKind:
    from typing import get_args

    from mlenv.verify.result import DeviceKind

    for kind in get_args(DeviceKind):
        if kind == text:
            return kind  # type: ignore[no-any-return]
    raise UsageError(f"unknown device {text!r}")


def _profile_variables(matrix: Matrix, profiles: Sequence[str]) -> dict[str, str]:
    from mlenv.cli.request import load_profile

    return {key: value for name in profiles for key, value in load_profile(matrix, name).environment.items()}


def _wanted_frameworks(matrix: Matrix, profiles: Sequence[str]) -> set[str]:
    from mlenv.cli.request import load_profile
    from mlenv.resolve.request import make_request

    if not profiles:
        return set()
    request = make_request(matrix, [load_profile(matrix, name) for name in profiles], accelerator="auto")
    return {wanted.name for wanted in request.wanted if wanted.known and not wanted.optional}
