"""The files of every distribution for every target, as uv lays them out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from packaging.utils import canonicalize_name

from mlenv.errors import NoVerdictError
from mlenv.pyz.requirements import COMPILED_FOR_SPEED, is_needed
from mlenv.pyz.targets import Target
from mlenv.system.process import Completed

LOCK_SECONDS = 300.0
INSTALL_SECONDS = 600.0
Files = Mapping[str, bytes]
"""Contents by path below a folder of packages, with slashes."""


class Run(Protocol):
    """How a command is run; :func:`mlenv.system.process.run` in earnest."""

    def __call__(self, argv: list[str], *, timeout: float) -> Completed:
        """Run a command to its end or its deadline in seconds."""


class Uv:
    """uv as it is used here; ``offline`` keeps it to its cache."""

    def __init__(self, program: str, run: Run, *, offline: bool = False) -> None:
        self._program = program
        self._run = run
        self._always = ["--quiet", *(["--offline"] if offline else [])]

    def lock(self, requirements: Iterable[str], oldest: str, folder: Path) -> str:
        """Versions and hashes for every platform from that Python on, as requirements."""
        wanted, lock = folder / "wanted.in", folder / "lock.txt"
        wanted.write_text("".join(f"{line}\n" for line in requirements), encoding="utf-8")
        options = ["--universal", "--python-version", oldest, "--generate-hashes", "--no-header", "--no-annotate"]
        self._ask(["compile", *options, "--output-file", str(lock), str(wanted)], "locked", LOCK_SECONDS)
        return lock.read_text(encoding="utf-8")

    def install(self, lock: Path, target: Target, folder: Path, *, large: bool = False) -> None:
        """What the lock names, as wheels of the target, laid into a folder; ``large`` ones may be among them."""
        options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", str(folder)]
        where = ["--python-version", target.python, "--python-platform", target.uv_platform(large=large)]
        self._ask(["install", *options, *where, "-r", str(lock)], f"had for {target.id}", INSTALL_SECONDS)

    def _ask(self, words: list[str], what: str, seconds: float) -> None:
        done = self._run([self._program, "pip", words[0], *self._always, *words[1:]], timeout=seconds)
        if not done.ok:
            lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
            why = f"no answer within {seconds:.0f} s" if done.timed_out else " ".join(lines) or "uv gave no reason"
            raise NoVerdictError(
                f"the parts of the single file cannot be {what}: {why}",
                hint="check the network and the index settings, or name fewer platforms",
            )


def read_packages(folder: Path) -> dict[str, bytes]:
    """The files of a folder of packages that a single file carries."""
    slow = set(_paths_of(folder, COMPILED_FOR_SPEED))
    files = ((path.relative_to(folder).as_posix(), path) for path in sorted(folder.rglob("*")) if path.is_file())
    return {name: path.read_bytes() for name, path in files if is_needed(name, slow)}


def _paths_of(folder: Path, distributions: Iterable[str]) -> Iterable[str]:
    """The paths of some distributions, by their own records."""
    wanted = {canonicalize_name(name) for name in distributions}
    for record in folder.glob("*.dist-info/RECORD"):
        if canonicalize_name(record.parent.name.split("-")[0]) in wanted:
            yield from (row[0] for row in csv.reader(io.StringIO(record.read_text(encoding="utf-8"))) if row)


def read_program(package: Path, data: Path) -> dict[str, bytes]:
    """The program itself: its package, and the compatibility matrix where an installed one has it."""
    return {
        **_read_tree(package, "mlenv", without="compat_matrix"),
        **_read_tree(data, "mlenv/compat_matrix"),
    }


def _read_tree(folder: Path, prefix: str, without: str = "") -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    named = [(path.relative_to(folder), path) for path in paths]
    return {
        f"{prefix}/{name.as_posix()}": path.read_bytes()
        for name, path in named
        if not {"__pycache__", ".mypy_cache"} & set(name.parts) and name.parts[0] != without
    }
