"""Generations of an environment: where they lie, which one is current, how the link moves.

``.venv`` is a link to the environment inside a generation, a numbered folder of
``.venv.generations`` beside it.  A generation is finished when its manifest is there; the manifest
comes last when it is made and goes first when it is removed, so that a half one is never taken for
a whole one.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

from mlenv.errors import InstallError, UsageError
from mlenv.system.durable import exchange, flush_names
from mlenv.system.users import processes_using

MANIFEST = "mlenv-manifest.json"
ORIGINAL = "original"
"""Where an environment that mlenv did not make waits to be given back."""
LINK = ".link"
DISCARD_TRIES = 20
DISCARD_PAUSE = 0.05
KEPT = 3
"""So many finished generations stay on disk, the newest ones.

The current one stays whatever its age, and so does one that a process works with.
"""


class Generations:
    """The generations of the environment at ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = path.parent / f".{path.name.lstrip('.')}.generations"

    @property
    def current(self) -> Path | None:
        """The generation that the environment's link leads into; None where there is no such link."""
        target = _read_link(self.path)
        if target is None:
            return None
        below = self._inside(target)
        return self.store / below.parts[0] if below is not None and below.parts else None

    @property
    def original(self) -> Path | None:
        """The environment that was taken over; None where there is none."""
        place = self.store / ORIGINAL
        return place if os.path.lexists(place) else None

    def finished(self) -> list[Path]:
        """The complete generations, oldest first."""
        numbered = [folder for folder in self._entries() if folder.name.isdecimal()]
        complete = [folder for folder in numbered if (folder / MANIFEST).is_file()]
        return sorted(complete, key=lambda folder: int(folder.name))

    def find(self, number: str) -> Path:
        """The finished generation of a number; :class:`UsageError` where there is none."""
        names = [folder.name for folder in self.finished()]
        if number not in names:
            known = f"there are {', '.join(names)}" if names else "mlenv has made none there"
            raise UsageError(f"{self.path}: has no generation {number} ({known})", hint="`mlenv env list` shows them")
        return self.store / number

    def next_folder(self) -> Path:
        """The folder of the next generation; it does not exist yet."""
        numbers = [int(entry.name) for entry in self._entries() if entry.name.isdecimal()]
        return self.store / str(max(numbers, default=0) + 1)

    def check_free(self, *, take_over: bool = False) -> None:
        """Refuse a path that holds something that mlenv did not make (:class:`UsageError`).

        With ``take_over`` an environment of another's making is accepted, and nothing else.
        """
        path = self.path
        if self.current is not None or not os.path.lexists(path) or _is_empty_folder(path):
            return
        if is_environment(path):
            if take_over:
                return
            raise UsageError(
                f"{path}: is an environment that mlenv did not make, and is left alone",
                hint="name another place with --env, or say --take-over: it is kept, "
                "and `mlenv env rollback --to original` gives it back",
            )
        what = "a folder that is no environment" if path.is_dir() else "no folder"
        raise UsageError(f"{path}: is {what}", hint="name a new place for the environment with --env")

    def open_store(self) -> None:
        """Make the folder for generations; :class:`InstallError` where this user may not write."""
        try:
            self.store.mkdir(parents=True, exist_ok=True, mode=0o755)
            # Also the proof that this user may write here; git is to pass the store over.
            (self.store / ".gitignore").write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise InstallError(
                f"{self.store.parent}: cannot be written to ({error.strerror or error})",
                hint="call mlenv in a folder of your own, or name one with --env",
            ) from None

    def close_store(self) -> None:
        """Remove the folder for generations where it holds none."""
        if self.finished() or self.original or self.current:
            return
        shutil.rmtree(self.store, ignore_errors=True)

    def switch(self, folder: Path, prefix: str = "") -> None:
        """Make ``folder`` the current generation, in one step.

        ``prefix`` is where the environment lies inside it.  An environment that mlenv did not make
        is kept as the original.
        """
        fresh = self.store / LINK
        _remove_link(fresh)
        _make_link(fresh, folder / prefix if prefix else folder, self.path.parent)
        if os.path.lexists(self.path) and self.current is None and not _is_empty_folder(self.path):
            self._take_over(fresh)
        else:
            self._replace(fresh)
        flush_names(self.path.parent)

    def give_back(self) -> None:
        """Put the original in its place again; the generations stay where they are."""
        original = self.store / ORIGINAL
        if self.current is not None and exchange(original, self.path):
            _remove_link(original)
        else:
            _remove_link(self.path)
            os.rename(original, self.path)
        flush_names(self.path.parent)

    def remove(self) -> None:
        """Remove every generation; an environment that was taken over is given back.

        The link goes first: a half removed environment is none.
        """
        if self.original is not None:
            self.give_back()
        elif self.current is not None:
            _remove_link(self.path)
            flush_names(self.path.parent)
        for folder in self._entries():
            if folder.name.isdecimal():
                self.discard(folder)

    def discard(self, folder: Path) -> None:
        """Remove a generation that is not current, complete or not.

        A child that was just killed may still be writing bytecode into it: what comes after is
        removed too.
        """
        for _ in range(DISCARD_TRIES):
            if folder == self.current or not os.path.lexists(folder):
                return
            (folder / MANIFEST).unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            if os.path.lexists(folder):
                _make_removable(folder)
                time.sleep(DISCARD_PAUSE)

    def recover(self) -> bool:
        """Finish or undo what was cut short; whether there was something."""
        found = self._recover_link()
        for folder in self._entries():
            if folder.name.isdecimal() and not (folder / MANIFEST).is_file() and folder != self.current:
                self.discard(folder)
                found = True
        return found

    def prune(self) -> None:
        """Keep the newest generations (:data:`KEPT`), the current one, and those that a process works with."""
        for folder in self.finished()[:-KEPT]:
            if not processes_using(folder):
                self.discard(folder)

    def _inside(self, target: Path) -> Path | None:
        """A link's target as a path below the store; None for one that leads elsewhere."""
        place = self.path.parent / target  # an absolute target stays as it is
        return _below(place, self.store) or _below(Path(os.path.realpath(place)), Path(os.path.realpath(self.store)))

    def _entries(self) -> list[Path]:
        try:
            return sorted(self.store.iterdir())
        except OSError:
            return []

    def _replace(self, fresh: Path) -> None:
        if self.path.is_dir() and _read_link(self.path) is None:
            self.path.rmdir()  # check_free made sure that it is empty
        if sys.platform == "win32":
            _remove_link(self.path)  # a junction cannot be replaced in place
        os.replace(fresh, self.path)

    def _take_over(self, fresh: Path) -> None:
        """The link comes in place of an environment, which becomes the original."""
        original = self.store / ORIGINAL
        if not exchange(fresh, self.path):
            os.rename(self.path, original)
            os.replace(fresh, self.path)
        else:
            os.rename(fresh, original)

    def _recover_link(self) -> bool:
        """A switch that was cut between two names: forward where the link is ready, else back."""
        fresh, original = self.store / LINK, self.store / ORIGINAL
        if os.path.lexists(fresh) and not self._is_ours(fresh):
            os.rename(fresh, original)  # they had changed places already
            return True
        if os.path.lexists(self.path):
            return _remove_link(fresh) or (self._is_ours(original) and _remove_link(original))
        target = _read_link(fresh)
        if target is not None and (self.path.parent / target).is_dir():
            os.replace(fresh, self.path)
        elif os.path.lexists(original) and not self._is_ours(original):
            os.rename(original, self.path)
        else:
            return False
        flush_names(self.path.parent)
        return True

    def _is_ours(self, link: Path) -> bool:
        """Whether a link leads into one of the generations."""
        target = _read_link(link)
        return target is not None and self._inside(target) is not None


