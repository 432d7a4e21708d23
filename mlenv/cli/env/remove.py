"""``mlenv env remove``: an environment, or some of its generations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlenv.cli.options import environment_option
from mlenv.errors import ExitStatus, Interrupted, UsageError

if TYPE_CHECKING:
    from mlenv.execute.generations import Generations
    from mlenv.terminal import Terminal


@click.command("remove")
@environment_option
@click.option("--generation", "numbers", multiple=True, metavar="NUMBER", help="Only this generation. Repeatable.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
def command(environment: Path | None, numbers: tuple[str, ...], yes: bool, quiet: bool) -> int:
    """Remove an environment with all its generations, or some of them.

    An environment that was taken over is given back as it was. A Jupyter kernel that was registered
    goes too.

    \b
    mlenv env remove
    mlenv env remove --generation 2 --generation 3
    """
    from mlenv.cli.env.named import named_generations
    from mlenv.execute.guard import guarded
    from mlenv.execute.holding import held
    from mlenv.terminal import Terminal

    terminal = Terminal(quiet=quiet)
    generations = named_generations(environment)
    folders = [generations.find(number) for number in dict.fromkeys(numbers)]
    _refuse_current(generations, folders)
    _ask(terminal, generations, folders, yes=yes)
    with guarded(generations.path), held(generations, errand="mlenv env remove", note=terminal.note):
        _refuse_current(generations, folders)
        if folders:
            for folder in folders:
                generations.discard(folder)
        else:
            _remove_all(terminal, generations)
    return ExitStatus.OK


def _refuse_current(generations: Generations, folders: list[Path]) -> None:
    if generations.current in folders:
        raise UsageError(
            f"{generations.path}: generation {generations.current.name} is in use",
            hint="go to another one first with `mlenv env rollback --to NUMBER`",
        )


def _ask(terminal: Terminal, generations: Generations, folders: list[Path], *, yes: bool) -> None:
    from mlenv.cli.farewell import shortest_path
    from mlenv.system.users import processes_using

    path = shortest_path(generations.path)
    what = f"generation {', '.join(folder.name for folder in folders)} of {path}" if folders else path
    for folder in folders or generations.finished():
        users = processes_using(folder)
        if users:
            terminal.warn(f"generation {folder.name} is being used by process {', '.join(map(str, users))}")
    count = len(generations.finished())
    extent = "" if folders else f" with its {count} generation{'s' if count != 1 else ''}"
    back = " and give back what was there before mlenv" if generations.original and not folders else ""
    if yes:
        return
    if not terminal.asks:
        raise UsageError(f"removing {what} wants a yes", hint="say --yes")
    if not click.confirm(f"Remove {what}{extent}{back}?", default=False, err=True):
        raise Interrupted("nothing was removed")


def _remove_all(terminal: Terminal, generations: Generations) -> None:
    from mlenv.execute.kernel import remove_kernels
    from mlenv.execute.known import forget_environment
    from mlenv.system.folders import data_folder

    given_back = generations.original is not None
    generations.remove()
    for name in remove_kernels(generations.path):
        terminal.note(f"removed the Jupyter kernel {name}")
    forget_environment(data_folder(), generations.path)
    terminal.note(f"{generations.path}: {'given back as it was' if given_back else 'removed'}")
