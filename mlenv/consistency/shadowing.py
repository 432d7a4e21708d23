"""Files that Python would import in place of what the environment has."""

from __future__ import annotations

from mlenv.consistency.finding import Finding, Outcome
from mlenv.facts.environment import Environment, Shadow

_WAYS = {
    "working-directory": "lies in the working directory",
    "python-path": "lies in a folder of PYTHONPATH",
    "user-site": "lies in the user's own site-packages",
}
_REMEDIES = {
    "working-directory": "rename it, or start Python elsewhere (`python -P` looks there no more)",
    "python-path": "unset PYTHONPATH where programs of the environment are started",
    "user-site": "set PYTHONNOUSERSITE=1, or uninstall it there (`python -m pip uninstall`)",
}


def check_shadows(environment: Environment) -> Outcome:
    """The user's own shell would meet these; the checks of the frameworks are kept from them."""
    if environment.shadows is None:
        return Outcome(skipped="nobody looked at what could take the place of its modules")
    return Outcome(
        findings=tuple(_word(shadow) for shadow in environment.shadows),
        detail="nothing takes the place of its modules",
        measured={"findings": float(len(environment.shadows))},
    )


def _word(shadow: Shadow) -> Finding:
    return Finding(
        weight="warn",
        reason="shadowed-module",
        text=f"`import {shadow.module}` would take {shadow.path}, which {_WAYS[shadow.found]}",
        subject=shadow.module,
        remedy=_REMEDIES[shadow.found],
    )
