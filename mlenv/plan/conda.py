"""The plan for conda, mamba and micromamba: an empty environment, the channel's packages, pip last.

The three understand the same options.  The environment is made empty first, because micromamba
refuses a folder that holds files already, and the files of the plan go into it before anything is
installed.  pip comes last and is told what conda has installed, so that it overwrites nothing.

Where the manager is not on the machine, py-rattler installs the same lock in its place.
"""

from __future__ import annotations

from msgspec.structs import replace

from mlenv.errors import NoPlanError
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.plan.conda_client import CondaClient, choose_client
from mlenv.plan.conda_content import ChannelAnswer, CondaContent, gather_conda_content
from mlenv.plan.conda_login import CONDARC_FILE, has_login, render_condarc
from mlenv.plan.conda_steps import EXPLICIT_FILE, PIP_FILE, RECORDS_FILE, make_steps
from mlenv.plan.explicit import with_logins
from mlenv.plan.options import PlanOptions
from mlenv.plan.places import REQUIREMENTS_FILE
from mlenv.plan.plan import Plan, PlannedAccelerator, PlannedFile, PlannedPackage
from mlenv.plan.proof import Proof
from mlenv.resolve.conda_answer import adapt_to_conda
from mlenv.resolve.resolution import Impossible, Reason, Resolution
from mlenv.supply.offers import Supply

__all__ = [
    "EXPLICIT_FILE",
    "PIP_FILE",
    "RECORDS_FILE",
    "assemble_channel_plan",
    "build_conda_plan",
    "demand_conda",
    "make_conda_plan",
]

NOT_ASKED = "which versions {channels} has was not asked: the newest that fits is taken when the commands run"
LOGIN = "the login of a channel is left out of the commands: CONDARC has to name the plan's file mlenv/condarc"
PIP_SCRIPT = '''\
"""Installs with pip what the channel lacks; what conda has installed stays as it is."""

import pathlib
import subprocess
import sys
from importlib.metadata import distributions

options = OPTIONS
conditions = CONDITIONS
here = pathlib.Path(__file__).parent
installed = {f"{row.metadata['Name']}=={row.version}" for row in distributions() if row.metadata["Name"]}
constraints = here / "constraints.txt"
constraints.write_text("\\n".join(sorted({*installed, *conditions})) + "\\n", encoding="utf-8")
command = [sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", *options]
command += ["--requirement", str(here / "requirements.txt"), "--constraint", str(constraints)]
sys.exit(subprocess.call(command))
'''


def build_conda_plan(
    resolution: Resolution, machine: Machine, matrix: Matrix, supply: Supply | None, options: PlanOptions
) -> Plan:
    """Turn a resolution into files and commands for conda, mamba or micromamba.

    :class:`NoPlanError` where the channel cannot have what was asked for.
    """
    adapted = demand_conda(resolution, machine, matrix)
    content = gather_conda_content(adapted, machine, matrix, supply, options)
    return make_conda_plan(adapted, content, options, client=choose_client(machine, options))


def demand_conda(resolution: Resolution, machine: Machine, matrix: Matrix) -> Resolution:
    """The resolution as conda can have it; :class:`NoPlanError` with the reason where it cannot."""
    adapted = adapt_to_conda(resolution, machine, matrix)
    if isinstance(adapted, Impossible):
        raise NoPlanError(adapted.reasons[0].text, hint="; ".join(adapted.remedies))
    return adapted


def make_conda_plan(
    resolution: Resolution,
    content: CondaContent,
    options: PlanOptions,
    found: ChannelAnswer | None = None,
    proof: Proof | None = None,
    client: CondaClient | None = None,
) -> Plan:
    """The plan of an adapted resolution; ``found`` is what the channel answered, where it was asked.

    ``client`` is who carries it out, by default the manager by its bare name.
    """
    client = client or CondaClient(program=options.program or options.manager)
    files = [*_lock_files(found, client), *_login_files(content, found), *_pip_files(content)]
    plan = assemble_channel_plan(resolution, content, options, found, proof)
    return replace(
        plan,
        files=tuple(files),
        steps=make_steps(content, options, found, client),
        reasons=(*plan.reasons, *_stand_in(options, found, client)),
    )


