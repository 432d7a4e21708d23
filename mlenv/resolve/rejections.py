"""What was not chosen, and why: the rule that each build fell by, and the row of the matrix behind it."""

from __future__ import annotations

from collections.abc import Iterable

from mlenv.facts.version import numbers
from mlenv.matrix.query import newest_first
from mlenv.resolve.attempt import Attempt, Placed
from mlenv.resolve.candidates import Candidate, Field
from mlenv.resolve.claims import clash_of
from mlenv.resolve.places import find_place
from mlenv.resolve.preference import serves
from mlenv.resolve.question import Failure
from mlenv.resolve.resolution import Rejection
from mlenv.resolve.words import WORDS
from mlenv.supply.offers import Supply

KEPT = 40
"""So many rejected builds are kept for each framework; the newest say the most."""
NAMED = 4
"""So many releases are named where none is as asked for."""
SILENT_RULES = frozenset({"platform", "requested-version", "requested-build", "requested-package"})
"""Rules that say nothing new: the user or the system asked for exactly that."""


def field_rejections(row: Placed, chosen: Attempt) -> list[Rejection]:
    """What was preferred to the choice or is newer than it, newest first, and why it fell."""
    if row.candidate is None or row.wanted.optional:
        return []  # an optional one follows the others; its reason says so
    mine, field = row.candidate, row.field
    rejected: list[tuple[int, int, Rejection]] = []
    for fallen in field.fallen:
        newer = fallen.costs.staleness < mine.costs.staleness
        same_device = chosen.accelerator in fallen.build.accelerators
        if (fallen.rank < mine.rank or (newer and same_device)) and speaks(fallen):
            rejected.append((fallen.costs.staleness, fallen.rank, reject(fallen)))
    rejected += [
        (candidate.costs.staleness, candidate.rank, why_passed_over(candidate, chosen))
        for candidate in field.candidates
        if candidate.rank < mine.rank
    ]
    rejected.sort(key=lambda item: item[:2])
    return without_repeats(item for _, _, item in rejected)[:KEPT]


def device_rejections(attempt: Attempt) -> list[Rejection]:
    """Why no build could use the accelerator of an attempt, or why the one that could was not taken."""
    rows = [
        Rejection(
            candidate=candidate.name,
            rule="unproven",
            text=f"{candidate.name}: nothing confirms that this build exists or runs; --accelerator "
            f"{attempt.accelerator} takes it nonetheless",
            row=row_of(candidate),
        )
        for candidate in attempt.doubtful
    ]
    required = [field for field in attempt.fields if not field.wanted.optional]
    for field in required or attempt.fields:
        fallen = [row for row in field.fallen if attempt.accelerator in row.build.accelerators and speaks(row)]
        rows += [reject(row) for row in fallen[:KEPT]]
        if not field.rows:
            rows.append(_without_build(field, attempt))
    rows = rows or [row for field in required if (row := _unmet(field, attempt)) is not None]
    if not rows:
        text = f"no requested framework has a build for {WORDS[attempt.accelerator]} on this system"
        return [Rejection(candidate=attempt.accelerator, rule="no-build", text=text)]
    return without_repeats(rows)


def _unmet(field: Field, attempt: Attempt) -> Rejection | None:
    """A framework of which no build for the device is as asked for: the newest releases that there are."""
    asked = " and ".join(text for text in (field.wanted.specifier, attempt.case.request.variant) if text)
    usable = [row for row in field.candidates if attempt.accelerator == "cpu" or row.uses_accelerator]
    if not asked or usable or not serves(field.framework, attempt.accelerator):
        return None
    name = field.framework.id
    newest = ", ".join(release.version for release in newest_first(field.framework)[:NAMED])
    text = (
        f"{name}: no build for {WORDS[attempt.accelerator]} is as asked for ({asked}); the newest releases are {newest}"
    )
    return Rejection(candidate=name, rule="requested-version", text=text, row=f"frameworks/{name}.toml")


