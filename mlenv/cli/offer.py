"""What ``mlenv setup`` shows before it acts: the plan in a few lines, and the command that does the same."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mlenv.execute.generations import Generations
    from mlenv.matrix.rows import Profile
    from mlenv.plan.plan import Plan

TOLD_LIFTS = 2


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A plan for a profile at a place, and the words that ask ``mlenv install`` for the same."""

    profile: Profile
    place: Path
    plan: Plan
    options: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """The command that does what is offered."""
        return install_command(self.profile.name, self.place, self.options)


def install_command(profile: str, place: Path, options: tuple[str, ...] = ()) -> str:
    """``mlenv install --profile starter``, with the place where it is not the usual one."""
    from mlenv.cli.farewell import program
    from mlenv.cli.settings import DEFAULT_ENVIRONMENT

    where = () if str(place) == DEFAULT_ENVIRONMENT else ("--env", str(place))
    return shlex.join([program(), "install", "--profile", profile, *where, *options])


def render_offer(offer: Offer, generations: Generations | None, width: int) -> str:
    """What would be made, where and from what; ``generations`` tells what lies there, None for another machine."""
    plan = offer.plan
    device = plan.accelerator.kind
    build = "" if plan.accelerator.variant == device else f", build {plan.accelerator.variant}"
    rows = [
        ("profile", f"{offer.profile.name}: {offer.profile.title}"),
        ("folder", f"{offer.place}{_tell_place(generations)}"),
        ("Python", plan.python),
        ("device", f"{device}{build}"),
        ("packages", ", ".join([*(f"{row.name} {row.version}" for row in plan.packages), *plan.others])),
        ("download", _tell_size(offer)),
        *(("mind", warning) for warning in plan.warnings),
        *(("better", f"{lift.change}: {lift.gives}") for lift in plan.lifts[:TOLD_LIFTS]),
    ]
    return "\n".join(line for label, text in rows for line in _wrap(label, text, width)) + "\n"


def _tell_place(generations: Generations | None) -> str:
    if generations is None or generations.current is None:
        return " (new)"
    return f" (there is one already: it stays, and `mlenv env rollback --env {generations.path.name}` goes back to it)"


def _tell_size(offer: Offer) -> str:
    if offer.plan.download_bytes is not None:
        return f"{offer.plan.download_bytes / 1e6:,.0f} MB at most"
    size = offer.profile.download_gb
    return "not known" if size is None else f"about {size:g} GB at most, {offer.profile.disk_gb:g} GB on disk"


def _wrap(label: str, text: str, width: int) -> Iterator[str]:
    head = f"  {label:<10}"
    yield from textwrap.wrap(
        text, max(width - 1, 40), initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    )
