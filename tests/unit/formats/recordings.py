"""Real outputs of hardware and drivers, where they lie beside the project; they are read in place."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import msgspec
import pytest

RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "recordings"
needs_recordings = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings are not on this machine")


def files(pattern: str) -> list[Path]:
    """The recordings of one kind, such as ``rocminfo/*.txt``; empty where there are none here."""
    return sorted(RECORDINGS.glob(pattern))


def name(path: Path) -> str:
    """The path below the folder of recordings: the id of a test's case."""
    return str(path.relative_to(RECORDINGS))


class Tree(msgspec.Struct):
    """A folder in one file: ``links`` map a path to the link's target."""

    files: dict[str, str] = {}
    links: dict[str, str] = {}
    base64: dict[str, str] = {}

    def texts(self, root: str = "") -> dict[str, str]:
        """Every file below an absolute root, as a recorded host takes them."""
        decoded = {path: base64.b64decode(data).decode("utf-8", "replace") for path, data in self.base64.items()}
        return {f"{root}/{path.lstrip('/')}": text for path, text in {**self.files, **decoded}.items()}


def load_tree(path: Path) -> Tree:
    """A recorded folder."""
    return msgspec.json.decode(path.read_bytes(), type=Tree)


def load_json(path: Path) -> Any:
    """A recorded document."""
    return msgspec.json.decode(path.read_bytes())
