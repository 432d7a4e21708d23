"""What Ansible reports while it works, host by host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

RUN_TASK = "Run mlenv"
HOSTS_TASK = "Hosts of the fleet"
HOSTS_VARIABLE = "ansible_play_hosts_all"
FAILURES = ("runner_on_unreachable", "runner_on_failed")


class Events:
    """Gathers the hosts and what each of them answered.

    ``on_answer`` is told a host and Ansible's result as soon as it is there.
    """

    def __init__(self, on_answer: Callable[[str, Mapping[str, Any]], object]) -> None:
        self.hosts: tuple[str, ...] = ()
        self.answered: dict[str, Mapping[str, Any]] = {}
        self.lines: list[str] = []
        self._on_answer = on_answer

    @property
    def missing(self) -> tuple[str, ...]:
        """The hosts of which nothing was heard."""
        return tuple(host for host in self.hosts if host not in self.answered)

    def take(self, event: Mapping[str, Any]) -> bool:
        """Take one of ansible-runner's events; True, so that the runner keeps it no longer than it must."""
        if event.get("stdout"):
            self.lines.append(str(event["stdout"]))
        data = event.get("event_data") or {}
        task, result = str(data.get("task", "")), data.get("res")
        if isinstance(result, dict):
            self._sort(str(event.get("event", "")), task, str(data.get("host", "")), result)
        return True

    def _sort(self, kind: str, task: str, host: str, result: Mapping[str, Any]) -> None:
        if task.endswith(HOSTS_TASK):
            found = result.get(HOSTS_VARIABLE)
            self.hosts = tuple(map(str, found)) if isinstance(found, list) else self.hosts
        elif host and host not in self.answered and _is_last(kind, task):
            self.answered[host] = result
            self._on_answer(host, result)


def _is_last(kind: str, task: str) -> bool:
    """Whether an event decides on its host: its run, or what kept it from running."""
    return kind in FAILURES or (kind == "runner_on_ok" and task.endswith(RUN_TASK))
