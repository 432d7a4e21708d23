"""The three questions of ``mlenv setup``: what for, which framework, where."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlenv.cli.guide import Goal, find_goals, find_lack
from mlenv.cli.settings import DEFAULT_ENVIRONMENT
from mlenv.errors import MlenvError, UsageError

if TYPE_CHECKING:
    from mlenv.facts.machine import Machine
    from mlenv.matrix.load import Matrix
    from mlenv.matrix.rows import Profile

TOLD = 4
"""So many profiles of a purpose are named beside it."""
Ask = Callable[[str, str], str]
"""Puts a question with its usual answer, and gives what was typed."""
Say = Callable[[str], None]


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a wish: what for, a profile, where; None where nobody has said it."""

    goal: str | None = None
    profile: str | None = None
    environment: Path | None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One of several answers: its name and what it means."""

    name: str
    text: str


class Interview:
    """Asks for what was not said; ``ask`` None takes the usual answer to every question."""

    def __init__(self, matrix: Matrix, machine: Machine, *, ask: Ask | None, say: Say, width: int) -> None:
        self.matrix = matrix
        self.machine = machine
        self.ask = ask
        self.say = say
        self.width = width

    def complete(self, given: Answers, check_place: Callable[[Path], None]) -> tuple[str, Path]:
        """The profile and the place; ``check_place`` raises :class:`UsageError` for a place that cannot be used."""
        profile = given.profile or self._ask_profile(self._ask_goal(given.goal))
        place = given.environment or self._ask_place(check_place)
        check_place(place)
        return profile, place

    def _ask_goal(self, given: str | None) -> Goal:
        goals = find_goals(self.matrix)
        if given is None:
            rows = [Choice(name=goal.id, text=self._tell_goal(goal)) for goal in goals]
            given = self._choose("What do you want to do?", rows)
        found = next((goal for goal in goals if goal.id == given), None)
        if found is None:
            raise UsageError(f"unknown goal {given!r}", hint=f"one of {', '.join(goal.id for goal in goals)}")
        return found

    def _tell_goal(self, goal: Goal) -> str:
        """The purpose, and the titles of what there is for it where that is more than one."""
        titles = [self.matrix.profile(name).title for name in goal.profiles[:TOLD]]
        return f"{goal.title} ({', '.join(titles)})" if len(titles) > 1 else goal.title

    def _ask_profile(self, goal: Goal) -> str:
        profiles = [self.matrix.profile(name) for name in goal.profiles]
        rows = [Choice(name=row.name, text=_tell(row, self.machine)) for row in profiles]
        return self._choose("With which framework?", rows)

    def _ask_place(self, check_place: Callable[[Path], None]) -> Path:
        while self.ask is not None:
            place = Path(self.ask("Where? A folder for the environment", DEFAULT_ENVIRONMENT)).expanduser()
            try:
                check_place(place)
            except MlenvError as error:
                self.say(f"{error.message}\n{error.hint}".rstrip())
            else:
                return place
        return Path(DEFAULT_ENVIRONMENT)

    def _choose(self, question: str, rows: Sequence[Choice]) -> str:
        """The name of the chosen row, by its number or name; the first is the usual one."""
        if self.ask is None or len(rows) == 1:
            return rows[0].name
        self.say(f"\n{question}\n" + "\n".join(self._row(number, row) for number, row in enumerate(rows, 1)) + "\n")
        while True:
            found = find_choice(self.ask("Number or name", "1"), rows)
            if found is not None:
                return found
            self.say(f"Say a number from 1 to {len(rows)}, or one of the names.")

    def _row(self, number: int, row: Choice) -> str:
        head = f"  {number:>2}  {row.name:<13} "
        return textwrap.fill(row.text, max(self.width - 1, 40), initial_indent=head, subsequent_indent=" " * len(head))


def find_choice(typed: str, rows: Sequence[Choice]) -> str | None:
    """The row that an answer means: its number, its name, or the beginning of one name alone."""
    word = typed.strip().lower()
    if word.isdecimal():
        number = int(word)
        return rows[number - 1].name if 1 <= number <= len(rows) else None
    names = [row.name for row in rows]
    begun = [name for name in names if word and name.startswith(word)]
    return word if word in names else begun[0] if len(begun) == 1 else None


def _tell(profile: Profile, machine: Machine) -> str:
    """What a profile is for, and what of it this machine does not have."""
    text = profile.summary or profile.title
    lack = find_lack(profile, machine)
    return f"{text} (needs {lack}; none was found here)" if lack else text
