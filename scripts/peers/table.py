"""The comparison as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

import msgspec

from .described import Described
from .judge import WORDS, Judged

Results = Mapping[str, Mapping[str, Judged]]
"""By machine, then by tool."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The machines, what is right on each, and what each tool answered; ``day`` is empty for today."""

    machines: Sequence[Described]
    right: Mapping[str, str]
    results: Results
    day: str = ""


class Entrant(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as it was met: what was asked, its version, the day it was published."""

    name: str
    version: str
    published: str
    asked: str


def render(day: str, entrants: Sequence[Entrant], comparisons: Sequence[Comparison], simulated: Sequence[str]) -> str:
    """The whole page; the first comparison is shown machine by machine, of all the totals."""
    first = comparisons[0]
    made = f"Made by `scripts/compare_peers.py` on {day}: which PyTorch should each machine get?"
    lines = ["# Side by side", "", made, ""]
    lines += ["## Totals", "", *totals(entrants, first)]
    for other in comparisons[1:]:
        known = f"As of {other.day}: only what was out by then is right, and only that was on the index"
        lines += ["", f"{known}; tools with data of their own answer from what they ship.", ""]
        lines += totals(entrants, other)
    lines += ["", "| word | means |", "| --- | --- |", *(f"| {word} | {text} |" for word, text in WORDS.items())]
    lines += ["", "## Machine by machine", "", *machine_rows(entrants, first)]
    lines += ["", "## What they said", "", *sayings(entrants, first)]
    lines += ["", "## Who was asked, and how", "", *map(entrant_line, entrants)]
    lines += ["", "## What is simulated", "", *(f"- {text}" for text in simulated), ""]
    return "\n".join(lines)


def totals(entrants: Sequence[Entrant], comparison: Comparison) -> list[str]:
    """A row per tool: how many answers of each kind, and the seconds of an answer."""
    counted = [word for word in WORDS if word != "not judged"]
    head = f"| tool | {' | '.join(counted)} | median seconds |"
    rows = [head, "| --- |" + " ---: |" * (len(counted) + 1)]
    for entrant in entrants:
        found = [comparison.results[machine.name][entrant.name] for machine in comparison.machines]
        numbers = [str(sum(one.word == word for one in found)) for word in counted]
        times = [one.answer.seconds for one in found if one.answer.seconds is not None]
        seconds = f"{statistics.median(times):.2f}" if times else "-"
        rows.append(f"| {entrant.name} | {' | '.join(numbers)} | {seconds} |")
    return rows


def machine_rows(entrants: Sequence[Entrant], comparison: Comparison) -> list[str]:
    """A row per machine: what is right, and each tool's answer with its verdict."""
    names = " | ".join(one.name for one in entrants)
    rows = [f"| machine | right | {names} |", "| --- | --- |" + " --- |" * len(entrants)]
    for machine in comparison.machines:
        cells = [write_cell(machine, comparison.results[machine.name][one.name]) for one in entrants]
        rows.append(f"| {machine.name} | {comparison.right[machine.name]} | {' | '.join(cells)} |")
    return rows


def write_cell(machine: Described, judged: Judged) -> str:
    """Release, build, the Python where it is not the machine's, and the verdict."""
    answer = judged.answer
    if answer.kind != "build":
        return judged.word
    python = f", Python {answer.python}" if answer.python not in ("", machine.python) else ""
    word = f"**{judged.word}**" if judged.word == "right" else judged.word
    return f"{answer.version} {answer.variant}{python}: {word}"


def sayings(entrants: Sequence[Entrant], comparison: Comparison) -> list[str]:
    """Why a tool gave no answer or could not be asked, each text once with its machines."""
    lines = []
    for entrant in entrants:
        said: dict[str, list[str]] = {}
        for machine in comparison.machines:
            answer = comparison.results[machine.name][entrant.name].answer
            if answer.kind != "build":
                said.setdefault(answer.text.replace("|", "\\|"), []).append(machine.name)
        lines += [f"- {entrant.name}: {text} ({', '.join(names)})" for text, names in said.items()]
    return lines


def entrant_line(entrant: Entrant) -> str:
    """A tool with its version and date, and what it was asked."""
    published = f", published {entrant.published}" if entrant.published else ""
    return f"- **{entrant.name}** {entrant.version}{published}: {entrant.asked}."


def write_right(pairs: set[tuple[str, str]]) -> str:
    """The right answers in short: series and builds."""
    by_series: dict[str, list[str]] = {}
    for release, variant in sorted(pairs):
        by_series.setdefault(release, []).append(variant)
    newest_first = sorted(by_series, key=lambda text: [int(part) for part in text.split(".")], reverse=True)
    return ", ".join(f"{release} {'/'.join(by_series[release])}" for release in newest_first) or "none"
