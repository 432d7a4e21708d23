"""The commands of a plan for conda, mamba and micromamba, or for py-rattler in their place."""

from __future__ import annotations

from collections.abc import Sequence

from mlenv.facts.system import SystemFamily
from mlenv.plan.conda_client import CondaClient
from mlenv.plan.conda_content import ChannelAnswer, CondaContent
from mlenv.plan.conda_login import argument_of
from mlenv.plan.options import PlanOptions
from mlenv.plan.places import PROJECT_FOLDER
from mlenv.plan.plan import Step

EXPLICIT_FILE = f"{PROJECT_FOLDER}/explicit.txt"
RECORDS_FILE = f"{PROJECT_FOLDER}/explicit.json"
"""The lock as py-rattler installs it: whole records, with SHA-256."""
PIP_FILE = f"{PROJECT_FOLDER}/install_with_pip.py"


def make_steps(
    content: CondaContent, options: PlanOptions, found: ChannelAnswer | None, client: CondaClient
) -> tuple[Step, ...]:
    """Make the environment, fill it, add with pip what the channel lacks, prove it."""
    create, install = _commands(content, options, found, client)
    steps = [
        Step(kind="create", purpose="Create an empty environment", argv=create),
        Step(kind="install", purpose=_purpose(content, found), argv=install),
    ]
    if content.pip:
        steps.append(_pip_step(content, options))
    return (*steps, conda_verify_step(content, options.environment))


def _commands(
    content: CondaContent, options: PlanOptions, found: ChannelAnswer | None, client: CondaClient
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The commands that make the environment, and fill it."""
    environment, manager = options.environment, options.manager
    if found and found.records and client.rattler:
        lock = ("--lock", f"{environment}/{RECORDS_FILE}", *_offline(content.offline))
        return client.rattler_argv(environment), client.rattler_argv(environment, *lock)
    create = create_argv(client.program, manager, environment)
    if found:
        return create, locked_argv(client.program, environment, offline=content.offline)
    return create, (*_install_argv(client.program, environment, offline=content.offline), *_what(content))


def create_argv(program: str, manager: str, environment: str) -> tuple[str, ...]:
    """The command that makes an empty environment."""
    plain = ("--no-default-packages",) if manager == "conda" else ()
    return (program, "create", "--yes", "--prefix", environment, *plain)


def _install_argv(program: str, environment: str, *, offline: bool) -> tuple[str, ...]:
    return (program, "install", "--yes", "--prefix", environment, *_offline(offline))


def locked_argv(program: str, environment: str, *, offline: bool) -> tuple[str, ...]:
    """The command that installs the lock."""
    return (*_install_argv(program, environment, offline=offline), "--file", f"{environment}/{EXPLICIT_FILE}")


def _purpose(content: CondaContent, found: ChannelAnswer | None) -> str:
    channels = " and ".join(content.shown_channels)
    if found:
        return f"Download and install the {found.packages} packages of the lock ({EXPLICIT_FILE})"
    return f"Download and install Python {content.python} and the packages of {channels}"


def _what(content: CondaContent) -> Sequence[str]:
    channels = [part for name in content.channels for part in ("--channel", argument_of(name))]
    specs = [spec.text for spec in content.specs]
    return ["--override-channels", *channels, "--strict-channel-priority", *specs]


def _offline(offline: bool) -> tuple[str, ...]:
    return ("--offline",) if offline else ()


def _pip_step(content: CondaContent, options: PlanOptions) -> Step:
    python = conda_python(options.environment, content.system)
    return Step(
        kind="install",
        purpose=f"Install with pip what {content.shown_channels[-1]} lacks; what conda has installed stays",
        argv=(python, f"{options.environment}/{PIP_FILE}"),
    )


def conda_verify_step(content: CondaContent, environment: str) -> Step:
    """The step that proves the environment."""
    profiles = [part for name in content.profiles for part in ("--profile", name)]
    return Step(
        kind="verify",
        purpose="Import every framework, compute on the device and check the numbers",
        argv=("mlenv", "verify", "--env", environment, *profiles),
    )


def conda_python(environment: str, system: SystemFamily) -> str:
    """The path of the interpreter inside an environment of conda."""
    return f"{environment}\\python.exe" if system == "windows" else f"{environment}/bin/python"
