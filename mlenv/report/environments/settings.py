"""What differs between two plans beside their packages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlenv.execute.manifest import Manifest
from mlenv.plan.plan import PlannedAccelerator
from mlenv.report.environments.change import Area, Change, Verdict, make_change, raise_risk
from mlenv.report.environments.knowledge import Knowledge
from mlenv.report.environments.variants import judge_build
from mlenv.report.environments.versions import Distance, measure
from mlenv.report.redact import MASK, mask_value
from mlenv.resolve.words import WORDS

SECRET_WORDS = frozenset(
    ("AUTH", "CREDENTIAL", "CREDENTIALS", "KEY", "PASSPHRASE", "PASSWD", "PASSWORD", "SECRET", "TOKEN")
)
"""A variable with one of these words in its name keeps its value to itself."""
_DEVICES = {str(kind): words for kind, words in WORDS.items()}


def compare_settings(before: Manifest, after: Manifest, knowledge: Knowledge) -> Iterator[Change]:
    """Python, accelerator, manager, profile, variables, data."""
    old, new = before.plan, after.plan
    yield from compare_python(old.python, new.python)
    if old.accelerator != new.accelerator:
        yield _compare_accelerators(old.accelerator, new.accelerator, after, knowledge)
    yield from _compare(
        "manager", old.manager, new.manager, Verdict("medium", "another installer: it may take other builds")
    )
    yield from _compare(
        "profile", old.profile, new.profile, Verdict("low", "something else was asked for; the packages tell what")
    )
    yield from compare_variables(
        old.variables, new.variables, "environment", Verdict("medium", "frameworks obey it as they start")
    )
    data = Verdict("none", "the data that decided; by itself it changes nothing")
    yield from _compare("matrix", before.matrix_version, after.matrix_version, data)
    yield from _compare(
        "mlenv", before.mlenv_version, after.mlenv_version, Verdict("none", "the version of mlenv that made it")
    )


def compare_variables(
    before: Mapping[str, str], after: Mapping[str, str], area: Area, verdict: Verdict
) -> Iterator[Change]:
    """Variables that appear, go or change; no secret is in the values."""
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old != new:
            states = (show_value(name, old), show_value(name, new))
            yield make_change(f"variable {name}", area, states, verdict)


def show_value(name: str, value: str | None) -> str:
    """A variable's value for reading, empty where it is not set; no secret is in it."""
    if value is None:
        return ""
    if SECRET_WORDS.intersection(name.upper().split("_")):
        return MASK
    return mask_value(value) or "(empty)"


def _compare(subject: str, before: str, after: str, verdict: Verdict) -> Iterator[Change]:
    if before != after:
        yield make_change(subject, "environment", (before or "none", after or "none"), verdict)


def compare_python(before: str, after: str) -> Iterator[Change]:
    """The step from one Python to another."""
    distance = measure(before, after)
    if distance.step == "none":
        return
    verdict = _judge_python(distance)
    if distance.kind == "downgraded":
        verdict = Verdict(raise_risk(verdict.risk), f"a downgrade: {verdict.reason}")
    yield make_change("python", "environment", (before, after), verdict, distance.kind)


def _judge_python(distance: Distance) -> Verdict:
    if distance.step in ("patch", "pre-release"):
        return Verdict("low", "corrections of the same series")
    if distance.step == "unordered":
        return Verdict("high", "another kind of interpreter: compiled packages are other files")
    return Verdict("high", "another series: every compiled package is another file, and pickles may not load")


def _compare_accelerators(
    before: PlannedAccelerator, after: PlannedAccelerator, manifest: Manifest, knowledge: Knowledge
) -> Change:
    if before.kind == after.kind:
        verdict = judge_build(before.variant, after.variant, manifest.machine, knowledge.drivers)
    else:
        old, new = (_DEVICES.get(row.kind, row.kind) for row in (before, after))
        verdict = Verdict("high", f"computes on {new} instead of {old}")
    states = tell_accelerator(before), tell_accelerator(after)
    return make_change("accelerator", "environment", states, verdict)


def tell_accelerator(accelerator: PlannedAccelerator) -> str:
    """``cuda (cu126)``, ``cpu``."""
    extra = "" if accelerator.variant in ("", accelerator.kind) else f" ({accelerator.variant})"
    return f"{accelerator.kind}{extra}"
