"""``mlenv fleet`` as far as it goes without Ansible and hosts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlenv.cli.fleet import file_name, merge_documents
from mlenv.cli.settings import DataOptions, OutputOptions
from mlenv.fleet_ansible.answer import unreachable
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-i", "nowhere.ini"], "-i nowhere.ini: there is no such inventory"),
        (["-i", "ws1,", "--", "--format", "text"], "--format is not for the hosts"),
        (["-i", "ws1,", "--forks", "0"], "--forks"),
        ([], "-i"),
    ],
)
def test_what_is_wrong_is_said_before_anything_begins(mlenv: Run, words: list[str], said: str) -> None:
    done = mlenv("fleet", "doctor", *words)
    assert (2, "") == (done.returncode, done.stdout)
    assert said in done.stderr.splitlines()[0]


def test_a_policy_that_is_not_there(mlenv: Run) -> None:
    done = mlenv("fleet", "verify", "-i", "ws1,", "--policy", "team.toml")
    assert (2, "error: --policy team.toml: there is no such file") == (done.returncode, done.stderr.splitlines()[0])


def test_without_ansible_the_remedy_is_one_line(mlenv: Run, here: Path) -> None:
    (here / "ansible_runner.py").write_text("raise ImportError\n")
    done = mlenv("fleet", "doctor", "-i", "ws1,", PYTHONPATH=str(here))
    error, hint = done.stderr.splitlines()
    assert (5, "") == (done.returncode, done.stdout)
    assert "ansible-runner is not installed" in error
    assert "pip install 'mlenv[fleet]'" in hint


def test_the_playbook_is_written_once(mlenv: Run, here: Path) -> None:
    assert mlenv("fleet", "playbook", "ansible").returncode == 0
    assert (here / "ansible" / "roles" / "mlenv" / "tasks" / "main.yml").is_file()
    again = mlenv("fleet", "playbook", "ansible")
    assert (2, True) == (again.returncode, "already" in again.stderr)


def test_documents_are_kept_and_merged(tmp_path: Path) -> None:
    folder, merged = tmp_path / "reports", tmp_path / "fleet.json"
    folder.mkdir()
    (folder / "of-last-week.json").write_text("{}")
    documents = {"ws1": unreachable("ws1", "gone"), "rack/verify": unreachable("rack/verify", "gone too")}
    status = merge_documents(documents, folder, DataOptions(), OutputOptions(outputs=(merged,)))
    assert status == 1
    assert {"ws1.json", "rack_verify.json", "of-last-week.json"} == {path.name for path in folder.iterdir()}
    assert json.loads(merged.read_text())["schema"] == "mlenv.fleet/1"


@pytest.mark.parametrize(
    ("host", "name"), [("ws1", "ws1"), ("ws1.example.org", "ws1.example.org"), ("../x", "_.._x"), ("a\nb:c", "a_b_c")]
)
def test_names_of_files(host: str, name: str) -> None:
    assert file_name(host) == name
