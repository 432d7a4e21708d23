"""The environment and the generation that a command speaks of."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mlenv.cli.settings import DEFAULT_ENVIRONMENT
from mlenv.errors import UsageError
from mlenv.execute.generations import ORIGINAL, Generations
from mlenv.execute.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    from mlenv.report.environments.rows import EnvironmentRow, GenerationRow


def named_generations(environment: Path | None) -> Generations:
    """The generations of the environment that was named; :class:`UsageError` where mlenv made none there."""
    path = (environment or Path(DEFAULT_ENVIRONMENT)).absolute()
    generations = Generations(path)
    if generations.current is None and not generations.finished() and generations.original is None:
        what = "is not one that mlenv made" if path.exists() else "there is no such environment"
        raise UsageError(
            f"{path}: {what}", hint="`mlenv env list` shows those that there are; --env names one by its path"
        )
    return generations


def read_generation(generations: Generations, number: str | None) -> tuple[str, Manifest]:
    """The number and manifest of a generation, of the current one for None.

    :class:`UsageError` where there is none, or nobody can read what it is.
    """
    if number == ORIGINAL:
        raise UsageError(f"{generations.path}: nothing is written down of the {ORIGINAL}, which mlenv did not make")
    folder = generations.current if number is None else generations.find(number)
    if folder is None:
        raise UsageError(f"{generations.path}: no generation is in use", hint="`mlenv env list` shows those there are")
    manifest = read_manifest(folder)
    if manifest is None:
        raise UsageError(
            f"{folder}: its manifest cannot be read", hint="another version of mlenv made it, or it is damaged"
        )
    return folder.name, manifest


def describe(generations: Generations, number: str, manifest: Manifest, *, measured: bool = False) -> GenerationRow:
    """A generation as a row of a report; ``measured`` walks through its files for their size."""
    from mlenv.report.environments.rows import summarise

    folder = generations.store / number
    size = folder_bytes(folder) if measured else None
    return summarise(number, manifest, current=folder == generations.current, bytes=size)


def describe_environment(generations: Generations, *, measured: bool) -> EnvironmentRow:
    """An environment as a row of a report, its newest generation first."""
    from mlenv.report.environments.rows import EnvironmentRow

    folders = [(folder.name, read_manifest(folder)) for folder in reversed(generations.finished())]
    rows = [describe(generations, name, manifest, measured=measured) for name, manifest in folders if manifest]
    current = generations.current
    whole = current is not None and current in generations.finished() and generations.path.exists()
    return EnvironmentRow(
        path=str(generations.path),
        state="ready" if whole else "missing" if current is None else "broken",
        current=current.name if current is not None else None,
        generations=tuple(rows),
        adopted=generations.original is not None,
    )


def folder_bytes(folder: Path) -> int:
    """The size of all files below a folder; one that has several names there counts once."""
    seen: set[tuple[int, int]] = set()
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                found = os.lstat(os.path.join(place, name))
            except OSError:
                continue
            if (found.st_dev, found.st_ino) not in seen:
                seen.add((found.st_dev, found.st_ino))
                size += found.st_size
    return size
