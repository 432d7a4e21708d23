"""The installers' caches, as far as something damaged must be dropped from them."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path

import msgspec

from mlenv.execute.journal import Journal
from mlenv.execute.lock_memory import FOLDER, forget_locks
from mlenv.system.folders import cache_folder
from mlenv.system.process import run

SECONDS = 300.0


class UvCache(msgspec.Struct, frozen=True, kw_only=True):
    """uv's cache; ``environ`` are the variables of the installation's commands, ``locks`` where mlenv keeps locks."""

    uv: str
    environ: MutableMapping[str, str]
    journal: Journal
    locks: Path = msgspec.field(default_factory=lambda: cache_folder() / FOLDER)

    def drop(self, package: str) -> None:
        """Forget what uv keeps of a package, of all for an empty name; a failure shows in the next try.

        The locks of a moment ago go too: they name hashes from pages that uv now forgets.
        """
        forget_locks(self.locks)
        argv = (self.uv, "cache", "clean", *([package] if package else []))
        self.journal.command(argv)
        run(argv, timeout=SECONDS, environ=self.environ)


class PipCache(msgspec.Struct, frozen=True, kw_only=True):
    """pip's cache, which knows no packages: for the rest of the installation it is left aside."""

    environ: MutableMapping[str, str]

    def drop(self, _package: str) -> None:
        """Let pip fetch everything anew."""
        self.environ["PIP_NO_CACHE_DIR"] = "1"


class NoCache(msgspec.Struct, frozen=True):
    """The cache of a manager that looks after it itself: conda and its kin check what they unpack."""

    def drop(self, _package: str) -> None:
        """Nothing to drop."""
