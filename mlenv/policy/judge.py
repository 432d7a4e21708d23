"""A policy held against a machine, an environment and the results of a verification: pure."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from mlenv.matrix.toml_file import one_line
from mlenv.policy.environment_rules import environment_rules
from mlenv.policy.framework_rules import framework_rules
from mlenv.policy.gpu_rules import gpu_rules
from mlenv.policy.host_rules import host_rules
from mlenv.policy.model import Policy
from mlenv.policy.rule import Answer, PolicyCase, Rule
from mlenv.policy.run_rules import performance_rules, verify_rules
from mlenv.policy.waivers import waive_each
from mlenv.report.redact import mask_text
from mlenv.verify.result import Result


def list_rules(policy: Policy) -> tuple[Rule, ...]:
    """All rules of a policy, in the order of the file's tables."""
    return tuple(_each_rule(policy))


def _each_rule(policy: Policy) -> Iterator[Rule]:
    yield from host_rules(policy.host)
    yield from gpu_rules(policy.gpu)
    for name, framework in policy.frameworks.items():
        yield from framework_rules(name, framework)
    yield from environment_rules(policy.env)
    yield from performance_rules(policy.performance)
    yield from verify_rules(policy.verify)


def judge_policy(policy: Policy, case: PolicyCase) -> tuple[Result, ...]:
    """One result for each rule: pass, fail, or error where the fact is unknown.

    A failure that the policy itself waives does not break a rule that relies on that check.
    """
    settled = replace(case, results=waive_each(policy, case.results, case.today))
    return tuple(_state(rule, rule.judge(settled)) for rule in list_rules(policy))


def _state(rule: Rule, answer: Answer) -> Result:
    """The answer as a result; foreign words come out on one line and without escapes or passwords."""
    found = answer.found if isinstance(answer.found, (int, float)) else _tidy(answer.found)
    return Result(
        check=_tidy(rule.check),
        status=answer.status,
        detail=_tidy(answer.detail),
        reason=answer.reason,
        group="policy",
        measured={"expected": _tidy(rule.wanted), "found": found},
        action=answer.action,
        remedy=_tidy(answer.remedy),
        about=_tidy(answer.about),
    )


def _tidy(text: str) -> str:
    return one_line(mask_text(text))
