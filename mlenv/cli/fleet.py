"""``mlenv fleet``: doctor and verify on every host of an Ansible inventory, and their reports as one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import click
import msgspec

from mlenv.cli.options import data_options, gather, report_output_options
from mlenv.cli.settings import DataOptions, OutputOptions
from mlenv.errors import ExitStatus, UsageError

F = TypeVar("F", bound=Callable[..., Any])
DOCTOR_SECONDS, VERIFY_SECONDS = 120, 900


class FleetOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which hosts are asked, how many at a time, and how long each may take (seconds)."""

    inventories: tuple[str, ...]
    limit: str
    forks: int
    seconds: int
    pyz: Path | None
    python: str
    become: bool
    folder: Path | None
    options: tuple[str, ...]


def _fleet_options(seconds: int) -> Callable[[F], F]:
    """The options of a round, as one value ``fleet``."""
    decorators: tuple[Callable[[F], F], ...] = (
        click.argument("options", nargs=-1, metavar="[-- OPTION...]"),
        click.option(
            "-i",
            "--inventory",
            "inventories",
            multiple=True,
            required=True,
            metavar="INVENTORY",
            help="An Ansible inventory: file, folder, or hosts with commas (ws1,ws2,). Repeatable.",
        ),
        click.option("--limit", default="", metavar="PATTERN", help="Only these hosts or groups, as Ansible has it."),
        click.option("--forks", type=click.IntRange(1, 1000), default=20, show_default=True, help="Hosts at a time."),
        click.option(
            "--timeout",
            "seconds",
            type=click.IntRange(5, 86400),
            default=seconds,
            show_default=True,
            metavar="SECONDS",
            help="What one host may take; then it counts as unreachable.",
        ),
        click.option(
            "--pyz",
            type=click.Path(dir_okay=False, path_type=Path),
            envvar="MLENV_PYZ",
            metavar="FILE",
            help="The single file that is copied (one is made of this mlenv otherwise, once).",
        ),
        click.option(
            "--python",
            default="",
            metavar="PATH",
            help="The Python there (the inventory's mlenv_python, else python3).",
        ),
        click.option("--become", is_flag=True, help="As root there: kernel logs and some counters need it."),
        click.option(
            "--output-dir",
            "folder",
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            help="Keep every host's own report there, HOST.json.",
        ),
        gather(FleetOptions, "fleet"),
    )
    return lambda function: functools.reduce(lambda inner, outer: outer(inner), reversed(decorators), function)


@click.group("fleet")
def command() -> None:
    """Ask every host of an Ansible inventory, and merge their reports.

    A single file is copied to each host, run there and removed; nothing is installed. Needs Ansible
    here: `pip install 'mlenv[fleet]'`.

    \b
    mlenv fleet doctor -i hosts.ini
    mlenv fleet verify -i hosts.ini --policy team.toml -- --env /opt/ml
    """


@command.command("doctor")
@_fleet_options(DOCTOR_SECONDS)
@data_options
@report_output_options
def doctor(fleet: FleetOptions, data: DataOptions, output: OutputOptions) -> int:
    """Diagnose every host of an inventory.

    Words after -- go to `mlenv doctor` on each host. Hosts that cannot be reached, or are late, are
    findings. Exit status: 1 where a host has an error or was not reached, as for `mlenv report merge`.

    \b
    mlenv fleet doctor -i hosts.ini
    mlenv fleet doctor -i hosts.ini --limit 'rack3:!ws7' --become
    mlenv fleet doctor -i hosts.ini --output-dir reports --output fleet.html
    mlenv fleet doctor -i ws1,ws2, -- --env /opt/ml
    """
    return _ask("doctor", fleet, {}, data, output)


@command.command("verify")
@_fleet_options(VERIFY_SECONDS)
@click.option(
    "--policy",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A policy that every host has to keep; it is copied with the rest.",
)
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The rates that hosts are compared with; it is copied with the rest.",
)
@data_options
@report_output_options
def verify(
    fleet: FleetOptions, policy: Path | None, baseline: Path | None, data: DataOptions, output: OutputOptions
) -> int:
    """Verify an environment on every host of an inventory.

    Words after -- go to `mlenv verify` on each host. Exit status: 1 where a host fails or was not
    reached, as for `mlenv report merge`.

    \b
    mlenv fleet verify -i hosts.ini -- --env /opt/ml
    mlenv fleet verify -i hosts.ini --policy team.toml -- --env /opt/ml --level deep
    """
    return _ask("verify", fleet, {"--policy": policy, "--baseline": baseline}, data, output)


