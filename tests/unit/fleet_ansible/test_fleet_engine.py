"""A round over an inventory, with a stand-in for ansible-runner that tells what it is given."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mlenv.errors import UsageError
from mlenv.fleet_ansible.asking import Asking, HostFile, find_inventories, settings
from mlenv.fleet_ansible.engine import ask_fleet

REPORT = '{"schema": "mlenv.doctor/1", "status": "ok"}'
HOSTS = {"event": "runner_on_ok", "event_data": {"task": "Hosts of the fleet", "host": "ws1", "res": {
    "ansible_play_hosts_all": ["ws1", "ws2", "ws3"]}}}  # fmt: skip


def event(kind: str, host: str, task: str = "mlenv : Run mlenv", **result: object) -> dict[str, Any]:
    return {"event": f"runner_on_{kind}", "event_data": {"task": task, "host": host, "res": result}}


class FakeRunner:
    """Plays events, and keeps what it was called with and whether it was to stop after the last."""

    def __init__(self, events: Iterable[dict[str, Any]]) -> None:
        self.events = list(events)
        self.options: dict[str, Any] = {}
        self.stopped = False

    def __call__(self, **options: Any) -> object:
        self.options = options
        for row in self.events:
            options["event_handler"](row)
        self.stopped = options["cancel_callback"]()
        return None


def make_asking(**changes: Any) -> Asking:
    return Asking(**{"command": "doctor", "pyz": Path("mlenv.pyz"), "inventories": ("hosts.ini",), **changes})


def ask(events: Iterable[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    documents = ask_fleet(make_asking(**changes), FakeRunner(events))
    return {host: json.loads(text) for host, text in documents.items()}


def test_every_host_has_a_document() -> None:
    found = ask(
        [
            HOSTS,
            event("ok", "ws1", rc=0, stdout=REPORT),
            event("unreachable", "ws2", unreachable=True, msg="No route to host"),
        ]
    )
    assert found["ws1"]["status"] == "ok"
    assert found["ws2"]["reason"] == "No route to host"
    assert found["ws3"]["reason"].startswith("no answer before the fleet's time was over")


def test_the_first_word_of_a_host_counts() -> None:
    """After a host was lost, the tasks that tidy up fail there too, and mean nothing."""
    found = ask([HOSTS, event("ok", "ws1", stdout=REPORT), event("failed", "ws1", task="Remove the files", msg="no")])
    assert found["ws1"]["status"] == "ok"


def test_a_step_that_keeps_a_host_from_running_is_its_reason() -> None:
    found = ask(
        [HOSTS, event("ok", "ws1", task="Make a folder", path="/x"), event("failed", "ws1", "Copy", msg="full")]
    )
    assert found["ws1"]["reason"] == "full"


def test_the_time_of_a_fleet_has_an_end() -> None:
    moments = iter([0.0, 10_000.0])
    runner = FakeRunner([HOSTS])
    ask_fleet(make_asking(seconds=60, forks=2), runner, now=lambda: next(moments))
    assert runner.stopped
    assert make_asking(seconds=60, forks=2).patience(3) == 60 + 2 * 80


def test_what_ansible_is_given(tmp_path: Path) -> None:
    runner = FakeRunner([HOSTS])
    policy = HostFile(option="--policy", path=tmp_path / "team.toml")
    asking = make_asking(options=("--env", "/a b"), files=(policy,), limit="rack3", become=True, python="python3.12")
    ask_fleet(asking, runner)
    assert ("rack3", 20, ["hosts.ini"]) == tuple(runner.options[key] for key in ("limit", "forks", "inventory"))
    variables = runner.options["extravars"]
    assert variables["mlenv_options"] == ["--env", "/a b"]
    assert variables["mlenv_files"] == [{"option": "--policy", "path": str(tmp_path / "team.toml")}]
    assert (True, "python3.12") == (variables["ansible_become"], variables["mlenv_python"])


def test_the_inventory_decides_on_python_where_nobody_else_does() -> None:
    assert "mlenv_python" not in make_asking().variables()


def test_an_inventory_without_hosts_is_told_in_ansibles_words() -> None:
    with pytest.raises(UsageError, match=r"Unable to parse hosts\.ini"):
        ask(
            [
                {
                    "event": "verbose",
                    "stdout": "\x1b[1;35m[WARNING]: Unable to parse hosts.ini as an inventory source\x1b[0m",
                }
            ]
        )
    with pytest.raises(UsageError, match="no host that is meant"):
        ask([])


def test_inventories(tmp_path: Path) -> None:
    file = tmp_path / "hosts.ini"
    file.write_text("ws1\n")
    assert find_inventories((str(file), "ws1,ws2")) == (str(file), "ws1,ws2")
    with pytest.raises(UsageError, match=r"-i ws9: there is no such inventory"):
        find_inventories(("ws9",))


def test_the_users_own_settings_win(tmp_path: Path) -> None:
    (tmp_path / "ansible.cfg").write_text("")
    found = settings({"PATH": "/usr/bin", "ANSIBLE_PIPELINING": "False"}, tmp_path, "/env/bin")
    assert found["ANSIBLE_CONFIG"] == str(tmp_path / "ansible.cfg")
    assert found["PATH"] == "/env/bin:/usr/bin"
    assert "ANSIBLE_PIPELINING" not in found
    assert "ANSIBLE_CONFIG" not in settings({"ANSIBLE_CONFIG": "/x"}, tmp_path, "")
