"""What others wrote, given to the commands: at worst it is refused, in a line, and nothing is written."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

MACHINE = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.12.4"]\n'
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
DEEP = '{"schema": "mlenv.machine/1", "x": ' + "[" * 100_000


def check_refused(done: Any, statuses: tuple[int, ...] = (2, 3, 5)) -> None:
    """It ended with an error in a line, and neither failed itself nor spoke to the terminal's commands."""
    assert done.returncode in statuses, done.stdout + done.stderr
    assert done.stderr.startswith("error: ")
    check_harmless(done)


def check_harmless(done: Any) -> None:
    text = done.stdout + done.stderr
    assert "Traceback" not in text
    assert "mlenv itself failed" not in text
    assert CONTROL.search(text) is None


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize(
    "text",
    [
        MACHINE + '[[gpu]]\nvendor = "amd"\nname = "\\u001b[2Jgone"\n',
        MACHINE + '[[gpu]]\nvendor = "amd"\nname = "x"\ngfx = "gfx942; rm -rf ~"\n',
        MACHINE + '[[gpu]]\nvendor = "amd"\nmemory_gib = -1\n',
        MACHINE + '[[gpu]]\nvendor = "amd"\nmemory_gib = nan\n',
        MACHINE + '[nvidia]\ndriver = "../../etc/passwd"\n',
        MACHINE.replace("3.12.4", "../../bin/python"),
        MACHINE.replace("glibc 2.35", "glibc $(id)"),
        MACHINE.replace('"linux"', '"linux\\nwindows"'),
        "x = " + "[" * 50_000,
        DEEP,
        '{"schema": "mlenv.machine/1", "machine": {"os": {"family": "../.."}}}',
        "\x00",
    ],
    ids=[
        *("escape", "shell", "negative", "nan", "path", "python", "libc", "line", "deep", "deep-json", "json", "zero"),
    ],
)
def test_a_described_machine(mlenv: Run, here: Path, text: str) -> None:
    name = "machine.json" if text.startswith("{") else "machine.toml"
    (here / name).write_text(text)
    check_refused(mlenv("plan", "--with", "numpy", "--machine", name, "--output", "out.sh"))
    assert {name} == files_in(here)


def test_numbers_beyond_everything_are_numbers(mlenv: Run, here: Path) -> None:
    digits = "9" * 400
    (here / "machine.toml").write_text(MACHINE + f'[nvidia]\ndriver = "{digits}.1"\n[memory]\ntotal_gib = 1e300\n')
    done = mlenv("plan", "--with", "numpy", "--machine", "machine.toml")
    assert done.returncode in (0, 2, 3)
    check_harmless(done)


def test_a_profile_that_hijacks(mlenv: Run, here: Path) -> None:
    text = 'name = "evil"\ntitle = "x"\nframeworks = ["numpy"]\n[environment]\nLD_PRELOAD = "/tmp/evil.so"\n'
    (here / "evil.toml").write_text(text)
    done = mlenv("install", "--profile", "./evil.toml")
    check_refused(done, (2,))
    assert "LD_PRELOAD" in done.stderr
    assert {"evil.toml"} == files_in(here)


def test_a_site_whose_index_is_an_option(mlenv: Run, here: Path) -> None:
    row = '{ id = "pytorch", title = "x", url = "https://a.example.org/\\n--trusted-host b", source = ["us"] }'
    (here / "site").mkdir()
    (here / "site" / "indexes.toml").write_text(
        f'checked_on = 2026-11-22\nindex = [{row}]\n[sources]\nus = "our own"\n'
    )
    check_refused(mlenv("plan", "--with", "torch", "--matrix", "site"), (2,))


LOCK = """\
lock-version = "1.0"
[[packages]]
name = "numpy"
version = "1.0"
wheels = [{ url = "https://files.example.org/numpy-1.0-py3-none-any.whl", hashes = {} }]
"""


