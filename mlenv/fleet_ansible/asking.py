"""What the hosts of an inventory are asked, as Ansible's variables and settings."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from mlenv.errors import UsageError

PLAYBOOK = Path(__file__).parent / "playbook" / "mlenv.yml"
GRACE_SECONDS = 20
"""What the playbook gives a host beyond its own limit."""
START_SECONDS = 60
"""What Ansible itself may take before the first host and after the last."""


class HostFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of this machine that an option names; it is copied and removed with the rest."""

    option: str
    path: Path


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """One round over an inventory.

    ``options`` are further words of the command, ``seconds`` what one host may take, ``forks`` how many are
    asked at a time, ``become`` whether as root; ``python`` is the interpreter there, the inventory's
    ``mlenv_python`` or ``python3`` where it is empty.
    """

    command: Literal["doctor", "verify"]
    pyz: Path
    inventories: tuple[str, ...]
    limit: str = ""
    options: tuple[str, ...] = ()
    files: tuple[HostFile, ...] = ()
    forks: int = 20
    seconds: int = 120
    python: str = ""
    become: bool = False

    def variables(self) -> dict[str, Any]:
        """The variables of the role."""
        files = [{"option": file.option, "path": str(file.path.absolute())} for file in self.files]
        return {
            "mlenv_pyz": str(self.pyz.absolute()),
            "mlenv_command": self.command,
            "mlenv_options": list(self.options),
            "mlenv_files": files,
            "mlenv_seconds": self.seconds,
            **({"mlenv_python": self.python} if self.python else {}),
            **({"ansible_become": True} if self.become else {}),
        }

    def patience(self, hosts: int) -> float:
        """Seconds after which nothing can come any more from so many hosts."""
        rounds = max(1, math.ceil(hosts / self.forks))
        steps = 4 if self.files else 1
        return START_SECONDS + rounds * steps * (self.seconds + GRACE_SECONDS)


def find_inventories(named: tuple[str, ...]) -> tuple[str, ...]:
    """The inventories as Ansible takes them; :class:`UsageError` for a file that is not there.

    A name with a comma is a list of hosts, as it is for Ansible.
    """
    for name in named:
        if "," not in name and not os.path.exists(name):
            raise UsageError(
                f"-i {name}: there is no such inventory",
                hint=f"name a file or folder, or hosts with a comma at the end: -i {name},",
            )
    return tuple(name if "," in name else os.path.abspath(name) for name in named)


def settings(environ: Mapping[str, str], folder: Path, programs: str) -> dict[str, str]:
    """Variables for Ansible: a wrong inventory is an error, and a user's ``ansible.cfg`` in ``folder`` counts.

    ``programs`` is the folder with Ansible's programs, where this Python has them.
    """
    own = folder / "ansible.cfg"
    wanted = {
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "ANSIBLE_NOCOLOR": "1",
        # One connection of ssh for all steps of a host, and fewer round trips in each.
        "ANSIBLE_PIPELINING": "True",
        "PATH": os.pathsep.join(part for part in (programs, environ.get("PATH", "")) if part),
    }
    if own.is_file() and "ANSIBLE_CONFIG" not in environ:
        wanted["ANSIBLE_CONFIG"] = str(own)
    return {name: value for name, value in wanted.items() if name == "PATH" or name not in environ}
