"""``mlenv env rollback``: back to an earlier generation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlenv.cli.options import environment_option
from mlenv.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from mlenv.execute.generations import Generations


@click.command("rollback")
@environment_option
@click.option(
    "--to",
    metavar="GENERATION",
    help="A number of `mlenv env list`, or `original` for what was taken over. The one before, by default.",
)
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
def command(environment: Path | None, to: str | None, quiet: bool) -> int:
    """Go back to an earlier generation, in an instant.

    Nothing is removed: `--to` a higher number goes forward again.

    \b
    mlenv env rollback
    mlenv env rollback --to 3
    mlenv env rollback --to original
    """
    from mlenv.cli.env.named import named_generations
    from mlenv.cli.farewell import shortest_path
    from mlenv.execute.generations import ORIGINAL
    from mlenv.execute.guard import guarded
    from mlenv.execute.holding import held
    from mlenv.system.signals import undisturbed
    from mlenv.terminal import Terminal

    terminal = Terminal(quiet=quiet)
    generations = named_generations(environment)
    with guarded(generations.path), held(generations, errand="mlenv env rollback", note=terminal.note):
        target = to or _one_before(generations)
        with undisturbed():
            _go(generations, target)
    path = shortest_path(generations.path)
    if target == ORIGINAL:
        terminal.note(f"{path} is the environment again that was there before mlenv")
    else:
        terminal.note(f"{path} is generation {target} now; `mlenv verify` proves it again")
    return ExitStatus.OK


def _one_before(generations: Generations) -> str:
    from mlenv.execute.generations import ORIGINAL

    current = generations.current
    names = [folder.name for folder in generations.finished()]
    if current is None or current.name not in names:
        return names[-1] if names else ORIGINAL
    earlier = names[: names.index(current.name)]
    if earlier:
        return earlier[-1]
    if generations.original is not None:
        return ORIGINAL
    raise UsageError(
        f"{generations.path}: there is no generation before {current.name}",
        hint=f"there are {', '.join(names)}" if len(names) > 1 else "`mlenv env remove` takes it away",
    )


def _go(generations: Generations, target: str) -> None:
    from mlenv.execute.generations import ORIGINAL
    from mlenv.execute.manifest import read_manifest

    if target == ORIGINAL:
        if generations.original is None:
            raise UsageError(
                f"{generations.path}: nothing was taken over there", hint="`mlenv env list` shows what there is"
            )
        generations.give_back()
        return
    folder = generations.find(target)
    generations.check_free()
    manifest = read_manifest(folder)
    if manifest is None:
        raise UsageError(f"{folder}: its manifest cannot be read, so nothing says that it works")
    generations.switch(folder, manifest.plan.prefix)
