"""An environment made anew with a change: the first plan that proves, and the installation that carries it out."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlenv.cli.installation import Installation, Wishes
from mlenv.cli.settings import RequestOptions
from mlenv.errors import NoPlanError, UsageError
from mlenv.execute.generations import Generations, is_environment
from mlenv.execute.manifest import Manifest
from mlenv.facts.environment import Environment
from mlenv.matrix.load import Matrix
from mlenv.mending.wish import Wish
from mlenv.plan.plan import Plan
from mlenv.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

MANAGERS = ("uv", "pip")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An environment that can be made anew; ``manifest`` is None where another than mlenv made it."""

    environment: Environment
    generations: Generations
    manifest: Manifest | None = None

    @property
    def manager(self) -> str:
        """The package manager that made it, uv for one of another's making."""
        return self.manifest.plan.manager if self.manifest else "uv"


class Remaking(msgspec.Struct, frozen=True, kw_only=True):
    """What would be done: the wish that has a plan, the plan, and who carries it out."""

    wish: Wish
    plan: Plan
    installation: Installation


def find_place(environment: Environment | None, named: Path | None) -> Place | str:
    """Where to work, or why mlenv leaves the environment to others; ``named`` is the path that the user gave."""
    from mlenv.execute.manifest import read_manifest
    from mlenv.verify.rooted import open_setting_for

    if environment is None:
        return "there is no environment here; name one with --env"
    path = Path(os.path.abspath(named)) if named is not None and is_environment(named) else Path(environment.path)
    generations = Generations(path)
    current = generations.current
    if open_setting_for(str(path), environment) is not None:
        return f"{path} lies in an image, and what made the image has to make it anew"
    if _is_own(path):
        return f"mlenv itself runs in {path}, and nobody saws off the branch that they sit on; install it elsewhere"
    if current is None:
        return _find_foreign(environment, generations)
    manifest = read_manifest(current)
    if manifest is None:
        return f"{path}: its manifest cannot be read, so nobody knows what it was made for"
    if manifest.plan.manager not in MANAGERS:
        return f"{path} was made by {manifest.plan.manager}; make it anew with mlenv install"
    return Place(environment=environment, generations=generations, manifest=manifest)


def _find_foreign(environment: Environment, generations: Generations) -> Place | str:
    path = generations.path
    if environment.manifest is not None:
        return f"{path} is a generation; name the environment that leads to it"
    if environment.kind == "conda":
        return f"{path} was made by conda; mend it with conda, or make another with mlenv install"
    if environment.kind != "venv":
        return f"{path} is a whole Python installation, which other programs may need as it is"
    return Place(environment=environment, generations=generations)


def _is_own(path: Path) -> bool:
    """Whether mlenv runs in the environment: its own modules would move away under it."""
    return os.path.realpath(path) == os.path.realpath(sys.prefix)


def find_remaking(
    place: Place,
    wishes: tuple[Wish, ...],
    matrix: Matrix,
    terminal: Terminal,
    find_lack: Callable[[Plan], str],
) -> Remaking | str:
    """The first wish that has a proven plan to which ``find_lack`` knows no objection; else why there is none.

    :class:`NoVerdictError` where the package sources do not answer.
    """
    reason = "nothing is installed that could be asked for again"
    for wish in wishes:
        if not wish.requirements and not wish.profiles:
            continue
        try:
            installation = _open_installation(place, wish, matrix, terminal)
            plan = installation.decide()
        except (NoPlanError, UsageError) as error:
            reason = error.message.splitlines()[0]
            continue
        reason = find_lack(plan)
        if not reason:
            return Remaking(wish=wish, plan=plan, installation=installation)
    return reason


def _open_installation(place: Place, wish: Wish, matrix: Matrix, terminal: Terminal) -> Installation:
    from mlenv.cli.deciders import Wanted, open_decider
    from mlenv.cli.install import plan_options

    asked = _request(place, wish)
    options = plan_options(asked, matrix, place.generations)
    how = Wishes(anew=True, take_over=place.manifest is None, unset=wish.unset)
    with open_decider(Wanted(asked=asked), matrix, terminal, options) as decider:
        return Installation(terminal, matrix, place.generations, decider, options, how)


def _request(place: Place, wish: Wish) -> RequestOptions:
    return RequestOptions(
        profiles=wish.profiles,
        extras=wish.requirements,
        python=wish.python,
        accelerator=wish.accelerator,
        manager=place.manager,
        environment=place.generations.path,
        index_url=None,
        extra_index_urls=(),
        find_links=(),
        offline=False,
    )
