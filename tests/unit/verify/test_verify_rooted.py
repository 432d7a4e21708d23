"""Computing inside an image's root."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from pathlib import Path

import pytest

from mlenv.facts.environment import Environment
from mlenv.system import process
from mlenv.system.process import Completed
from mlenv.verify.rooted import (
    PAYLOADS_INSIDE,
    REFUSED,
    SCRATCH_INSIDE,
    RootedPlace,
    enter_root_argv,
    open_setting_for,
    read_refusal,
    try_entering,
)

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="images of Linux are entered on Linux")
FORBIDDEN = re.compile("namespace|mounting")
LIBRARY = re.compile(r"(/\S+)(?: \(0x|$)")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    root = tmp_path / "an image"
    (root / "etc").mkdir(parents=True)
    (root / "etc/os-release").write_text("ID=debian\n")
    (root / "opt/venv/bin").mkdir(parents=True)
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/python3").write_text("#!/bin/sh\nexit 0\n")
    (root / "usr/bin/python3").chmod(0o755)
    (root / "opt/venv/bin/python").symlink_to("/usr/bin/python3")
    return root


def environment(image: Path, architecture: str | None = None) -> Environment:
    path = f"{image}/opt/venv"
    return Environment(path=path, kind="venv", executable=f"{path}/bin/python", architecture=architecture)


def place_of(image: Path, architecture: str | None = None) -> RootedPlace:
    place = open_setting_for(f"{image}/opt/venv", environment(image, architecture))
    assert place is not None
    return place


def test_what_a_setting_needs(image: Path) -> None:
    place = place_of(image)
    assert (str(image), "/opt/venv/bin/python", "") == (place.root, place.python, place.hindrance)
    assert (PAYLOADS_INSIDE, SCRATCH_INSIDE) == (place.payloads, place.scratch)
    assert (sys.executable, "-I") == place.prefix[:2]
    assert "--" == place.prefix[-1]


def test_an_environment_of_this_machine_needs_no_entering(tmp_path: Path) -> None:
    found = Environment(path=str(tmp_path), executable=str(tmp_path / "bin/python"))
    assert open_setting_for(str(tmp_path), found) is None


def test_another_processor_is_said_and_not_tried(image: Path) -> None:
    other = "s390x"
    place = place_of(image, other)

    def never(argv: list[str], *, timeout: float) -> Completed:
        raise AssertionError("it was tried")

    result = try_entering(place, "/mnt/image/opt/venv", never)
    assert result is not None
    assert ("error", "cannot-enter", "environment") == (result.status, result.reason, result.group)
    assert f"it was made for {other}, and this machine is " in result.detail
    assert result.detail.endswith("; run mlenv inside it")


@pytest.mark.parametrize(
    ("completed", "text"),
    [
        (
            Completed(status=REFUSED, stderr="noise\nmlenv-enter: mounting /x: no\n"),
            "cannot be entered: mounting /x: no",
        ),
        (Completed(status=127, stderr="a\nld.so: no libc.so.6\n"), "its Python does not start (ld.so: no libc.so.6)"),
        (Completed(status=3), "its Python does not start (status 3)"),
        (Completed(status=None, timed_out=True), "no answer within 30 s"),
    ],
)
def test_why_it_could_not_be_entered(image: Path, completed: Completed, text: str) -> None:
    result = try_entering(place_of(image), "/mnt/image", lambda argv, *, timeout: completed)
    assert result is not None
    assert text in result.detail


def test_a_status_alone_is_no_refusal() -> None:
    assert read_refusal(Completed(status=REFUSED, stderr="mine")) is None
    assert read_refusal(Completed(status=1, stderr="mlenv-enter: x")) is None


# ---------------------------------------------------------------- in earnest


def install(image: Path, program: str) -> None:
    """Copy a program and the libraries that it needs into an image."""
    listed = process.run(["ldd", program], timeout=30)
    libraries = [match[1] for line in listed.stdout.splitlines() if (match := LIBRARY.search(line.strip()))]
    for path in (program, *libraries):
        target = Path(f"{image}{path}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.realpath(path), target)


@pytest.fixture
def entered(image: Path) -> Path:
    """An image with a shell that can be entered here."""
    if shutil.which("ldd") is None or not os.path.exists("/bin/sh"):
        pytest.skip("no shell whose libraries are known")
    install(image, "/bin/sh")
    completed = process.run([*enter_root_argv(str(image)), "/bin/sh", "-c", "exit 0"], timeout=60)
    if completed.status == REFUSED and FORBIDDEN.search(completed.stderr):
        pytest.skip(f"namespaces are not allowed here: {completed.stderr.strip()}")
    assert (0, "") == (completed.status, completed.stderr)
    return image


def enter(image: Path, script: str, scratch: str = "", **variables: str) -> Completed:
    argv = [*enter_root_argv(str(image), scratch=scratch), "/bin/sh", "-c", script]
    return process.run(argv, timeout=60, environ={"PATH": "/usr/bin:/bin", **variables})


def test_it_runs_inside(entered: Path) -> None:
    completed = enter(entered, "pwd; echo /*; test -e /proc/self/stat && test -c /dev/null && echo alive; exit 7")
    assert 7 == completed.status
    lines = completed.stdout.splitlines()
    assert (SCRATCH_INSIDE, "alive") == (lines[0], lines[-1])
    assert {"/etc", "/opt", "/tmp", "/proc", "/dev", "/usr"} <= set(lines[1].split())
    assert f"/{entered.parts[1]}/{entered.parts[2]}" not in lines[1]
    assert not (entered / "proc").exists()


def test_nothing_is_written_into_it(entered: Path) -> None:
    places = ("/x", "/etc/x", "/opt/venv/x", f"{PAYLOADS_INSIDE}/x")
    completed = enter(
        entered, "".join(f"(: > {place}) 2>/dev/null && echo {place}\n" for place in places) + ": > /tmp/x"
    )
    assert ("", 0) == (completed.stdout, completed.status)
    assert [] == list(entered.rglob("x"))


def test_payloads_and_scratch_are_there(entered: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    script = f"test -e {PAYLOADS_INSIDE}/_runner.py && echo there > {SCRATCH_INSIDE}/note"
    assert enter(entered, script, str(scratch)).ok
    assert "there\n" == (scratch / "note").read_text()


def test_variables_about_files_of_this_machine_stay_outside(entered: Path) -> None:
    script = 'echo "$LD_PRELOAD|$HOME|$TMPDIR|$KEPT"'
    completed = enter(entered, script, LD_PRELOAD="", HOME="/nowhere", TMPDIR="/nowhere", KEPT="yes")
    assert f"|{SCRATCH_INSIDE}|/tmp|yes\n" == completed.stdout


@pytest.mark.parametrize("name", ["SEGV", "ABRT", "KILL", "TERM"])
def test_it_ends_as_the_command_ends(entered: Path, name: str) -> None:
    completed = enter(entered, f"kill -{name} $$")
    assert -getattr(signal, f"SIG{name}") == completed.status


def test_a_program_that_is_not_there(entered: Path) -> None:
    completed = process.run([*enter_root_argv(str(entered)), "/gone", "x"], timeout=60)
    assert "/gone of the image does not start (No such file or directory)" == read_refusal(completed)


def test_an_image_that_is_entered_is_no_result(entered: Path) -> None:
    assert try_entering(place_of(entered), str(entered)) is None


def test_a_root_that_is_gone(tmp_path: Path) -> None:
    completed = process.run([*enter_root_argv(str(tmp_path / "gone")), "/bin/sh"], timeout=60)
    assert read_refusal(completed)