@pytest.mark.parametrize("manager", ["uv", "pip"])
def test_a_lock_without_hashes(mlenv: Run, here: Path, manager: str) -> None:
    (here / "pylock.toml").write_text(LOCK)
    done = mlenv("install", "--locked", "pylock.toml", "--manager", manager)
    check_refused(done, (2,))
    assert "has no hash" in done.stderr
    assert {"pylock.toml"} == files_in(here)


# ---------------------------------------------------------------- environments that others made


MANIFESTS = {
    "prefix": {"prefix": "../../../.."},
    "variables": {"variables": {"LD_PRELOAD": "/tmp/evil.so"}},
    "zero": {"variables": {"A": "\0"}},
}


@pytest.fixture
def environment(here: Path) -> Path:
    """The folder of a generation with a manifest that is none."""
    folder = here / ".venv.generations" / "1"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "pyvenv.cfg").write_text(f"home = {os.path.dirname(sys.executable)}\n")
    (here / ".venv").symlink_to(".venv.generations/1")
    return folder


def write_manifest(folder: Path, change: dict[str, Any]) -> None:
    plan = {
        "profile": "",
        "environment": ".venv",
        "python": "3.12",
        "manager": "uv",
        "packages": [],
        "files": [],
        "accelerator": {"kind": "cpu", "variant": "cpu"},
        "steps": [],
        "verify": [],
        "reasons": [],
        "rejected": [],
        "warnings": [],
        **change,
    }
    manifest = {
        "matrix_version": "1",
        "created": "2026",
        "plan": plan,
        "lock": "",
        "machine": {"os": {"family": "linux"}},
        "verification": {"environment": "x", "status": "ok", "results": []},
    }
    (folder / "mlenv-manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("change", MANIFESTS.values(), ids=MANIFESTS.keys())
def test_a_manifest_that_leads_out(mlenv: Run, here: Path, environment: Path, change: dict[str, Any]) -> None:
    write_manifest(environment, change)
    done = mlenv("run", "--", "python", "-c", "import os; print(os.environ.get('LD_PRELOAD'), os.environ.get('A'))")
    assert (0, "None None\n") == (done.returncode, done.stdout)
    check_refused(mlenv("env", "show"), (2,))
    check_refused(mlenv("env", "rollback", "--to", "1"), (2,))
    assert ".venv.generations/1" == os.readlink(here / ".venv")


def test_a_sound_manifest_sets_its_variables(mlenv: Run, environment: Path) -> None:
    write_manifest(environment, {"variables": {"A": "b"}})
    done = mlenv("run", "--", "python", "-c", "import os; print(os.environ.get('A'))")
    assert (0, "b\n") == (done.returncode, done.stdout)


@pytest.mark.parametrize("body", ['{"plan": ' * 50_000, "\x1b[2J", "[]"], ids=["deep", "escape", "list"])
def test_a_manifest_that_is_none(mlenv: Run, environment: Path, body: str) -> None:
    (environment / "mlenv-manifest.json").write_text(body)
    for words in (("env", "show"), ("env", "rollback", "--to", "1")):
        check_refused(mlenv(*words), (2,))
    check_harmless(mlenv("env", "list"))


def test_removing_leaves_alone_what_a_link_leads_to(mlenv: Run, here: Path, environment: Path) -> None:
    precious = here / "precious"
    precious.mkdir()
    (precious / "file").write_text("mine")
    write_manifest(environment, {})
    (environment / "lib").symlink_to(precious)
    (environment.parent / "2").symlink_to(precious)
    holder = {"pid": 1, "host": "x", "since": "2026", "errand": "x", "token": "x", "building": "../../precious"}
    (environment.parent / "holder.json").write_text(json.dumps(holder))
    done = mlenv("env", "remove", "--yes")
    assert 0 == done.returncode, done.stderr
    check_harmless(done)
    assert "mine" == (precious / "file").read_text()
    assert not (here / ".venv").is_symlink()
