"""`mlenv policy`: written from a machine, said in words, refused with file and key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

MACHINES = Path(__file__).parents[1] / "machines"
H100 = str(MACHINES / "linux-ubuntu2204-h100x8")
V100 = str(MACHINES / "linux-rhel8-v100x4")


def test_a_policy_is_written_and_explained(mlenv: Run, here: Path) -> None:
    done = mlenv("policy", "init", "--machine", H100, "--output", "team.toml", "--level", "standard", "--name", "h100")
    assert (0, "") == (done.returncode, done.stdout)
    assert "Wrote team.toml" in done.stderr
    assert 'count = "==8"' in (here / "team.toml").read_text()
    said = mlenv("policy", "explain", "team.toml", COLUMNS="80")
    assert (0, "") == (said.returncode, said.stderr)
    assert said.stdout.startswith("Policy h100\n")
    assert "  - The number of NVIDIA GPUs is exactly 8.\n" in said.stdout
    assert [] == [line for line in said.stdout.splitlines() if len(line) > 80]


def test_a_recording_s_environment_stands_in_the_policy(mlenv: Run) -> None:
    shown = mlenv("policy", "init", "--machine", V100).stdout
    assert '[frameworks.torch]\nversion = ">=2.13,<2.14"\nbuild = "cu130"\n' in shown


def test_no_file_is_written_over_unasked(mlenv: Run, here: Path) -> None:
    (here / "team.toml").write_text("mine")
    arguments = ("policy", "init", "--machine", H100, "--output", "team.toml")
    done = mlenv(*arguments)
    assert 2 == done.returncode
    assert "--force writes over it" in done.stderr
    assert "mine" == (here / "team.toml").read_text()
    assert 0 == mlenv(*arguments, "--force").returncode
    assert "schema = 1" in (here / "team.toml").read_text()


def test_the_explanation_as_a_document(mlenv: Run, here: Path) -> None:
    (here / "team.toml").write_text(
        'schema = 1\n[gpu]\ndriver = ">=580"\n[[waive]]\ncheck = "gpu.ecc"\nreason = "old card"\nexpires = 2026-01-31\n'
    )
    document = json.loads(mlenv("policy", "explain", "team.toml", "--format", "json", "--as-of", "2026-02-01").stdout)
    assert "mlenv.policy/1" == document["schema"]
    row = {"check": "policy.gpu.driver", "expected": ">=580", "text": "The GPU driver is at least 580."}
    assert [row] == document["rules"]
    assert [("gpu.ecc", True)] == [(row["check"], row["expired"]) for row in document["waivers"]]
    assert "policy.gpu.driver" in mlenv("policy", "explain", "team.toml", "-v").stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('schema = 1\n[gpu]\ndrivr = ">=580"\n', "team.toml: `gpu.drivr` is an unknown key: did you mean `driver`?"),
        ("schema = ", "team.toml: is not valid TOML"),
        ('schema = 1\nname = "\x9b2Jx"\n[gpu]\nvendor = "\x9b2Jx"\n', "team.toml: `gpu.vendor` is "),
    ],
)
def test_a_wrong_file_is_refused(mlenv: Run, here: Path, text: str, words: str) -> None:
    (here / "team.toml").write_text(text, encoding="utf-8")
    done = mlenv("policy", "explain", "team.toml")
    assert (2, "") == (done.returncode, done.stdout)
    assert words in done.stderr.splitlines()[0]
    assert "\x9b" not in done.stderr


def test_a_file_that_is_not_there(mlenv: Run) -> None:
    done = mlenv("policy", "explain", "none.toml")
    assert (2, "") == (done.returncode, done.stdout)
    assert "none.toml: cannot be read" in done.stderr


@pytest.mark.parametrize("option", [("--verify",), ("--env", ".venv")])
def test_another_machine_s_environment_cannot_be_run(mlenv: Run, option: tuple[str, ...]) -> None:
    done = mlenv("policy", "init", "--machine", H100, *option)
    assert (2, "") == (done.returncode, done.stdout)
    assert "leave --machine or" in done.stderr


def test_foreign_escapes_come_out_inert(mlenv: Run, here: Path) -> None:
    (here / "team.toml").write_text('schema = 1\nname = "a\x9b2J\u202eb"\n', encoding="utf-8")
    for form in ("text", "json"):
        shown = mlenv("policy", "explain", "team.toml", "--format", form).stdout
        assert not {"\x9b", "\u202e"} & set(shown)
        assert "a?2J?b" in shown