def assemble_channel_plan(
    resolution: Resolution,
    content: CondaContent,
    options: PlanOptions,
    found: ChannelAnswer | None,
    proof: Proof | None,
) -> Plan:
    """All of a plan but its files and steps, which differ between conda and pixi."""
    return Plan(
        profile=" ".join(content.profiles),
        environment=options.environment,
        python=content.python,
        accelerator=PlannedAccelerator(kind=content.accelerator, variant=_variant(resolution, found)),
        manager=options.manager,
        packages=_packages(content, found),
        files=(),
        steps=(),
        verify=(*(row.distribution for row in content.packages), *(name for name, _ in content.pip_packages)),
        reasons=(*resolution.reasons, *_reasons(content, pixi=options.manager == "pixi")),
        rejected=resolution.rejected,
        others=tuple(wanted.text for wanted in resolution.passthrough),
        lifts=resolution.lifts,
        apart=resolution.apart,
        warnings=(*options.warnings, *resolution.warnings, *_warnings(content, found)),
        download_bytes=found.bytes if found and not content.pip else None,
        variables=content.variables,
        lock=found.lock if found else None,
        proof=proof,
    )


def _packages(content: CondaContent, found: ChannelAnswer | None) -> tuple[PlannedPackage, ...]:
    """Names as Python knows them; the version is empty where the channel was not asked."""
    index = content.shown_channels[-1]
    versions = found.versions if found else {}
    rows = [
        PlannedPackage(name=row.distribution, version=versions.get(row.package, ""), index=index)
        for row in content.packages
    ]
    return (*rows, *(PlannedPackage(name=name, version=version) for name, version in content.pip_packages))


def _variant(resolution: Resolution, found: ChannelAnswer | None) -> str:
    cuda = found.versions.get("cuda-version", "") if found and resolution.accelerator == "cuda" else ""
    return f"cu{''.join(cuda.split('.')[:2])}" if cuda else resolution.variant


def _reasons(content: CondaContent, *, pixi: bool) -> list[Reason]:
    channel = content.shown_channels[-1]
    rows = [
        Reason(
            about=row.distribution,
            text=f"{row.package} from {channel}{f', builds {row.selector}' if row.selector else ''}; "
            f"of its wheels {row.newest_wheel} would be taken, and a channel may be behind",
        )
        for row in content.packages
    ]
    if content.overrides and not pixi:  # whose manifest states the machine
        settings = " ".join(f"{name}={value}" for name, value in sorted(content.overrides.items()))
        rows.append(Reason(about="another machine", text=f"where the GPU is not seen (a container build): {settings}"))
    return rows


def _stand_in(options: PlanOptions, found: ChannelAnswer | None, client: CondaClient) -> list[Reason]:
    if not (client.rattler and found and found.records):
        return []
    text = f"{options.manager} is not on PATH; py-rattler, which comes with mlenv[conda], installs the same lock"
    return [Reason(about=options.manager, text=text)]


def _warnings(content: CondaContent, found: ChannelAnswer | None) -> list[str]:
    warnings, channel = [], content.shown_channels[-1]
    if found is None:
        warnings.append(NOT_ASKED.format(channels=" and ".join(content.shown_channels)))
        if content.as_of:
            warnings.append(f"the commands take what the channel has on their day, not on {content.as_of}")
    if found is None and any(map(has_login, content.channels)):
        warnings.append(LOGIN)
    if content.pip:
        warnings.append(f"{channel} is not known to have {', '.join(content.pip)}: pip installs that last")
    return warnings


def _lock_files(found: ChannelAnswer | None, client: CondaClient) -> list[PlannedFile]:
    """The lock with the logins of its channels: these files are read by nobody but their owner."""
    if found is None:
        return []
    files = [PlannedFile(path=EXPLICIT_FILE, text=with_logins(found.lock, found.logins))]
    return [*files, PlannedFile(path=RECORDS_FILE, text=found.records)] if client.rattler else files


def _login_files(content: CondaContent, found: ChannelAnswer | None) -> list[PlannedFile]:
    text = "" if found else render_condarc(content.channels)
    return [PlannedFile(path=CONDARC_FILE, text=text)] if text else []


def _pip_files(content: CondaContent) -> list[PlannedFile]:
    if not content.pip:
        return []
    requirements = "".join(f"{line}\n" for line in (*content.pip_lines, *content.pip))
    offline = ["--no-index"] if content.offline and "--no-index" not in content.pip_lines else []
    script = PIP_SCRIPT.replace("CONDITIONS", repr(sorted(content.pip_constraints))).replace("OPTIONS", repr(offline))
    return [PlannedFile(path=REQUIREMENTS_FILE, text=requirements), PlannedFile(path=PIP_FILE, text=script)]