@command.command("playbook")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
def playbook(folder: Path) -> int:
    """Write the playbook and its role into a folder, to be used without this command.

    \b
    mlenv fleet playbook ansible
    ansible-playbook -i hosts.ini ansible/mlenv.yml -e mlenv_pyz=$PWD/mlenv.pyz -e mlenv_reports=$PWD/reports
    mlenv report merge reports
    """
    import shutil

    from mlenv.fleet_ansible.asking import PLAYBOOK

    if folder.exists():
        raise UsageError(f"{folder}: there is such a file or folder already", hint="name a new one")
    try:
        shutil.copytree(PLAYBOOK.parent, folder)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror or error})") from None
    return ExitStatus.OK


def _ask(
    verb: Literal["doctor", "verify"],
    fleet: FleetOptions,
    files: Mapping[str, Path | None],
    data: DataOptions,
    output: OutputOptions,
) -> int:
    from mlenv.cli.single_file import get_pyz
    from mlenv.fleet_ansible.asking import Asking, HostFile, find_inventories
    from mlenv.fleet_ansible.engine import ask_fleet, load_runner
    from mlenv.report.redact import mask_text

    named = tuple(HostFile(option=option, path=path) for option, path in files.items() if path is not None)
    _refuse_missing(named)
    _refuse_own(fleet.options)
    inventories = find_inventories(fleet.inventories)
    run, terminal = load_runner(), output.open_terminal()
    asking = Asking(
        command=verb,
        pyz=get_pyz(fleet.pyz, terminal),
        inventories=inventories,
        limit=fleet.limit,
        options=fleet.options,
        files=named,
        forks=fleet.forks,
        seconds=fleet.seconds,
        python=fleet.python,
        become=fleet.become,
    )
    documents = ask_fleet(asking, run, mask=mask_text, on_answer=lambda host: terminal.detail(f"{host} has answered"))
    return merge_documents(documents, fleet.folder, data, output)


def _refuse_missing(files: tuple[Any, ...]) -> None:
    for file in files:
        if not file.path.is_file():
            raise UsageError(f"{file.option} {file.path}: there is no such file")


def _refuse_own(options: tuple[str, ...]) -> None:
    """Refuse words that would send the report elsewhere."""
    for word in options:
        if word.split("=")[0] in ("--format", "--output"):
            raise UsageError(
                f"{word} is not for the hosts: each gives one JSON document",
                hint="before the `--` it says how the merged report is written",
            )


def merge_documents(
    documents: Mapping[str, bytes], folder: Path | None, data: DataOptions, output: OutputOptions
) -> int:
    """Merge the documents as ``mlenv report merge`` does, and give its exit status; ``folder`` keeps them."""
    import tempfile

    if folder is not None:
        return _merge(_write(documents, folder), data, output)
    with tempfile.TemporaryDirectory(prefix="mlenv-reports-") as name:
        return _merge(_write(documents, Path(name)), data, output)


def _write(documents: Mapping[str, bytes], folder: Path) -> tuple[str, ...]:
    from mlenv.cli.settings import write_bytes

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--output-dir {folder}: cannot be made ({error.strerror or error})") from None
    paths = {folder / f"{file_name(host)}.json": content for host, content in sorted(documents.items())}
    for path, content in paths.items():
        write_bytes(path, content, option="--output-dir")
    return tuple(str(path) for path in paths)


def file_name(host: str) -> str:
    """A host's name as that of a file; what the file system reserves becomes a line."""
    kept = "".join("_" if letter in '/\\:*?"<>|' or ord(letter) < 32 else letter for letter in host)
    return f"_{kept}" if kept.startswith(".") else kept


def _merge(paths: tuple[str, ...], data: DataOptions, output: OutputOptions) -> int:
    from mlenv.cli.report import merge

    callback = merge.callback
    assert callback is not None
    given = {**_fields(data), **_fields(output)}
    status: int = callback(files=paths, name_from=r"([^/]+)\.json$", **given)
    return status if paths else ExitStatus.NO_VERDICT


def _fields(value: msgspec.Struct) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__struct_fields__}
