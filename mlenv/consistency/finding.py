"""What a check of an environment's files found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

Weight = Literal["fail", "warn"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not in order.

    ``reason`` is a slug, ``text`` a sentence without its full stop that names both sides and the
    file, ``remedy`` what would help, and ``subject`` the distribution or file that it is about.
    """

    weight: Weight
    reason: str
    text: str
    subject: str = ""
    remedy: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a check went: what is not in order, and what was looked at (``detail``, ``measured``).

    ``skipped`` says why there was nothing to check, ``hindrance`` why it could not be checked.
    """

    findings: tuple[Finding, ...] = ()
    detail: str = ""
    measured: dict[str, float | str] = {}
    skipped: str = ""
    hindrance: str = ""


def sorted_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, each once, failures first; otherwise in their order."""
    listed = list(dict.fromkeys(findings))
    return tuple(sorted(listed, key=lambda finding: finding.weight != "fail"))
