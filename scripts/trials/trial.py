"""One try of one misfortune, as a value."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec

from .tracing import NameCall
from .world import World


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """How an undisturbed installation goes.

    Its seconds, what it says on stderr, the commands of uv that it runs, and its own system calls
    that change names on the disk.
    """

    seconds: float
    lines: tuple[str, ...]
    uv_commands: tuple[str, ...]
    system_calls: tuple[NameCall, ...]


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """So many seconds after the start; the name says which part of an installation's time that is."""

    name: str
    seconds: float


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a table is made with.

    ``kills`` is how many random moments each kind of end gets; ``small`` asks for the short form.
    """

    seed: int
    kills: int
    small: bool
    reference: Reference

    def random(self, case: str, number: int) -> random.Random:
        """The chance of one try: the same for the same seed, whatever else is tried."""
        return random.Random(f"{self.seed} {case} {number}")  # noqa: S311 - no secret comes of it

    def moment(self, case: str, number: int) -> Moment:
        """A moment anywhere in an installation."""
        share = self.random(case, number).random()
        return Moment(name=f"moment {number} ({share:.0%})", seconds=share * self.reference.seconds)

    def few(self, count: int) -> int:
        """So many tries, in the short form one."""
        return min(1, count) if self.small else count


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A misfortune and how to cause it.

    ``act`` does it in a world where the old environment stands, and says what was wrong after it;
    ``lacking`` is what this machine has not for it, and then it is not tried.
    """

    case: str
    variant: str = ""
    act: Callable[[World], list[str]]
    lacking: str = ""

    @property
    def name(self) -> str:
        """What ``--only`` finds it by."""
        return f"{self.case}: {self.variant}" if self.variant else self.case
