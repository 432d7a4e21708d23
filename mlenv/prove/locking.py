"""uv, asked for a lock: metadata only, wheels first, nothing installed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from mlenv.formats.uv_annotations import parse_uv_annotations
from mlenv.formats.uv_conflict import UvConflict, parse_uv_conflict
from mlenv.formats.uv_failure import UvFailure, parse_uv_failure
from mlenv.prove.target import Target
from mlenv.system.process import Completed, run

SECONDS = 600.0
"""A first answer over a slow line takes a minute; one that takes ten is none."""
KEPT_OUT = frozenset({"VIRTUAL_ENV", "CONDA_PREFIX", "UV_NO_SOURCES", "UV_PYTHON", "UV_PROJECT", "UV_WORKING_DIR"})
"""Variables that would answer another question; without its sources a framework comes from any index."""
PROJECT = "pyproject.toml"


class Locked(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a pylock.toml."""

    text: str


Answer = Locked | UvConflict | UvFailure


class Locker:
    """Asks uv for the lock of a project, for one machine and Python.

    ``options`` are those of the plan (``--offline``, ``--exclude-newer``), ``environ`` the
    variables of the call; ``execute`` runs a command (for tests).
    """

    def __init__(
        self,
        uv: str,
        target: Target,
        *,
        options: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        execute: Callable[..., Completed] = run,
    ) -> None:
        self.uv = uv
        self.target = target
        self.options = tuple(options)
        self._environ = {**_clean(os.environ if environ is None else environ), **target.environ}
        self._execute = execute

    @property
    def question(self) -> str:
        """What the answer depends on beside the project, for those who remember answers."""
        variables = [f"{name}={value}" for name, value in sorted(self.target.environ.items())]
        return " ".join([self.uv, *self.target.argv, *self.options, *variables])

    def lock(self, project: str, sources: Sequence[str] = ()) -> Answer:
        """The lock; ``sources`` are the packages that may come as source, all others come as wheels."""
        done = self._ask(project, sources, "--format", "pylock.toml", "--no-annotate")
        if done.ok:
            return Locked(text=done.stdout)
        return _read_trouble(done)

    def find_askers(self, project: str, sources: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
        """Who asks for each package of the lock; empty where uv does not say."""
        done = self._ask(project, sources, "--format", "requirements.txt", "--annotation-style", "line")
        return parse_uv_annotations(done.stdout) if done.ok else {}

    def version(self) -> str:
        """``uv 0.13.9``; ``uv`` where it does not say."""
        words = self._execute((self.uv, "--version"), timeout=10.0, environ=self._environ).stdout.split()
        return " ".join(words[:2]) or "uv"

    def _ask(self, project: str, sources: Sequence[str], *form: str) -> Completed:
        with tempfile.TemporaryDirectory(prefix="mlenv-prove-") as folder:
            path = Path(folder) / PROJECT
            path.touch(mode=0o600)  # it may hold an index's password
            path.write_text(project, encoding="utf-8")
            return self._execute(
                (
                    *(self.uv, "pip", "compile", "--project", folder, *self.target.argv, *self.options),
                    *("--no-header", "--only-binary", ":all:"),
                    *(word for name in sources for word in ("--no-binary", name)),
                    *(*form, str(path)),
                ),
                timeout=SECONDS,
                environ=self._environ,
                cwd=folder,
            )


def _clean(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables without those of an active environment, and with plain words on single lines."""
    kept = {name: value for name, value in environ.items() if name not in KEPT_OUT}
    return {**kept, "NO_COLOR": "1", "UV_NO_WRAP": "1", "UV_NO_PROGRESS": "1"}


def _read_trouble(done: Completed) -> UvConflict | UvFailure:
    """A conflict only where uv was free to look everywhere: an index that refuses proves nothing."""
    if done.missing:
        return UvFailure(kind="other", text=f"uv cannot be started: {done.stderr}")
    if done.timed_out:
        return UvFailure(kind="other", text=f"uv gave no answer in {SECONDS:.0f} seconds")
    failure = parse_uv_failure(done.stderr)
    conflict = parse_uv_conflict(done.stderr)
    if conflict is not None and failure.kind not in ("refused", "offline"):
        return conflict
    return failure