def _without_build(field: Field, attempt: Attempt) -> Rejection:
    """A framework that has nothing for a device, with the devices that it is made for."""
    made = {name for release in field.framework.release for build in release.builds for name in build.accelerators}
    others = " and ".join(words for name, words in WORDS.items() if name in made)
    text = f"{field.framework.id} has no build for {WORDS[attempt.accelerator]}, only for {others or 'nothing'}"
    return Rejection(
        candidate=field.framework.id, rule="no-build", text=text, row=f"frameworks/{field.framework.id}.toml"
    )


def source_rejections(supply: Supply | None) -> list[Rejection]:
    """The sources that do not answer."""
    if supply is None:
        return []
    return [
        Rejection(
            candidate=source.id,
            rule="source-unreachable",
            text=f"{source.id} ({source.origin}) does not answer: {source.detail}",
        )
        for source in supply.sources
        if source.state == "unreachable"
    ]


def why_passed_over(candidate: Candidate, chosen: Attempt) -> Rejection:
    """Why a build that may be chosen was not: Python, sources, the others, or the package resolver."""
    rule, text = _why_passed_over(candidate, chosen)
    return Rejection(candidate=candidate.name, rule=rule, text=text, row=row_of(candidate))


def _why_passed_over(candidate: Candidate, chosen: Attempt) -> tuple[str, str]:
    supply, python = chosen.case.supply, chosen.python.series
    if python not in candidate.build.pythons:
        pythons = ", ".join(candidate.build.pythons)
        return "python", f"{candidate.name} has wheels for Python {pythons}; this plan uses {python}"
    if find_place(candidate, python, supply) is None:
        return "supply", f"{candidate.name} cannot be had from the sources that answer"
    # What had to come is to blame before what came along.
    for other in sorted(chosen.placed, key=lambda row: row.wanted.optional):
        if other.candidate is not None and other.candidate.framework.id != candidate.framework.id:
            clash = clash_of(candidate, other.candidate)
            if clash:
                return "companion", clash
    if candidate.costs.unproven:
        return "unproven", f"{candidate.name}: nothing confirms that this build exists or runs"
    build = (candidate.framework.id, candidate.release.version, candidate.build.variant)
    for row in chosen.case.refuted:
        if row.forbids(build) is not None:
            return "proof", row.text
    return "joint", f"{candidate.name} does not fit beside the other packages"


def why_none(field: Field) -> str:
    """Why no build of a framework may be used: the reason of the best one."""
    if field.candidates:
        return f"{field.candidates[0].name} does not fit beside the others"
    if not field.fallen:
        return "no build of it runs here"
    telling = next((row for row in field.fallen if speaks(row)), field.fallen[0])
    return telling.failures[0].text


def speaks(fallen: Candidate) -> bool:
    """Whether the rule that a build fell by says something new."""
    return fallen.failures[0].rule not in SILENT_RULES


def reject(fallen: Candidate) -> Rejection:
    """A fallen build, by the first rule that speaks against it."""
    failure = fallen.failures[0]
    return Rejection(candidate=fallen.name, rule=failure.rule, text=failure.text, row=_row_behind(fallen, failure))


def _row_behind(fallen: Candidate, failure: Failure) -> str:
    """The row that decided: of drivers where those are too old, else of the build."""
    if failure.rule == "driver-too-old" and fallen.build.cuda:
        return f"drivers.toml cuda_family {numbers(fallen.build.cuda)[0]}"
    if failure.rule in ("driver-does-not-know-gpu", "driver-too-new-for-gpu"):
        return "drivers.toml architecture"
    return row_of(fallen)


def row_of(candidate: Candidate) -> str:
    """The row of a build: its file, release and name."""
    return f"frameworks/{candidate.framework.id}.toml {candidate.release.version} {candidate.build.variant}"


def without_repeats(rows: Iterable[Rejection]) -> list[Rejection]:
    """The rejections, each one once."""
    return list({(row.candidate, row.text): row for row in rows}.values())
