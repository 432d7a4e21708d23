"""The plan for uv: a small project file, a lock made from it, and an exact installation.

Each framework is tied to the index it was chosen from (``tool.uv.sources`` with explicit
indexes), so no other index can supply it, and that index supplies nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration
from mlenv.matrix.load import Matrix
from mlenv.plan.constraints import constraints_of
from mlenv.plan.plan import Plan, PlannedAccelerator, PlannedFile, PlannedPackage, Step
from mlenv.resolve.resolution import Pick, Resolution
from mlenv.supply.offers import Source, Supply

PROJECT_FOLDER = "mlenv"
PROJECT_FILE = f"{PROJECT_FOLDER}/pyproject.toml"
LOCK_FILE = f"{PROJECT_FOLDER}/pylock.toml"
REQUIREMENTS_FILE = f"{PROJECT_FOLDER}/requirements.txt"
BUILDS_WITH_COMPANIONS = ("rocm", "xpu")
"""Builds whose dependencies (a Triton of their own) only their own index has."""


class UvOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the installer needs to know beside the resolution.

    ``uv`` is the path of the program, ``environment`` where the environment goes, ``warnings`` what
    the plan shall say beside the resolver's own.  ``as_of`` is the day after which nothing counts.
    """

    uv: str
    environment: str
    offline: bool = False
    as_of: dt.date | None = None
    warnings: tuple[str, ...] = ()


def build_plan(
    resolution: Resolution, machine: Machine, matrix: Matrix, supply: Supply | None, options: UvOptions
) -> Plan:
    """Turn a resolution into files and commands for uv."""
    indexes = _pick_indexes(resolution.picks, matrix, supply)
    project = _render_project(resolution, indexes, machine.packages, constraints_of(resolution.picks, matrix))
    request = resolution.request
    return Plan(
        profile=" ".join(request.profiles),
        environment=options.environment,
        python=resolution.python,
        accelerator=PlannedAccelerator(kind=resolution.accelerator, variant=resolution.variant),
        manager="uv",
        packages=tuple(_planned(pick, indexes) for pick in resolution.picks),
        files=(PlannedFile(path=PROJECT_FILE, text=project),),
        steps=_steps(resolution, machine, options, tied=bool(indexes)),
        verify=tuple(pick.distribution for pick in resolution.picks),
        tied=tuple(name for name, source in indexes.items() if source.kind == "framework"),
        reasons=resolution.reasons,
        rejected=resolution.rejected,
        warnings=(*options.warnings, *resolution.warnings, *_warn_of_day(options, indexes)),
        download_bytes=_download_bytes(resolution.picks),
        variables=request.variables,
    )


def requirement_of(pick: Pick) -> str:
    """``torch==2.13.0+cpu`` or ``jax[cuda13]==0.12.0.1``."""
    extras = sorted({*pick.wanted.extras, *([pick.build.extra] if pick.build.extra else [])})
    suffix = f"[{','.join(extras)}]" if extras else ""
    return f"{pick.distribution}{suffix}=={pick.version}"


def python_argument(resolution: Resolution) -> str:
    """What uv is told about Python: the path of the interpreter, else the version to bring."""
    interpreter = resolution.interpreter
    if interpreter is not None and interpreter.path:
        return interpreter.path
    return resolution.request.python or resolution.python


def environment_python(environment: str, machine: Machine) -> str:
    """The path of the interpreter inside a virtual environment."""
    if machine.os.family == "windows":
        return f"{environment}\\Scripts\\python.exe"
    return f"{environment}/bin/python"


def _warn_of_day(options: UvOptions, indexes: dict[str, Source]) -> tuple[str, ...]:
    """An index without dates cannot say what it had on a day."""
    if options.as_of is None or not indexes:
        return ()
    reason = "an index that they come from names no dates"
    return (f"the frameworks are those of {options.as_of}; what they bring along is of today, since {reason}",)


