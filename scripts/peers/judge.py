"""The judge: what is right on a machine by facts that are not mlenv's, and how far off an answer is."""

from __future__ import annotations

import datetime as dt
import importlib.util
from pathlib import Path
from typing import Any, Literal

import msgspec

from mlenv.facts.version import numbers, series

from .answer import Answer
from .described import Described

Word = Literal["right", "older", "unproven", "CPU only", "wrong", "none", "cannot be asked", "not judged"]
WORDS: dict[Word, str] = {
    "right": "the newest release that runs on all of the machine's GPUs, or on its CPU where none can be used",
    "older": "it runs there, and a newer release does too",
    "unproven": "nobody has confirmed that there is such a build, or read which GPUs it runs on",
    "CPU only": "a build without GPU code, although one with it runs there",
    "wrong": "it does not run on the machine's GPUs, or it is a GPU build for a machine that has none it can use",
    "none": "no answer, although there is one",
    "cannot be asked": "the tool has no way to hear of such a machine, or it crashed",
    "not judged": "the facts do not say what is right there; such machines stay out of the totals",
}
"""Best first, and what each means."""


class Judge:
    """A module that says by facts of its own what runs where, and the facts as of a day."""

    def __init__(self, file: Path, facts: Path, day: dt.date | None) -> None:
        self.module = load_module(file)
        self.facts = self.module.Facts(facts)
        releases = self.facts.torch["release"]
        self.facts.torch["release"] = [row for row in releases if not day or row["date"] <= day.isoformat()]

    def right(self, machine: Described) -> tuple[set[tuple[str, str]], bool]:
        """The right pairs of series and build, and whether they use the machine's GPU."""
        gpu, _ = self.module.answers(self.facts, machine.tables, gpu=True)
        if gpu:
            return set(gpu), True
        return set(self.module.answers(self.facts, machine.tables, gpu=False)[0]), False

    def judge(self, machine: Described, answer: Answer) -> Word:
        """One word for an answer."""
        if answer.kind == "cannot be asked":
            return "cannot be asked"
        if not self.module.cpu_ok(machine.tables):
            return "not judged"
        right, uses_gpu = self.right(machine)
        if answer.kind == "none":
            return "none" if right else "right"
        if (series(answer.version), answer.variant) in right:
            return "right"
        if answer.variant == "cpu":
            return "CPU only" if uses_gpu else "older"
        return self.judge_build(machine, answer, right) if uses_gpu else "wrong"

    def judge_build(self, machine: Described, answer: Answer, right: set[tuple[str, str]]) -> Word:
        """One word for a GPU build that is not the right one."""
        where = self.module.platform(machine.tables)
        rows = [row for row in self.facts.torch["release"] if row["series"] == series(answer.version)]
        names = [self.module.names(self.facts, row, where) for row in rows]
        if not any(answer.variant in sure for sure, _ in names):
            return "unproven" if any(answer.variant in likely for _, likely in names) else "wrong"
        newer = numbers(series(answer.version)) > max(numbers(one) for one, _ in right)
        runs = any(self.runs(row, machine, answer.variant, where) for row in rows)
        return "older" if runs and not newer else "wrong"

    def runs(self, row: dict[str, Any], machine: Described, variant: str, where: str) -> bool:
        """Whether a release's build works on all of the machine's GPUs."""
        works = self.module.gpu_variant_ok(self.facts, row, variant, where, machine.tables)
        return bool(works) and bool(self.module.system_ok(row, machine.tables, where))


def load_module(file: Path) -> Any:
    """A Python file as a module."""
    spec = importlib.util.spec_from_file_location("judge", file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{file}: is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """An answer with its verdict."""

    answer: Answer
    word: Word


def better(first: Judged, second: Judged) -> Judged:
    """The better of two answers of one tool for one machine, of equals the newer release."""
    ranks = [(-list(WORDS).index(one.word), numbers(one.answer.version)) for one in (first, second)]
    return second if ranks[1] > ranks[0] else first
