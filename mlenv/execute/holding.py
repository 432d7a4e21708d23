"""One installer at a time for each environment, and order made after one that was killed.

The lock is the operating system's and ends with its process, so it is never stale.  Beside it the
holder says who it is; one that is found without its lock was killed, and what it left is removed.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
from filelock import FileLock, Timeout

from mlenv.execute.generations import Generations
from mlenv.execute.scratch import PREFIX
from mlenv.system.signals import undisturbed
from mlenv.typed import decode_json

VARIABLE = "MLENV_TRANSACTION"
"""Every process of an installation carries it, so that none outlives it unseen."""
HOLDER = "holder.json"
FRESH = "holder.new"
LOCK = "lock"
LOOK_SECONDS = 0.2


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who works on an environment.

    ``since`` is UTC in ISO 8601; ``token`` the value of :data:`VARIABLE` in all its processes;
    ``building`` the generation that it makes, empty while it makes none; ``scratch`` its folder of
    temporary files.
    """

    pid: int
    host: str
    since: str
    errand: str
    token: str
    building: str = ""
    scratch: str = ""

    def describe(self) -> str:
        """``process 4711 (mlenv install, since 2026-11-23 09:30 UTC)``."""
        where = "" if self.host == _host_name() else f" on {self.host}"
        return f"process {self.pid}{where} ({self.errand}, since {self.since[:16].replace('T', ' ')} UTC)"


class Holding:
    """An environment that is held by this process."""

    def __init__(self, generations: Generations, errand: str) -> None:
        self.generations = generations
        self.holder = Holder(
            pid=os.getpid(),
            host=_host_name(),
            since=dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
            errand=errand,
            token=secrets.token_hex(16),
        )

    def announce(self, building: str = "", scratch: str = "") -> None:
        """Write down who holds the environment, which generation is being built, and where the temporary files lie."""
        self.holder = msgspec.structs.replace(self.holder, building=building, scratch=scratch)
        path, fresh = self.generations.store / HOLDER, self.generations.store / FRESH
        fresh.write_bytes(msgspec.json.encode(self.holder))
        os.replace(fresh, path)


@contextmanager
def held(generations: Generations, *, errand: str, note: Callable[[str], None]) -> Iterator[Holding]:
    """Hold an environment, so that one installer at a time works on it.

    ``errand`` is what others are told while they wait (``mlenv install``), ``note`` hears for whom
    this one waits.  The folder for generations is made, and goes again where none came into it.
    :class:`InstallError` where this user may not write.
    """
    lock = _acquire(generations, note)
    try:
        clear_up(generations, note)
        holding = Holding(generations, errand)
        holding.announce()
        yield holding
    finally:
        with undisturbed():
            (generations.store / HOLDER).unlink(missing_ok=True)
            generations.close_store()
            lock.release()


def clear_up(generations: Generations, note: Callable[[str], None] = lambda _: None) -> None:
    """Remove what a killed installer left; the caller holds the lock."""
    holder = read_holder(generations)
    if holder is not None:
        if holder.host == _host_name():
            from mlenv.system.descendants import end_marked

            end_marked(VARIABLE, holder.token)
            _remove_scratch(holder.scratch)
        if holder.building.isdecimal():  # nothing else, whoever wrote that file
            generations.discard(generations.store / holder.building)
    if generations.recover() or (holder is not None and holder.building):
        who = holder.describe() if holder else "an installer"
        note(f"{who} was stopped in the middle of its work; what it left is removed")
    for name in (HOLDER, FRESH):
        (generations.store / name).unlink(missing_ok=True)


def _remove_scratch(scratch: str) -> None:
    """The temporary files of one that was killed together with its guard."""
    if os.path.basename(scratch).startswith(PREFIX):
        shutil.rmtree(scratch, ignore_errors=True)


def read_holder(generations: Generations) -> Holder | None:
    """Who works on the environment, or was killed while it did; None where nobody says so."""
    try:
        return decode_json((generations.store / HOLDER).read_bytes(), Holder)
    except (OSError, msgspec.DecodeError, RecursionError):
        return None


def try_lock(generations: Generations) -> FileLock | None:
    """The lock of an environment, if nobody has it now."""
    lock = FileLock(generations.store / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return lock


def _acquire(generations: Generations, note: Callable[[str], None]) -> FileLock:
    told = ""
    while True:
        generations.open_store()  # the one before us may have removed it
        try:
            lock = try_lock(generations)
        except FileNotFoundError:
            continue
        if lock is not None:
            return lock
        holder = read_holder(generations)
        who = holder.describe() if holder else "another process"
        if who != told:
            note(f"{who} is working on {generations.path}; waiting for it")
            told = who
        time.sleep(LOOK_SECONDS)


def _host_name() -> str:
    import socket

    return socket.gethostname()