def _steps(resolution: Resolution, machine: Machine, options: UvOptions, *, tied: bool) -> tuple[Step, ...]:
    environment = options.environment
    python = environment_python(environment, machine)
    offline = ("--offline",) if options.offline else ()
    until = ("--exclude-newer", options.as_of.isoformat()) if options.as_of and not tied else ()
    project, lock = f"{environment}/{PROJECT_FILE}", f"{environment}/{LOCK_FILE}"
    # --project: uv takes indexes from the project file there, not from the folder it is called in.
    settings = ("--project", f"{environment}/{PROJECT_FOLDER}", "--python", python)
    sync, requirements = (options.uv, "pip", "sync"), f"{environment}/{REQUIREMENTS_FILE}"
    label = resolution.interpreter.version if resolution.interpreter else resolution.python
    profiles = [part for name in resolution.request.profiles for part in ("--profile", name)]
    return (
        Step(
            kind="create",
            purpose=f"Create the environment with Python {label}",
            argv=(options.uv, "venv", "--no-project", "--python", python_argument(resolution), *offline, environment),
        ),
        Step(
            kind="lock",
            purpose="Find the exact version and hash of every package",
            argv=(
                *(options.uv, "pip", "compile", *settings, *offline, *until, "--format", "pylock.toml", "--no-header"),
                *("--output-file", lock, project),
            ),
        ),
        Step(
            kind="reuse",
            purpose=f"Install from the cache, if it holds all of the lock ({REQUIREMENTS_FILE} is the lock as lines)",
            argv=(*sync, *settings, "--offline", requirements),
        ),
        Step(
            kind="install",
            purpose="Download and install what is locked",
            argv=(*sync, *settings, *offline, requirements),
        ),
        Step(
            kind="verify",
            purpose="Import every framework, compute on the device and check the numbers",
            argv=("mlenv", "verify", "--env", environment, *profiles),
        ),
    )


def _pick_indexes(picks: Sequence[Pick], matrix: Matrix, supply: Supply | None) -> dict[str, Source]:
    """For each pick that does not come from the default index: its source, by distribution."""
    indexes: dict[str, Source] = {}
    for pick in picks:
        source = supply.source(pick.source) if supply else None
        if source is None and pick.source != "default":
            row = next(matrix.indexes[index] for index in pick.build.indexes if index != "default")
            address = row.url.format(variant=pick.build.variant)
            source = Source(id=pick.source, kind="framework", address=address, origin=row.title)
        if source is not None and source.kind != "default":
            indexes[pick.distribution] = source
    return indexes


def _planned(pick: Pick, indexes: dict[str, Source]) -> PlannedPackage:
    source = indexes.get(pick.distribution)
    return PlannedPackage(name=pick.distribution, version=pick.version, index=source.address if source else None)


def _render_project(
    resolution: Resolution,
    indexes: dict[str, Source],
    configuration: PackageConfiguration,
    constraints: Sequence[str],
) -> str:
    import tomli_w

    requirements = [requirement_of(pick) for pick in resolution.picks]
    requirements += [extra for pick in resolution.picks for extra in pick.build.brings]
    for wanted in resolution.passthrough:
        suffix = f"[{','.join(wanted.extras)}]" if wanted.extras else ""
        requirements.append(f"{wanted.name}{suffix}{wanted.specifier}")
    project: dict[str, Any] = {
        "project": {
            "name": "mlenv-environment",
            "version": "0",
            "requires-python": f"=={resolution.python.rstrip('t')}.*",
            "dependencies": sorted(requirements),
        },
        "tool": {"uv": _uv_table(resolution.picks, indexes, configuration)},
    }
    if constraints:
        project["tool"]["uv"]["constraint-dependencies"] = list(constraints)
    return tomli_w.dumps(project)


def _uv_table(picks: Sequence[Pick], indexes: dict[str, Source], configuration: PackageConfiguration) -> dict[str, Any]:
    table: dict[str, Any] = {"managed": False}
    own = {name: source for name, source in indexes.items() if source.kind == "framework"}
    closed = [pick for pick in picks if not pick.build.variant.startswith(BUILDS_WITH_COMPANIONS)]
    explicit = {pick.distribution for pick in closed}
    rows = [_index_row(source, explicit=name in explicit) for name, source in own.items()]
    rows += [
        {"name": f"configured-{number}", "url": setting.value}
        for number, setting in enumerate(configuration.extra_index_urls, 1)
    ]
    if configuration.index_url:
        rows.append({"name": "configured-default", "url": configuration.index_url.value, "default": True})
    if configuration.find_links:
        table["find-links"] = [setting.value for setting in configuration.find_links]
    if configuration.trusted_hosts:
        table["allow-insecure-host"] = [setting.value for setting in configuration.trusted_hosts]
    if configuration.no_index:
        table["no-index"] = True
    if configuration.extra_index_urls or len(explicit) < len(picks):
        # The user's indexes are equals, as pip has it: the best version of all of them counts.
        table["index-strategy"] = "unsafe-best-match"
    tied = {name: {"index": source.id} for name, source in own.items() if name in explicit}
    if tied:
        table["sources"] = tied
    if rows:
        table["index"] = list({row["name"]: row for row in rows}.values())
    return table


def _index_row(source: Source, *, explicit: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"name": source.id, "url": source.address}
    return {**row, "explicit": True} if explicit else row


def _download_bytes(picks: Sequence[Pick]) -> int | None:
    sizes = [pick.build.bytes for pick in picks]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None
