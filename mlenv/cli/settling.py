"""Whether an installation has anything to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlenv.cli.deciders import is_doubtful
from mlenv.execute.generations import Generations
from mlenv.plan.plan import Plan
from mlenv.terminal import Terminal

if TYPE_CHECKING:
    from mlenv.execute.manifest import Manifest

NAMED = 6
"""So many packages are named in one note."""


def current_manifest(generations: Generations) -> Manifest | None:
    """The manifest of the current generation."""
    from mlenv.execute.manifest import read_manifest

    current = generations.current
    return read_manifest(current) if current is not None else None


def find_settled(generations: Generations, question: str, terminal: Terminal) -> Manifest | None:
    """The manifest of the environment, if it was made for the same question, for good, and is as it was made."""
    manifest = current_manifest(generations)
    if manifest is None or not question or manifest.question != question or is_doubtful(manifest.plan):
        return None
    return None if _is_harmed(generations, manifest, terminal) else manifest


def find_answered(generations: Generations, plan: Plan, terminal: Terminal) -> Manifest | None:
    """The manifest of the environment, if it holds exactly what a new plan has locked."""
    from mlenv.report.redact import mask_text

    manifest = current_manifest(generations)
    if manifest is None or plan.lock is None or mask_text(plan.lock) != manifest.lock:
        return None
    known = manifest.plan
    if (plan.python, plan.manager, plan.variables) != (known.python, known.manager, known.variables):
        return None
    return None if _is_harmed(generations, manifest, terminal) else manifest


def _is_harmed(generations: Generations, manifest: Manifest, terminal: Terminal) -> bool:
    from mlenv.consistency.settled import compare_with_lock
    from mlenv.probe.environments.environment import read_environment
    from mlenv.system.host import LiveHost

    if manifest.verification.status not in ("ok", "warning"):
        return True
    path = generations.path
    of_conda = manifest.plan.manager not in ("uv", "pip")
    difference = compare_with_lock(manifest, read_environment(LiveHost(), str(path), thorough=of_conda))
    if difference.broken:
        terminal.note(f"{path}: its Python does not start any more; it is made anew")
    elif difference.missing:
        terminal.note(f"{path}: not as locked, so it is made anew: {_name(difference.missing)}")
    elif difference.added:
        terminal.note(f"added by another hand, and left there: {_name(difference.added)}")
    return difference.harmed


def _name(packages: tuple[str, ...]) -> str:
    more = f" and {len(packages) - NAMED} more" if len(packages) > NAMED else ""
    return f"{', '.join(packages[:NAMED])}{more}"
