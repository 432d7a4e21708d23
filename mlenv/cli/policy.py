"""``mlenv policy``: what is demanded of a machine and its environments, as a file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlenv.cli.options import data_options, machine_option, output_options
from mlenv.cli.settings import DataOptions, OutputOptions, emit, get_machine, write_file
from mlenv.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from mlenv.facts.environment import Environment
    from mlenv.facts.machine import Machine
    from mlenv.matrix.load import Matrix
    from mlenv.terminal import Terminal
    from mlenv.verify.result import Level, Verification


@click.group("policy")
def command() -> None:
    """Write policy files, and say in words what they ask for.

    \b
    mlenv policy init --env .venv --verify --output team.toml
    mlenv policy explain team.toml
    mlenv verify --policy team.toml
    """


@command.command("explain")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@data_options
@output_options
def explain(file: Path, data: DataOptions, output: OutputOptions) -> int:
    """Say in plain sentences what a policy file asks for.

    With -v each rule has the id of its result, which a waiver may name.

    \b
    mlenv policy explain team.toml
    mlenv policy explain team.toml -v
    """
    from mlenv.policy.read import read_policy
    from mlenv.report.policy import make_document, render_text

    terminal = output.open_terminal()
    policy = read_policy(file)
    document = make_document(policy, str(file), day_of(data), data.open_matrix().data_version)
    emit(terminal, document, lambda: render_text(document, terminal.width, verbose=output.verbose), output)
    return ExitStatus.OK


@command.command("init")
@click.option(
    "--env",
    "environment",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Ask for what is installed in that environment, too.",
)
@machine_option
@click.option("--verify", "wants_proof", is_flag=True, help="Verify the environment: devices, arithmetic, health.")
@click.option(
    "--level",
    type=click.Choice(["quick", "standard", "deep"]),
    default=None,
    help="How much the policy wants checked (quick by default), and --verify checks.",
)
@click.option("--name", default="", help="The policy's name.")
@click.option(
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the policy there and not to standard output.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.option("--no-color", is_flag=True, help="No colours (NO_COLOR does the same).")
@data_options
def init(
    environment: Path | None,
    machine_path: Path | None,
    wants_proof: bool,
    level: Level | None,
    name: str,
    target: Path | None,
    force: bool,
    quiet: bool,
    verbose: bool,
    no_color: bool,
    data: DataOptions,
) -> int:
    """Write a policy that this machine keeps, to be read, changed and committed.

    Facts and files are read, nothing is run; --verify also runs the frameworks of the environment,
    so that devices, arithmetic and health stand in the policy.

    \b
    mlenv policy init --env .venv --verify --output team.toml
    mlenv policy init --machine workstation.json --name workstations
    """
    from mlenv.policy.draft import init_policy

    terminal = OutputOptions(quiet=quiet, verbose=verbose, no_color=no_color).open_terminal()
    _refuse_overwriting(target, force)
    matrix = data.open_matrix()
    machine, found, verification = (
        _verify(environment, machine_path, level, matrix, terminal, day_of(data))
        if wants_proof
        else (*_look(environment, machine_path), None)
    )
    text = init_policy(machine, found, verification, matrix, today=day_of(data), level=level, name=name)
    if target is None:
        terminal.write(text)
        return ExitStatus.OK
    write_file(target, text)
    terminal.note(f"Wrote {target}; `mlenv policy explain {target}` says what it asks for.")
    return ExitStatus.OK


def day_of(data: DataOptions) -> dt.date:
    """The day that decides on ends of life and waivers: the one asked for, else today."""
    return data.as_of.date() if data.as_of else dt.datetime.now().astimezone().date()


def _refuse_overwriting(target: Path | None, force: bool) -> None:
    if target is not None and target.exists() and not force:
        raise UsageError(f"--output {target}: there is such a file already", hint="--force writes over it")


def _look(environment: Path | None, machine_path: Path | None) -> tuple[Machine, Environment | None]:
    """The machine and the environment by what their files say; a recording may hold both."""
    if machine_path is not None:
        from mlenv.intake import load_case

        if environment is not None:
            raise UsageError("--env is an environment of this machine", hint="leave --machine or --env out")
        return load_case(machine_path)
    machine = get_machine(None, environment)
    if environment is None:
        return machine, None
    from mlenv.cli.verifying import read_named_environment

    return machine, read_named_environment(environment)


def _verify(
    environment: Path | None,
    machine_path: Path | None,
    level: Level | None,
    matrix: Matrix,
    terminal: Terminal,
    today: dt.date,
) -> tuple[Machine, Environment, Verification]:
    from mlenv.cli.verification import Verifying
    from mlenv.cli.verify import VerifyOptions

    if machine_path is not None:
        raise UsageError("--verify runs the frameworks of this machine", hint="leave --machine or --verify out")
    verifying = Verifying(VerifyOptions(environment=environment, level=level), matrix, terminal, today)
    verification = verifying.verify()
    return verifying.examination.machine, verifying.examination.environment, verification
