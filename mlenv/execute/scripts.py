"""The scripts that activate an environment name the link, so that an open shell follows a switch.

An installer writes the folder in which it works: the generation.  A shell that was activated with
that would stay with the old generation after an update or a rollback.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

SCRIPTS = ("activate", "activate.csh", "activate.fish", "activate.nu", "activate.bat", "activate.ps1", "Activate.ps1")


def follow_link(folder: Path, environment: Path) -> None:
    """Let the activation scripts of the generation at ``folder`` speak of the environment at ``environment``.

    Both lie below the same parent, so that whatever quotes the path is as right as before.
    """
    tail = f"{folder.parent.name}{{}}{folder.name}"
    for name in SCRIPTS:
        for path in (folder / "bin" / name, folder / "Scripts" / name):
            if path.is_file():
                text = path.read_bytes()
                for slash in ("/", "\\"):
                    text = text.replace(tail.format(slash).encode(), environment.name.encode())
                path.write_bytes(text)


_UNSET = {
    "activate": "unset {name}",
    "activate.csh": "unsetenv {name}",
    "activate.fish": "set -e {name}",
    "activate.bat": '@set "{name}="',
    "activate.ps1": "Remove-Item -Path Env:{name} -ErrorAction SilentlyContinue",
    "Activate.ps1": "Remove-Item -Path Env:{name} -ErrorAction SilentlyContinue",
}
"""How the shells take a variable away; nushell's overlays can only hide what they have brought."""


def take_away(folder: Path, names: Iterable[str]) -> None:
    """Let the activation scripts of the environment at ``folder`` take variables away from their shell."""
    listed = list(names)
    for script, line in _UNSET.items() if listed else ():
        for path in (folder / "bin" / script, folder / "Scripts" / script):
            if path.is_file():
                lines = "\n".join(line.format(name=name) for name in listed)
                path.write_bytes(path.read_bytes().rstrip(b"\n") + f"\n{lines}\n".encode())
