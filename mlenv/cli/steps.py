"""How the steps of a plan are run here: variables, cache, progress."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from mlenv.execute.cache import NoCache, PipCache, UvCache
from mlenv.execute.journal import Journal
from mlenv.execute.steps import Cache, Steps
from mlenv.facts.machine import Machine
from mlenv.plan.plan import Plan
from mlenv.terminal import Terminal

ASK_SECONDS = 60.0
# Would download 112 packages
_WOULD = re.compile(r"^Would download (\d+) package", re.MULTILINE)


def make_steps(plan: Plan, folder: Path, machine: Machine, uv: str, terminal: Terminal, journal: Journal) -> Steps:
    """The runner of a plan's steps."""
    environ = _variables(plan, folder, machine)
    cache: Cache = NoCache()
    if plan.manager == "uv":
        cache = UvCache(uv=uv, environ=environ, journal=journal)
    elif plan.manager == "pip":
        cache = PipCache(environ=environ)
    return Steps(
        plan=plan,
        folder=folder,
        environ=environ,
        progress=terminal,
        journal=journal,
        cache=cache,
        open_meter=_meter(plan),
    )


def count_downloads(steps: Steps) -> int | None:
    """How many packages uv must download for the lock; None where nobody can tell."""
    from mlenv.system.process import run

    install = next((step for step in steps.plan.steps if step.kind == "install"), None)
    if install is None or steps.plan.manager != "uv":
        return None
    done = run((*install.argv, "--dry-run"), timeout=ASK_SECONDS, environ=steps.environ)
    found = _WOULD.search(done.stderr) or _WOULD.search(done.stdout)
    return int(found[1]) if found and done.ok else None


def _variables(plan: Plan, folder: Path, machine: Machine) -> dict[str, str]:
    from mlenv.cli.proof import PROVEN_MANAGERS, uv_environ

    environ = uv_environ(machine.packages)
    if plan.manager in PROVEN_MANAGERS:
        return environ
    from mlenv.plan.conda_login import CONDARC_FILE
    from mlenv.plan.conda_variables import conda_environ

    condarc = any(file.path == CONDARC_FILE for file in plan.files)
    return conda_environ(machine.packages, os.environ, condarc=str(folder / CONDARC_FILE) if condarc else "")


def _meter(plan: Plan) -> Callable[[Callable[[str], None]], Callable[[str], None]]:
    """What turns the lines of a command into progress, for each command anew."""
    from mlenv.execute.meter import Meter, sizes_of
    from mlenv.plan.lock import read_lock

    sizes = sizes_of(read_lock(plan.lock)) if plan.lock and plan.manager in ("uv", "pip") else {}
    return lambda say: Meter(sizes, say).hear if sizes else say
