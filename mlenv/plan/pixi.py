"""The plan for pixi: a workspace in the environment's folder, which pixi locks and installs.

pixi solves the channel's packages first and then, beside them, those that only the package index
has, so neither overwrites the other.  The environment proper lies below ``.pixi`` there.
"""

from __future__ import annotations

from msgspec.structs import replace

from mlenv.facts.machine import Machine
from mlenv.facts.version import at_least
from mlenv.matrix.load import Matrix
from mlenv.plan.conda import assemble_channel_plan, demand_conda
from mlenv.plan.conda_client import CondaClient, choose_client
from mlenv.plan.conda_content import ChannelAnswer, CondaContent, gather_conda_content
from mlenv.plan.conda_login import without_login
from mlenv.plan.conda_steps import conda_verify_step
from mlenv.plan.forms.pixi import render_manifest
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan, PlannedFile, Step
from mlenv.plan.proof import Proof
from mlenv.resolve.resolution import Resolution
from mlenv.supply.offers import Supply

MANIFEST_FILE = "pixi.toml"
LOCK_FILE = "pixi.lock"
"""What pixi makes of it."""
PIXI_ENVIRONMENT = ".pixi/envs/default"
"""Where pixi puts the environment, below the folder of its manifest."""
OFFLINE_SINCE = "0.74"
"""The first pixi that has ``--offline``."""
NO_OFFLINE = "pixi before {since} knows no offline mode: it takes what its cache holds and asks for the rest"


def build_pixi_plan(
    resolution: Resolution, machine: Machine, matrix: Matrix, supply: Supply | None, options: PlanOptions
) -> Plan:
    """Turn a resolution into a manifest and commands for pixi.

    :class:`mlenv.errors.NoPlanError` where the channel cannot have what was asked for.
    """
    adapted = demand_conda(resolution, machine, matrix)
    content = gather_conda_content(adapted, machine, matrix, supply, options)
    return make_pixi_plan(adapted, content, options, client=choose_client(machine, options))


def make_pixi_plan(
    resolution: Resolution,
    content: CondaContent,
    options: PlanOptions,
    found: ChannelAnswer | None = None,
    proof: Proof | None = None,
    client: CondaClient | None = None,
) -> Plan:
    """The plan of an adapted resolution; ``found`` is what the channel answered, where it was asked.

    ``client`` is the pixi that carries it out, by default by its bare name.
    """
    client = client or CondaClient(program=options.program or "pixi")
    plan = assemble_channel_plan(resolution, content, options, found, proof)
    missing = content.offline and not _knows_offline(client)
    return replace(
        plan,
        files=(PlannedFile(path=MANIFEST_FILE, text=render_manifest(content, found)),),
        steps=_steps(content, options, client),
        warnings=(*plan.warnings, *((NO_OFFLINE.format(since=OFFLINE_SINCE),) if missing else ())),
        prefix=PIXI_ENVIRONMENT,
    )


def _knows_offline(client: CondaClient) -> bool:
    return bool(client.version) and at_least(client.version, OFFLINE_SINCE)


def _steps(content: CondaContent, options: PlanOptions, client: CondaClient) -> tuple[Step, ...]:
    program, folder = client.program, options.environment
    # The manifest of the plan has the login of a channel, where there is one.
    channels = [part for name in content.channels for part in ("--channel", without_login(name))]
    offline = ("--offline=true",) if content.offline and _knows_offline(client) else ()
    return (
        Step(
            kind="create",
            purpose=f"Create the workspace ({MANIFEST_FILE} of the plan takes the place of the one made here)",
            argv=(program, "init", *channels, "--platform", content.subdir, folder),
        ),
        Step(
            kind="install",
            purpose=f"Lock, download and install Python {content.python} and the packages",
            argv=(program, "install", "--manifest-path", f"{folder}/{MANIFEST_FILE}", *offline),
        ),
        conda_verify_step(content, f"{folder}/{PIXI_ENVIRONMENT}"),
    )
