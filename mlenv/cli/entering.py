"""The variables of a process that works in an environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from mlenv.facts.environment import Environment


def environment_variables(folder: Path, found: Environment) -> dict[str, str]:
    """Those of this process, with the environment's programs first and what its plan wants set.

    ``folder`` is the path that the user named.
    """
    from mlenv.execute.manifest import read_current

    assert found.executable is not None
    environ = dict(os.environ)
    environ.pop("PYTHONHOME", None)
    programs = os.path.dirname(os.path.abspath(found.executable))
    environ["PATH"] = os.pathsep.join([programs, environ.get("PATH", "")])
    environ.update(_place_variables(folder.absolute(), found))
    manifest = read_current(folder)
    if manifest is not None:
        environ.update(manifest.plan.variables)
        for name in manifest.plan.unset:
            environ.pop(name, None)
    return environ


def _place_variables(folder: Path, found: Environment) -> Mapping[str, str]:
    if found.kind == "conda":
        return {"CONDA_PREFIX": str(folder), "CONDA_DEFAULT_ENV": str(folder)}
    return {"VIRTUAL_ENV": str(folder), "VIRTUAL_ENV_PROMPT": folder.name}