def is_environment(path: Path) -> bool:
    """Whether a virtual environment or one of conda is at a path."""
    return (path / "pyvenv.cfg").is_file() or (path / "conda-meta").is_dir()


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not any(path.iterdir())


def _below(path: Path, folder: Path) -> Path | None:
    try:
        return Path(os.path.normpath(path)).relative_to(os.path.normpath(folder))
    except ValueError:
        return None


def _read_link(path: Path) -> Path | None:
    try:
        return Path(os.readlink(path))
    except OSError:
        return None


def _make_link(link: Path, target: Path, folder: Path) -> None:
    """A link to ``target`` for use in ``folder``, relative to it, so that both can move together."""
    if sys.platform == "win32":
        import _winapi

        # A junction needs no privilege, which a symbolic link does on Windows.
        _winapi.CreateJunction(str(target.resolve()), str(link))
    else:
        link.symlink_to(os.path.relpath(target, folder), target_is_directory=True)


def _remove_link(link: Path) -> bool:
    if _read_link(link) is None:
        return False
    if sys.platform == "win32":
        link.rmdir()
    else:
        link.unlink()
    return True


def _make_removable(folder: Path) -> None:
    """Give back the right to remove what lies in read-only folders, which some packages bring."""
    for place, _, _ in os.walk(folder):
        with suppress(OSError):
            os.chmod(place, 0o700)
