"""A policy in plain sentences."""

from __future__ import annotations

import datetime as dt

from mlenv.matrix.toml_file import one_line
from mlenv.policy.judge import list_rules
from mlenv.policy.model import Policy, Waiver
from mlenv.policy.waivers import is_expired
from mlenv.report.redact import mask_text


def explain_policy(policy: Policy, today: dt.date) -> tuple[str, ...]:
    """A sentence for each rule and each waiver; those that have expired are marked."""
    rules = tuple(one_line(mask_text(rule.text)) for rule in list_rules(policy))
    waivers = tuple(explain_waiver(waiver, today) for waiver in policy.waive)
    return (*rules, explain_verdict(policy), *waivers)


def explain_verdict(policy: Policy) -> str:
    """When the policy as a whole does not hold."""
    if policy.verify.fail_on == "warn":
        return "A failure or a warning of any check breaks the policy."
    return "A failure of any check breaks the policy; warnings do not."


def explain_waiver(waiver: Waiver, today: dt.date) -> str:
    """What is accepted, until when and why; that it is over, where it is."""
    place = "".join(f" on {part}" for part in (waiver.device, waiver.gpu) if part)
    over = is_expired(waiver, today)
    when = f"was accepted until {waiver.expires} (EXPIRED)" if over else f"is accepted until {waiver.expires}"
    return one_line(mask_text(f"A failure of {waiver.check}{place} {when}: {waiver.reason.strip().rstrip('.')}."))
