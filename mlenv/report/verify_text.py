"""The verification as text: a line per framework and per subject, problems in full, a closing line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlenv.report.page import DEFAULT_WIDTH, Page
from mlenv.report.style import UNICODE_MARKS, Marks
from mlenv.report.verify import BEFORE_COMPUTING, VerifyDocument, find_proofs
from mlenv.verify.result import Group, Result
from mlenv.verify.targets import OTHERS

TITLES: dict[Group, str] = {
    "environment": "Environment",
    "host": "Computer",
    "gpu": "GPU health",
    "performance": "Rates",
    "policy": "Policy",
}
_STATES = {"pass": "ok", "warn": "warning", "fail": "error", "error": "unknown", "skip": "info"}
_ORDER = ("fail", "error", "warn", "pass", "skip")


def render_text(
    document: VerifyDocument,
    *,
    width: int = DEFAULT_WIDTH,
    colour: bool = False,
    marks: Marks = UNICODE_MARKS,
    verbose: bool = False,
) -> str:
    """The report; ``verbose`` has every check."""
    page = Page(width=width, colour=colour, marks=marks)
    page.text(f"Environment {document.environment}, level {document.level}", style="bold")
    page.blank()
    for name, results in _by_framework(document):
        _render_framework(page, name, results, verbose=verbose)
    for group, title in TITLES.items():
        results = [result for result in document.results if result.group == group]
        if results:
            named = f"{title} {document.policy}" if group == "policy" and document.policy else title
            _render_group(page, named, results, verbose=verbose)
    page.blank()
    page.text(closing_line(document), style="bold")
    return page.render()


def closing_line(document: VerifyDocument) -> str:
    """The verdict in one sentence."""
    frameworks = [result for result in document.results if result.group == "framework"]
    bad = _names(result for result in frameworks if result.status in ("fail", "error"))
    others = [result for result in document.results if result.group != "framework" and result.status == "fail"]
    if bad:
        verb = "does" if len(bad) == 1 else "do"
        return f"{len(bad)} of {len(_names(frameworks))} frameworks {verb} not work: {', '.join(bad)}."
    if others:
        subjects = [TITLES[group].lower() for group in TITLES if any(result.group == group for result in others)]
        return f"{_count(len(others), 'check')} of {' and '.join(subjects)} failed."
    unknown = [result for result in document.results if result.status == "error"]
    if document.status == "unknown" and unknown:
        return f"No verdict: {_count(len(unknown), 'check')} could not run."
    if document.status == "unknown":
        return "Nothing could be checked, so nothing is proven."
    return _tell_success(frameworks)


def _tell_success(frameworks: Sequence[Result]) -> str:
    """How many computed, on what, and how many could only be imported."""
    computed = _names(
        result for result in frameworks if result.status in ("pass", "warn") and result.check not in BEFORE_COMPUTING
    )
    imported = [name for name in _names(frameworks) if name not in (*computed, OTHERS)]
    devices = sorted({result.device for result in frameworks if result.device and result.check not in BEFORE_COMPUTING})
    parts = []
    if computed:
        where = f" on {' and '.join(devices)}" if devices else ""
        parts.append(f"{_count(len(computed), 'framework')} computed correctly{where}")
    if imported:
        parts.append(f"{_count(len(imported), 'package')} {'was' if len(imported) == 1 else 'were'} only imported")
    return f"{', '.join(parts)}."


def _names(results: Iterable[Result]) -> list[str]:
    return list(dict.fromkeys(result.framework for result in results))


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _by_framework(document: VerifyDocument) -> list[tuple[str, list[Result]]]:
    found: dict[str, list[Result]] = {}
    for result in document.results:
        if result.group == "framework":
            found.setdefault(result.framework, []).append(result)
    return list(found.items())


def _worst(results: Sequence[Result]) -> str:
    """The status that a line stands for; skipped checks among others say nothing."""
    statuses = {result.status for result in results}
    return next(status for status in _ORDER if status in statuses)


def _render_framework(page: Page, name: str, results: list[Result], *, verbose: bool) -> None:
    """``[✓] torch 2.13.0 on cpu, 1.9 s: 128x64 @ 64x192 exact in float32 …`` and what is wrong below it."""
    version = next((result.version for result in results if result.version), "")
    devices = dict.fromkeys(
        result.device for result in results if result.device and result.check not in BEFORE_COMPUTING
    )
    seconds = sum(result.seconds for result in results)
    where = f" on {', '.join(device for device in devices if device)}" if any(devices) else ""
    proof = find_proofs(results).get(name)
    head = f"{name} {version}".rstrip() + f"{where}, {seconds:.1f} s"
    said = f"{head}: {proof.detail}" if proof and proof.detail else head
    page.marked(_STATES[_worst(results)], said)
    _render_problems(page, results)
    if verbose:
        _render_all(page, results)
    else:
        further = [result.check for result in results if result.status == "pass" and result is not proof]
        further = [check for check in dict.fromkeys(further) if check not in BEFORE_COMPUTING and check != "compute"]
        if further:
            page.text(f"also right: {', '.join(further)}", indent=4, hang=2, style="dim")


def _render_group(page: Page, title: str, results: list[Result], *, verbose: bool) -> None:
    """A line for what is well in a subject, and its problems below."""
    passed = sum(result.status == "pass" for result in results)
    skipped = sum(result.status == "skip" for result in results)
    said = [f"{passed} of {len(results) - skipped} checks pass"] if len(results) > skipped else []
    said += [f"{_count(skipped, 'check')} not applicable"] if skipped else []
    page.marked(_STATES[_worst(results)], f"{title}: {', '.join(said)}")
    _render_problems(page, results)
    if verbose:
        _render_all(page, results)


def _render_problems(page: Page, results: Iterable[Result]) -> None:
    for result in results:
        if result.status in ("pass", "skip"):
            continue
        place = f" ({result.device})" if result.device and result.status != "error" else ""
        page.marked(_STATES[result.status], f"{result.check}{place}: {result.detail}", indent=4)
        if result.remedy:
            page.text(f"{page.marks.arrow} {result.remedy}", indent=8, hang=2)


def _render_all(page: Page, results: Iterable[Result]) -> None:
    for result in results:
        if result.status in ("pass", "skip"):
            place = f" {result.device}" if result.device else ""
            page.text(
                f"{result.status} {result.check}{place} {result.seconds:.2f} s: {result.detail}",
                indent=4,
                hang=2,
                style="dim",
            )
