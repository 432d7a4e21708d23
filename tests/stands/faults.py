"""What can go wrong with one file or page of an index, as values."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from typing import Literal, get_args

import msgspec

Kind = Literal[
    "ok",
    "status",
    "cut",
    "slow",
    "stall",
    "truncated",
    "corrupted",
    "wrong_hash",
    "no_hash",
    "html",
    "redirect",
    "vanish",
]
LISTED: frozenset[Kind] = frozenset({"wrong_hash", "no_hash"})
"""Those that show on the page that lists a file."""
SERVED: frozenset[Kind] = frozenset(get_args(Kind)) - LISTED
"""Those that show where a file or page itself is asked for."""
EVERYWHERE = "*"


class Fault(msgspec.Struct, frozen=True):
    """One way to go wrong; ``times`` is how often before all is well, None for ever.

    ========== ===========================================================================
    status     answers ``code``, with ``retry_after`` (seconds or a date) where it is given
    cut        breaks the connection after ``after`` bytes of the body that was announced
    slow       sends ``rate`` bytes a second
    stall      falls silent after ``after`` bytes and keeps the connection; before the first
               line of the answer where that is 0
    truncated  gives the first ``after`` bytes as if they were the whole
    corrupted  gives the whole with the byte at ``after`` flipped
    wrong_hash the page names another hash; no_hash: it names none
    html       answers any question with a page to sign in, as a captive portal does
    redirect   sends on to ``url``
    vanish     the page lists the file, and it is not there
    ========== ===========================================================================

    ``after`` is half of the file where it is None.
    """

    kind: Kind = "ok"
    times: int | None = None
    code: int = 500
    retry_after: str | None = None
    after: int | None = None
    rate: int = 1024
    url: str = ""


OK = Fault()


class Faults:
    """The faults in force, by place: a path (``/simple/demo/``), a file's name, or ``*`` for all.

    May be changed from any thread while an index serves.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[str, Fault] = {}
        self._left: dict[str, int | None] = {}

    def put(self, place: str, fault: Fault) -> None:
        """From now on that place goes wrong so."""
        with self._lock:
            self._faults[place], self._left[place] = fault, fault.times

    def clear(self) -> None:
        """All is well."""
        with self._lock:
            self._faults.clear()
            self._left.clear()

    def take(self, places: Sequence[str], kinds: Collection[Kind]) -> Fault:
        """The fault of the first of these places that has one of those kinds, counted as used once."""
        with self._lock:
            for place in (*places, EVERYWHERE):
                fault, left = self._faults.get(place, OK), self._left.get(place)
                if fault.kind == "ok" or fault.kind not in kinds or left == 0:
                    continue
                self._left[place] = None if left is None else left - 1
                return fault
            return OK
