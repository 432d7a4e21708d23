"""What was mended, or could be: ``mlenv doctor --fix``."""

from __future__ import annotations

from typing import Literal

import msgspec

from mlenv.checks.finding import Finding, Status
from mlenv.mending.mending import Mending
from mlenv.report.document import Document
from mlenv.report.page import Page
from mlenv.report.verify import render_proof
from mlenv.verify.result import Verification

SCHEMA = "mlenv.mending/1"
SHOWN = 12
"""So many changed packages are named in the text."""

State = Literal["nothing", "impossible", "not-asked", "declined", "mended"]
"""Nothing can be mended; no plan would do it; nobody was there to be asked; no was said; it is done."""


class PackageChange(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution that comes, goes (``after`` is None) or changes its version."""

    name: str
    before: str | None = None
    after: str | None = None


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What mlenv can do, before it is done.

    ``reason`` says why nothing can be done; ``left_out`` names distributions that no index has, ``unset``
    variables that the new environment takes away.  ``foreign`` says that another made the environment.
    """

    environment: str = ""
    mendings: tuple[Mending, ...] = ()
    by_hand: tuple[Finding, ...] = ()
    packages: tuple[PackageChange, ...] = ()
    python: str = ""
    unset: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    foreign: bool = False
    reason: str = ""


class MendingDocument(Document, frozen=True, kw_only=True):
    """The offer, what became of it, and the findings before and after.

    ``status`` is that of the state which holds now; ``after`` and ``verification`` are None where
    nothing was changed.
    """

    status: Status
    state: State
    offer: Offer
    before: tuple[Finding, ...]
    after: tuple[Finding, ...] | None = None
    verification: Verification | None = None


def render_offer(page: Page, offer: Offer) -> None:
    """What mlenv can mend and how, then what only people can do."""
    if offer.mendings:
        page.heading(f"What mlenv can mend in {offer.environment}")
        for mending in offer.mendings:
            page.text(f"{page.marks.arrow} {mending.text} ({mending.finding})", indent=2, hang=2)
    if offer.reason:
        page.text(f"Nothing can be done: {offer.reason}" if offer.mendings else offer.reason, indent=2)
    elif offer.mendings:
        _render_plan(page, offer)
    if offer.by_hand:
        page.heading("What is left to you")
        for finding in offer.by_hand:
            _render_by_hand(page, finding)


def _render_plan(page: Page, offer: Offer) -> None:
    page.text(f"How: a new environment (Python {offer.python}) beside this one, proven, then switched to.", indent=2)
    for change in offer.packages[:SHOWN]:
        page.text(_word(page, change), indent=4)
    more = len(offer.packages) - SHOWN
    if more > 0:
        page.text(f"and {more} more packages", indent=4)
    for name in offer.unset:
        page.text(f"its activation, `mlenv run` and `mlenv shell` take {name} away", indent=4)
    for text in offer.left_out:
        page.text(f"not carried over, since no index has it: {text}", indent=4)
    page.text(f"Back to what there is now: mlenv env rollback{' --to original' if offer.foreign else ''}", indent=2)


def _word(page: Page, change: PackageChange) -> str:
    if change.after is None:
        return f"{change.name} {change.before} goes"
    if change.before is None:
        return f"{change.name} {change.after} comes"
    if change.before == change.after:
        return f"{change.name} {change.after}, installed anew"
    return f"{change.name} {change.before} {page.marks.arrow} {change.after}"


def _render_by_hand(page: Page, finding: Finding) -> None:
    page.marked(finding.severity, finding.title, indent=2)
    for fix in finding.fix:
        page.text(f"{page.marks.arrow} {fix.text}", indent=6, hang=2)
        if fix.command:
            page.command(fix.command, indent=8)


def render_outcome(page: Page, document: MendingDocument) -> None:
    """What became of the offer."""
    if document.state == "not-asked":
        page.heading("Nothing was done: nobody is here to be asked. Say --yes to have it done.")
    elif document.state == "declined":
        page.heading("Nothing was done.")
    elif document.state == "mended":
        _render_mended(page, document)


def find_gone(document: MendingDocument) -> tuple[Finding, ...]:
    """The findings that were mended, and those that are not there any more.

    What only a message told of is not looked for again, so that it is missing says nothing.
    """
    mended = {mending.finding for mending in document.offer.mendings}
    left = {finding.id for finding in document.after or ()}
    return tuple(
        finding
        for finding in document.before
        if finding.severity != "info" and finding.id not in left and (finding.id in mended or not finding.explains)
    )


def _render_mended(page: Page, document: MendingDocument) -> None:
    left = [finding for finding in document.after or () if finding.severity != "info"]
    page.heading(f"{document.offer.environment} was made anew")
    for finding in find_gone(document):
        page.marked("ok", f"gone: {finding.title}", indent=2)
    for finding in left:
        page.marked(finding.severity, f"still there: {finding.title}", indent=2)
    for name in document.offer.unset:
        page.text(f"Activate it again, or use `mlenv run`: this shell still has {name}.", indent=2)
    if document.verification is not None:
        page.heading("Proven in it")
        for line in render_proof(document.verification):
            page.text(line.strip(), indent=2, hang=2)
