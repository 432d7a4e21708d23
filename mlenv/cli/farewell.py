"""What is told when an environment is ready: what it holds, where it is, how to use it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mlenv.execute.generations import Generations
from mlenv.execute.manifest import Manifest

if TYPE_CHECKING:
    from mlenv.facts.python import ManagerName


def tell_ready(generations: Generations, manifest: Manifest) -> str:
    """The proof, and the next steps."""
    from mlenv.report.verify import render_proof

    path = shortest_path(generations.path)
    lines = [f"{path} is ready, with Python {manifest.plan.python}. Proven in it:"]
    lines += [*render_proof(manifest.verification), ""]
    earlier = [folder.name for folder in generations.finished() if folder != generations.current]
    if earlier:
        lines += [f"Back to the one before:  {program()} env rollback{_env_option(path)}"]
    elif generations.original:
        lines += [f"Back to the one before:  {program()} env rollback{_env_option(path)} --to original"]
    return "\n".join([*lines, *usage_lines(path, manifest)]) + "\n"


def tell_unchanged(generations: Generations, manifest: Manifest) -> str:
    """That nothing was to be done, and since when."""
    day = manifest.created[:10]
    short = shortest_path(generations.path)
    count = len({result.framework for result in manifest.verification.results})
    frameworks = "1 framework" if count == 1 else f"{count} frameworks"
    lines = [
        f"{short} is as it was asked for: nothing to change (made and proven on {day}, {frameworks}).",
        f"Prove it again:          {program()} verify{_env_option(short)}",
    ]
    if not _is_of_lock(manifest):
        lines.append(f"Look for newer packages: {program()} install --upgrade, with the same options")
    return "\n".join([*lines, *usage_lines(short, manifest)]) + "\n"


def usage_lines(path: str, manifest: Manifest) -> list[str]:
    """How to use an environment from here."""
    return [
        f"Use it in this shell:    {_activation(path, manifest)}",
        f"Or run one command:      {program()} run{_env_option(path)} -- python train.py",
    ]


def _activation(path: str, manifest: Manifest) -> str:
    from mlenv.cli.shells import activation_here
    from mlenv.plan.conda_steps import RECORDS_FILE

    if any(file.path == RECORDS_FILE for file in manifest.plan.files):  # made without the manager, which is not here
        return f"{program()} shell{_env_option(path)}"
    return activation_here(path, cast("ManagerName", manifest.plan.manager))


def _is_of_lock(manifest: Manifest) -> bool:
    """Whether it was made from a lock, which never has anything newer."""
    return not manifest.plan.others and not any(row.about != "lock" for row in manifest.plan.reasons)


def program() -> str:
    """How this program was called."""
    return os.environ.get("MLENV_COMMAND", "mlenv")


def shortest_path(path: Path) -> str:
    """The path as one would type it here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _env_option(path: str) -> str:
    import shlex

    from mlenv.cli.settings import DEFAULT_ENVIRONMENT

    return "" if path == DEFAULT_ENVIRONMENT else f" --env {shlex.quote(path)}"
