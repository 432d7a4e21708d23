"""The playbook and its role: read by a YAML reader, and in step with the program and their page."""

from __future__ import annotations

import re
from typing import Any

import yaml

from mlenv.fleet_ansible.asking import PLAYBOOK, Asking
from mlenv.fleet_ansible.events import HOSTS_TASK, HOSTS_VARIABLE, RUN_TASK

ROLE = PLAYBOOK.parent / "roles" / "mlenv"


def load(name: str) -> Any:
    return yaml.safe_load((ROLE / name).read_text(encoding="utf-8"))


def test_the_tasks_that_the_program_listens_for_are_there() -> None:
    (play,) = yaml.safe_load(PLAYBOOK.read_text(encoding="utf-8"))
    (hosts,) = play["pre_tasks"]
    assert (HOSTS_TASK, HOSTS_VARIABLE) == (hosts["name"], hosts["ansible.builtin.debug"]["var"])
    assert [RUN_TASK] == [task["name"] for task in load("tasks/main.yml") if "ansible.builtin.script" in task]


def test_every_step_on_a_host_has_an_end() -> None:
    remote = [task for task in load("tasks/main.yml") if "delegate_to" not in task]
    assert {"{{ mlenv_patience }}"} == {task.get("timeout") for task in remote}


def test_the_program_sets_variables_that_the_role_has() -> None:
    asking = Asking(command="doctor", pyz=PLAYBOOK, inventories=(), python="python3", become=True)
    assert set(asking.variables()) - {"ansible_become"} <= set(load("defaults/main.yml"))


def test_the_page_has_every_variable_and_its_default() -> None:
    page = (ROLE / "README.md").read_text(encoding="utf-8")
    stated = set(re.findall(r"^\| `(mlenv_\w+)`", page, re.MULTILINE))
    assert stated == {*load("defaults/main.yml"), "mlenv_hosts"}
    assert f"`{load('defaults/main.yml')['mlenv_seconds']}`" in page
