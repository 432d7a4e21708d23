#!/usr/bin/env python3
# ruff: noqa: T201, TID251 - this brings mlenv, and cannot use its doors; the log is read from what is printed
"""What the action does: install mlenv beside the job's own Python, run it, keep its reports.

Every input is a variable (``MLENV_ACTION_...``) and becomes one word of an argument list; an option and
its value are one word (``--env=VALUE``), so that no value is taken for an option.  Needs Python 3.10.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

COMMANDS = ("doctor", "verify")
LEVELS = ("", "quick", "standard", "deep")
RELEASE = re.compile(r"[0-9][0-9A-Za-z.!+]*")
INSTALLED = "installed"


class WrongInputError(Exception):
    """An input that the action does not take."""


def main(environ: Mapping[str, str]) -> int:
    """Run mlenv as the inputs ask, and give its exit status."""
    try:
        words = list(read_words(environ))
        version = read_version(given(environ, "VERSION"))
    except WrongInputError as wrong:
        print(f"::error title=mlenv action::{wrong}")
        return 2
    folder = Path(environ.get("RUNNER_TEMP") or ".", "mlenv-reports").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tell(environ, "reports", str(folder))
    mlenv = find_mlenv(version, environ, folder.parent / "mlenv-action", with_sbom=flag(environ, "SBOM"))
    if mlenv is None:
        status = 5
    else:
        files = (f"--output={folder / 'mlenv.json'}", f"--output={folder / 'mlenv.xml'}")
        status = call([*mlenv, *words, "--format=github", "--output=-", *files])
        if flag(environ, "SBOM"):
            call([*mlenv, "sbom", f"--env={given(environ, 'ENV')}", f"--output={folder / 'bom.json'}"])
    tell(environ, "status", str(status))
    return status


def given(environ: Mapping[str, str], name: str) -> str:
    """An input; empty where it was not given."""
    return environ.get(f"MLENV_ACTION_{name}", "").strip()


def flag(environ: Mapping[str, str], name: str) -> bool:
    """An input that is true or false."""
    return given(environ, name).lower() == "true"


def read_words(environ: Mapping[str, str]) -> Iterator[str]:
    """The command and its options."""
    command, level = given(environ, "COMMAND"), given(environ, "LEVEL")
    for name in (name for name in environ if name.startswith("MLENV_ACTION_")):
        # A second line of the log could be a command to the runner.
        demand(environ[name].strip().isprintable(), f"{name.lower()}: holds a character that is not printed")
    demand(command in COMMANDS, f"command: {command!r} is neither doctor nor verify")
    demand(level in LEVELS, f"level: {level!r} is none of quick, standard, deep")
    yield command
    if given(environ, "ENV") and (command == "verify" or Path(given(environ, "ENV")).exists()):
        yield f"--env={given(environ, 'ENV')}"
    if command == "doctor":
        return
    for name, value in (("policy", given(environ, "POLICY")), ("level", level)):
        if value:
            yield f"--{name}={value}"
    yield from (f"--profile={name}" for name in given(environ, "PROFILE").split())
    if flag(environ, "REQUIRE_GPU"):
        yield "--require-gpu"


def read_version(text: str) -> str:
    """What to install: a requirement or the path of a wheel; ``installed`` for nothing."""
    if text in ("", INSTALLED):
        return text or "mlenv"
    if text.endswith(".whl"):
        demand(Path(text).is_file(), f"version: there is no wheel {text!r}")
        return str(Path(text).absolute())
    demand(RELEASE.fullmatch(text) is not None, f"version: {text!r} is no release")
    return f"mlenv=={text}"


def demand(holds: bool, message: str) -> None:
    """:class:`WrongInputError` where something does not hold."""
    if not holds:
        raise WrongInputError(message)


def find_mlenv(version: str, environ: Mapping[str, str], folder: Path, *, with_sbom: bool) -> list[str] | None:
    """The words that start mlenv, installed into a folder of its own; None where that failed."""
    if version == INSTALLED:
        found = shutil.which("mlenv", path=environ.get("PATH"))
        if found is None:
            print("::error title=mlenv action::version is 'installed', and there is no mlenv on PATH")
        return [found] if found else None
    shutil.rmtree(folder, ignore_errors=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    wanted = add_extra(version) if with_sbom else version
    steps = (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wanted],
    )
    for step in steps:
        if call(step):
            print("::error title=mlenv action::mlenv could not be installed")
            return None
    return [str(python), "-m", "mlenv"]


def add_extra(version: str) -> str:
    """The same with the extra that bills of materials need."""
    name, mark, release = version.partition("==")
    return f"{name}[sbom]{mark}{release}"


def call(words: list[str]) -> int:
    """The exit status of a program, which speaks for itself; a group in the log holds what it says."""
    print(f"::group::{' '.join(words)}", flush=True)
    status = subprocess.run(words, check=False).returncode
    print("::endgroup::", flush=True)
    return status


def tell(environ: Mapping[str, str], name: str, value: str) -> None:
    """Hand an output on to later steps."""
    path = environ.get("GITHUB_OUTPUT")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{name}={value}\n")


if __name__ == "__main__":
    sys.exit(main(os.environ))
