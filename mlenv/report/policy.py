"""A policy in words: ``mlenv policy explain``."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterator

import msgspec

from mlenv.matrix.load import DataVersion
from mlenv.matrix.toml_file import one_line
from mlenv.policy.explain import explain_verdict, explain_waiver
from mlenv.policy.judge import list_rules
from mlenv.policy.model import Policy
from mlenv.policy.waivers import is_expired
from mlenv.report.document import Document
from mlenv.report.redact import mask_text

SCHEMA = "mlenv.policy/1"
_TITLES = {
    "host": "The computer",
    "gpu": "Its GPUs",
    "frameworks": "Frameworks",
    "env": "Packages",
    "performance": "Speed",
    "verify": "The verification",
}


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: the id of its result, what it wants, and a sentence."""

    check: str
    expected: str
    text: str


class WaiverRow(msgspec.Struct, frozen=True, kw_only=True):
    """One waiver, and whether its last day is over."""

    check: str
    reason: str
    expires: dt.date
    expired: bool
    text: str
    device: str | None = None
    gpu: str | None = None


class PolicyDocument(Document, frozen=True, kw_only=True):
    """What a policy file asks for."""

    file: str
    name: str
    fail_on: str
    rules: tuple[RuleRow, ...]
    waivers: tuple[WaiverRow, ...]
    verdict: str


def make_document(policy: Policy, file: str, today: dt.date, data: DataVersion) -> PolicyDocument:
    """A policy as a document; foreign words come out on one line and without passwords."""
    rules = (
        RuleRow(check=_tidy(rule.check), expected=_tidy(rule.wanted), text=_tidy(rule.text))
        for rule in list_rules(policy)
    )
    waivers = (
        WaiverRow(
            check=_tidy(waiver.check),
            reason=_tidy(waiver.reason),
            expires=waiver.expires,
            expired=is_expired(waiver, today),
            text=explain_waiver(waiver, today),
            device=waiver.device and _tidy(waiver.device),
            gpu=waiver.gpu and _tidy(waiver.gpu),
        )
        for waiver in policy.waive
    )
    return PolicyDocument(
        schema=SCHEMA,
        matrix_version=data.version,
        matrix_digest=data.digest,
        file=_tidy(file),
        name=_tidy(policy.name),
        fail_on=policy.verify.fail_on,
        rules=tuple(rules),
        waivers=tuple(waivers),
        verdict=explain_verdict(policy),
    )


def _tidy(text: str) -> str:
    return one_line(mask_text(text))


def render_text(document: PolicyDocument, width: int, *, verbose: bool = False) -> str:
    """The rules by table as sentences; with ``verbose`` each with the id of its result."""
    lines = [f"Policy {document.name}" if document.name else f"Policy {document.file}"]
    for table, title in _TITLES.items():
        rows = [row for row in document.rules if row.check.split(".")[1] == table]
        if rows:
            lines += ["", title]
        for row in rows:
            lines += _item(row.text, width)
            lines += [f"      {row.check}"] if verbose else []
    lines += list(_waivers(document, width))
    counted = "1 rule" if len(document.rules) == 1 else f"{len(document.rules)} rules"
    return "\n".join([*lines, "", f"{counted}. {document.verdict}"]) + "\n"


def _waivers(document: PolicyDocument, width: int) -> Iterator[str]:
    if document.waivers:
        yield from ("", "Accepted for a time")
    for row in document.waivers:
        yield from _item(row.text, width)


def _item(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width - 1, 30), initial_indent="  - ", subsequent_indent="    ")
