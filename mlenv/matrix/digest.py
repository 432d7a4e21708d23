"""The digest of the data: the same files give the same digest on every computer.

It is the SHA-256 of what ``sha256sum`` prints for all TOML files of the folder in the order of
their names, so that anybody can check it::

    find . -name '*.toml' | LC_ALL=C sort | sed 's|^./||' | xargs sha256sum | sha256sum
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlenv.errors import UsageError
from mlenv.matrix.compiled import Store, describe_state, key_of


def digest_folder(folder: Path, store: Store, state: str = "") -> str:
    """``sha256:...`` of a folder of the matrix; remembered as long as no file changes.

    ``state`` is :func:`folder_state`, where it is known already.
    """
    state = state or folder_state(folder)
    return store.get(f"digest-{key_of(folder)}", state, str, lambda: compute_digest(folder))


def compute_digest(folder: Path) -> str:
    """The digest, read from the files; :class:`UsageError` for one that cannot be read."""
    from hashlib import sha256

    whole = sha256()
    for name in sorted(name for name, _ in _files(folder)):
        part = sha256(_read(folder / name)).hexdigest()
        whole.update(f"{part}  {name}\n".encode())
    return f"sha256:{whole.hexdigest()}"


def combine_digests(digests: Sequence[str]) -> str:
    """One digest for several folders; that of a single one is its own."""
    if len(digests) == 1:
        return digests[0]
    from hashlib import sha256

    return f"sha256:{sha256(' '.join(digests).encode()).hexdigest()}"


def folder_state(folder: Path) -> str:
    """The names, sizes and times of all files below a folder, as one text to compare."""
    lines = [f"{name} {describe_state(state)}" for name, state in _files(folder)]
    return "\n".join([os.path.abspath(folder), *sorted(lines)])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error})") from None


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The TOML files below a folder: their names with ``/``, relative to it, and their state."""
    for below in ("", "frameworks", "profiles"):
        try:
            entries = list(os.scandir(os.path.join(folder, below)))
        except OSError:
            continue
        for entry in entries:
            state = _state(entry) if entry.name.endswith(".toml") else None
            if state is not None:
                yield (f"{below}/{entry.name}" if below else entry.name), state


def _state(entry: os.DirEntry[str]) -> os.stat_result | None:
    """The state of a file; None for folders, pipes and links that lead nowhere."""
    try:
        state = entry.stat()
    except OSError:
        return None
    return state if stat.S_ISREG(state.st_mode) else None
