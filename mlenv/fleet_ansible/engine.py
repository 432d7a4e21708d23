"""Driving Ansible through ansible-runner, with an end to every wait."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from mlenv.errors import NoVerdictError, UsageError
from mlenv.fleet_ansible.answer import make_document, unreachable
from mlenv.fleet_ansible.asking import PLAYBOOK, Asking, settings
from mlenv.fleet_ansible.events import Events

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Runner(Protocol):
    """``ansible_runner.run``, or what stands for it in a test."""

    def __call__(self, **options: Any) -> object:
        """Run a playbook; events go to ``event_handler``."""


def load_runner() -> Runner:
    """ansible-runner; :class:`NoVerdictError` where it or Ansible is not installed."""
    hint = "install it beside mlenv: `pip install 'mlenv[fleet]'` (Linux and macOS)"
    try:
        import ansible_runner
    except ImportError:
        raise NoVerdictError(
            "a fleet is asked through Ansible, and ansible-runner is not installed", hint=hint
        ) from None
    if not _has_program("ansible-playbook"):
        raise NoVerdictError("a fleet is asked through Ansible, and ansible-playbook is not installed", hint=hint)
    runner: Runner = ansible_runner.run
    return runner


def ask_fleet(
    asking: Asking,
    run: Runner,
    *,
    mask: Callable[[str], str] = str,
    on_answer: Callable[[str], object] = str,
    now: Callable[[], float] = time.monotonic,
) -> dict[str, bytes]:
    """A document of every host, by its name; :class:`UsageError` for an inventory that gives none.

    ``on_answer`` is told a host as soon as it has answered.
    """
    documents: dict[str, bytes] = {}

    def take(host: str, result: Mapping[str, Any]) -> None:
        documents[host] = make_document(host, result, asking.seconds, mask)
        on_answer(host)

    events, began = Events(take), now()
    with tempfile.TemporaryDirectory(prefix="mlenv-fleet-") as folder:
        run(
            private_data_dir=folder,
            playbook=str(PLAYBOOK),
            inventory=list(asking.inventories),
            limit=asking.limit or None,
            forks=asking.forks,
            extravars=asking.variables(),
            envvars=settings(os.environ, Path.cwd(), _programs()),
            event_handler=events.take,
            cancel_callback=lambda: now() - began > asking.patience(len(events.hosts)),
            quiet=True,
        )
    if not events.hosts and not documents:
        raise _explain(events.lines, mask)
    reason = f"no answer before the fleet's time was over ({asking.patience(len(events.hosts)):.0f} s)"
    return {**documents, **{host: unreachable(host, reason) for host in events.missing}}


def _explain(lines: list[str], mask: Callable[[str], str]) -> UsageError:
    """Why Ansible asked nobody, in its own words."""
    said = [line.strip() for text in lines for line in _COLOUR.sub("", text).splitlines()]
    told = next((line for line in said if line.startswith(("ERROR!", "[ERROR]", "fatal:"))), "")
    told = told or next((line for line in said if "WARNING" in line), "the inventory has no host that is meant")
    return UsageError(
        f"Ansible asked no host: {mask(told)}", hint="`ansible-inventory -i INVENTORY --graph` shows what it reads"
    )


def _programs() -> str:
    """The folder with this Python's programs: those of an environment that is not activated."""
    return os.path.dirname(sys.executable)


def _has_program(name: str) -> bool:
    import shutil

    return shutil.which(name, path=os.pathsep.join((_programs(), os.environ.get("PATH", "")))) is not None
