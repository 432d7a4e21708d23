"""What a diagnosis says."""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["error", "warning", "info"]
CheckState = Literal["ran", "skipped", "unknown", "crashed"]
Status = Literal["ok", "warning", "error", "unknown"]


Grade = Literal["named", "shown", "likely"]
"""How a cause is known: a message names it, facts prove it, or what is known speaks for it."""


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a remedy: what to do in words, and what to type where a command does it."""

    text: str
    command: str | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A problem and its cause.

    ``id`` is a slug that stays for good.  ``cause`` is one plain sentence, ``evidence`` the facts
    that show it with their source, ``applies_to`` what suffers (``torch``, ``gpu 0``).
    ``grade`` says how it is known, ``explains`` which messages (ids of clues) it is the cause of, and
    ``consequences`` which other findings are folded under it, since they would be gone with it.
    """

    id: str
    severity: Severity
    title: str
    cause: str
    evidence: tuple[str, ...] = ()
    fix: tuple[Fix, ...] = ()
    applies_to: tuple[str, ...] = ()
    grade: Grade = "shown"
    explains: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()


class CheckOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one check went.

    ``skipped`` means that it does not concern this machine, ``unknown`` that a fact it needs is
    not known (``detail`` says which), ``crashed`` that it failed itself.
    """

    id: str
    subject: str
    outcome: CheckState
    detail: str = ""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """All findings, the most likely root cause first, and how each check went."""

    status: Status
    findings: tuple[Finding, ...]
    checks: tuple[CheckOutcome, ...]
