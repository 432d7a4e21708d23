"""Generations of an environment: where they lie, which one is current, how the link moves."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

from mlenv.errors import InstallError, UsageError

MANIFEST = "mlenv-manifest.json"
DISCARD_TRIES = 20
DISCARD_PAUSE = 0.05
KEPT = 3
"""So many finished generations stay on disk: the current one and two to go back to."""


class Generations:
    """The generations of the environment at ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = path.parent / f".{path.name.lstrip('.')}.generations"

    @property
    def current(self) -> Path | None:
        """The folder that the environment's link points to; None where there is no such link."""
        target = _read_link(self.path)
        if target is None:
            return None
        folder = target if target.is_absolute() else self.path.parent / target
        return folder if folder.parent.resolve() == self.store.resolve() else None

    def finished(self) -> list[Path]:
        """The complete generations, oldest first."""
        if not self.store.is_dir():
            return []
        numbered = [folder for folder in self.store.iterdir() if folder.name.isdigit()]
        complete = [folder for folder in numbered if (folder / MANIFEST).is_file()]
        return sorted(complete, key=lambda folder: int(folder.name))

    def next_folder(self) -> Path:
        """The folder of the next generation; it does not exist yet."""
        numbers = [0]
        if self.store.is_dir():
            numbers += [int(entry.name) for entry in self.store.iterdir() if entry.name.isdigit()]
        return self.store / str(max(numbers) + 1)

    def check_free(self) -> None:
        """Refuse a path that holds something that mlenv did not make (:class:`UsageError`)."""
        path = self.path
        if self.current is not None or not os.path.lexists(path):
            return
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            return
        if (path / "pyvenv.cfg").is_file() or (path / "conda-meta").is_dir():
            raise UsageError(
                f"{path}: is an environment that mlenv did not make, and is left alone",
                hint=f"name another place with --env, or move it away first (`mv {path} {path}.old`)",
            )
        what = "a folder that is no environment" if path.is_dir() else "no folder"
        raise UsageError(f"{path}: is {what}", hint="name a new place for the environment with --env")

    def open_store(self) -> None:
        """Make the folder for generations; :class:`InstallError` where this user may not write."""
        try:
            self.store.mkdir(parents=True, exist_ok=True)
            # Also the proof that this user may write here; git is to pass the store over.
            (self.store / ".gitignore").write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise InstallError(
                f"{self.store.parent}: cannot be written to ({error.strerror or error})",
                hint="call mlenv in a folder of your own, or name one with --env",
            ) from None

    def switch(self, folder: Path) -> None:
        """Make ``folder`` the current generation, in one step."""
        if self.path.is_dir() and _read_link(self.path) is None:
            self.path.rmdir()  # check_free made sure that it is empty
        target = os.path.relpath(folder, self.path.parent)
        fresh = self.store / ".link"
        _remove_link(fresh)
        _make_link(fresh, target, folder)
        if sys.platform == "win32":
            _remove_link(self.path)  # a junction cannot be replaced in place
        os.replace(fresh, self.path)

    def discard(self, folder: Path) -> None:
        """Remove a generation that is not current, complete or not.

        A child that was just killed may still be writing bytecode into it: what comes after is
        removed too.
        """
        for _ in range(DISCARD_TRIES):
            if folder == self.current or not os.path.lexists(folder):
                return
            shutil.rmtree(folder, ignore_errors=True)
            if os.path.lexists(folder):
                time.sleep(DISCARD_PAUSE)

    def discard_unfinished(self) -> None:
        """Remove what an interrupted install left behind."""
        if not self.store.is_dir():
            return
        for folder in self.store.iterdir():
            if folder.name.isdigit() and not (folder / MANIFEST).is_file():
                self.discard(folder)

    def prune(self) -> None:
        """Keep the newest generations (:data:`KEPT`) and the current one."""
        for folder in self.finished()[:-KEPT]:
            self.discard(folder)


def _read_link(path: Path) -> Path | None:
    try:
        return Path(os.readlink(path))
    except OSError:
        return None


def _make_link(link: Path, target: str, folder: Path) -> None:
    if sys.platform == "win32":
        import _winapi

        # A junction needs no privilege, which a symbolic link does on Windows.
        _winapi.CreateJunction(str(folder.resolve()), str(link))
    else:
        link.symlink_to(target, target_is_directory=True)


def _remove_link(link: Path) -> None:
    if _read_link(link) is None:
        return
    if sys.platform == "win32":
        link.rmdir()
    else:
        link.unlink()
