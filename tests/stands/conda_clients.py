"""Stand-ins for conda, mamba, micromamba and pixi: they write down how they were called, and make an environment.

An environment of theirs has what a channel on this machine has for it, a Python (that of the channel,
else the one that runs the tests) and what conda keeps of itself.
They refuse what the real ones refuse: a folder that holds files, an environment that is none, a lock
that is none, a file of another hash, options that they do not know.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from tests.stands.conda_client import REACHED, SEEN, TROUBLE

NAMES = ("conda", "mamba", "micromamba", "pixi")

CLIENT = """\
#!{python}
import pathlib, sys
sys.path.insert(0, {root!r})
from tests.stands.conda_client import main
main(pathlib.Path(sys.argv[0]), {version!r}, sys.argv[1:])
"""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a client: its name and path, its arguments, where, and the variables that concern it."""

    program: str
    path: str
    argv: tuple[str, ...]
    cwd: str
    variables: dict[str, str]


def make_clients(folder: Path, names: Iterable[str] = NAMES, *, version: str = "2.5.0") -> Path:
    """Write the clients into ``folder``, which can then stand in PATH; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = CLIENT.format(python=sys.executable, root=str(Path(__file__).parents[2]), version=version)
    for name in names:
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def let_fail(folder: Path, text: str = "", *, status: int = 1, how: Literal["says", "hang", "killed"] = "says") -> Path:
    """Let the next installations of a folder's clients stop in the middle.

    They say ``text`` and end with ``status``, hang, or are killed.  The file that is given exists
    from the moment when one has got so far.
    """
    (folder / TROUBLE).write_text(json.dumps({"how": how, "text": text, "status": status}))
    return folder / REACHED


def let_work(folder: Path) -> None:
    """Let the clients of a folder work again."""
    (folder / TROUBLE).unlink()


def read_calls(folder: Path) -> list[Call]:
    """How the clients of a folder were called, in order; questions for their version do not count."""
    path = folder / SEEN
    lines = path.read_bytes().splitlines() if path.is_file() else []
    return [msgspec.json.decode(line, type=Call) for line in lines]


def all_words(calls: Iterable[Call]) -> list[str]:
    """Every argument of the calls: what anybody on the machine could have read."""
    return [word for call in calls for word in call.argv]
