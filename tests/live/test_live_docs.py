"""The pages typed line by line in bash, as a reader does, against a real registry.

Which lines these are, and why others are only parsed, is said in ``tests/cli/shown_classes.py``.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import pty
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.cli.shown_classes import LINES, REGISTRY, classify
from tests.cli.shown_commands import Typed
from tests.live.docs_world import FILES, MACHINES, ROOT, World, has_namespaces, names_folders

pytestmark = [
    pytest.mark.live,
    pytest.mark.registry,
    pytest.mark.skipif(sys.platform != "linux", reason="pages speak of folders that other systems do not have"),
]
ENDS = {
    "mlenv install --profile pytorch-gpu": {0, 3},  # without a GPU it is refused, as the page says
    "mlenv verify --require-gpu": {5},  # NumPy has no device but the processor, so nothing could be checked
    "mlenv verify --env ~/envs/torch --require-gpu": {5},
    "mlenv doctor": {0, 1},
    "mlenv env diff": {0, 1},
    "mlenv probe --against": {0, 1},
    "mlenv probe --env /opt/venv --against": {0, 1},
    "mlenv matrix diff": {0, 1},
    "mlenv report merge": {0, 1},
    "find . -name '*.json'": {0, 1},
}
"""Beginnings of lines that may end otherwise than with 0: by the machine, or because something differs."""
SERVES = {"mlenv run -- jupyter lab": "is running at"}
"""Lines that go on until they are ended, and what they say once they work."""
ANSWERS = {"./scripts/mlenv setup": "\n\n\ny\n", "mlenv env remove": "y\n"}
"""Lines that ask, and what is answered."""
CHECKOUT = ("docs/contributing.md", "docs/matrix.md", "docs/tutorials/first-environment.md")
"""Pages that are read in a clone of the project."""
REAL = ("docs/tutorials/gpu.md",)
"""Pages whose profiles are those that everybody gets: without a GPU nothing of theirs is fetched."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, uv: str) -> World:
    cache = subprocess.run([uv, "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
    return World(tmp_path_factory.mktemp("reader"), uv, cache)


def type_line(world: World, line: Typed) -> None:
    """One line, which must end as the page lets expect."""
    cwd = place_of(world, line.page)
    variables = {} if line.page in REAL else world.small
    serves = next((says for start, says in SERVES.items() if line.text.startswith(start)), None)
    if serves:
        serve(world, line.text, cwd, serves)
        return
    if line.text in ANSWERS:
        status, said = answer(world, line.text, cwd, variables)
        assert status == 0, f"{line}\n{said[-2000:]}"
        return
    done = world.type(line.text, cwd=cwd, variables=variables)
    allowed = next((statuses for start, statuses in ENDS.items() if line.text.startswith(start)), {0})
    assert done.returncode in allowed, f"{line}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    assert "Traceback" not in done.stderr, done.stderr


def place_of(world: World, page: str) -> Path:
    return world.checkout if page in CHECKOUT else world.place


def serve(world: World, text: str, cwd: Path, says: str) -> None:
    """A program that stays: waited for until it works, then ended with Ctrl-C."""
    with subprocess.Popen(
        ["bash", "-c", f"exec {text} 2>&1"],
        cwd=cwd,
        env=world.environ,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if says in line:
                break
        os.killpg(process.pid, signal.SIGTERM)
    assert any(says in line for line in said), "".join(said)


def answer(world: World, text: str, cwd: Path, variables: Mapping[str, str]) -> tuple[int, str]:
    """A line typed at a terminal, with what is answered to its questions; its status and what it said."""
    own, other = pty.openpty()
    environ = {**world.environ, **variables, "TERM": "dumb"}
    with subprocess.Popen(
        ["bash", "-c", text], cwd=cwd, env=environ, stdin=other, stdout=other, stderr=other
    ) as process:
        os.close(other)
        os.write(own, ANSWERS[text].encode())
        said = b""
        with contextlib.suppress(OSError):  # the terminal's other side is closed where the program ends
            while part := os.read(own, 4096):
                said += part
    os.close(own)
    return process.returncode, said.decode(errors="replace")


def prepare(world: World, page: str) -> None:
    """What a page takes for granted."""
    if page in CHECKOUT:
        world.clone()
    world.write({**FILES, **dict.fromkeys(MACHINES, world.machine)}, place_of(world, page))
    if page != REGISTRY[0] and not (world.place / ".venv").exists():
        make(world, "mlenv install --with numpy")
    link(world.home / "envs" / "torch", world.place / ".venv")
    if page in PREPARE:
        PREPARE[page](world)


def make(world: World, *lines: str) -> None:
    for line in lines:
        done = world.type(line, variables=world.small)
        assert done.returncode == 0, done.stderr


def link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_symlink():
        path.symlink_to(target)


def prepare_policy(world: World) -> None:
    (world.place / "team.toml").unlink()


def prepare_team(world: World) -> None:
    (world.place / "workstation.toml").unlink()
    if not (world.place / "rates.json").exists():
        make(world, "mlenv verify --level deep --save-baseline rates.json")


def prepare_opt(world: World) -> None:
    """An environment in the world's own /opt, by both names that the pages have for it."""
    make(world, "mlenv install --with numpy --env /opt/venv")
    link(world.folder / "root" / "opt" / "ml", Path("venv"))


def prepare_verify(world: World) -> None:
    prepare_opt(world)
    link(world.place / "scripts", ROOT / "scripts")


def prepare_drift(world: World) -> None:
    prepare_opt(world)
    text = (world.place / ".venv" / "mlenv-manifest.json").read_text()
    world.write({"manifest.json": text}, world.place)


def prepare_image(world: World) -> None:
    """The machine's own files, seen at /mnt/image, are the image; its environment is the one in /opt."""
    prepare_opt(world)
    link(world.place / "image", Path("/mnt/image"))
    make(world, "mlenv probe --env /opt/venv --output machines/snapshot.json")


def prepare_reports(world: World) -> None:
    prepare_opt(world)
    with gzip.open(world.place / "rack1" / "node9.json.gz", "wt") as file:
        file.write((world.place / "rack1" / "node9.json").read_text())


def prepare_contribution(world: World) -> None:
    """The files that the guide has one write, out of its own blocks, and what it leaves to the reader."""
    text = (world.checkout / "docs" / "contributing.md").read_text()
    blocks = [textwrap.dedent(block) for block in re.findall(r"(?ms)^ *```(?:toml|python)\n(.*?)^ *```", text)]
    row, payload, check, _ = blocks
    subject = world.checkout / "mlenv" / "checks" / "subjects" / "memory.py"
    (world.checkout / "compat_matrix" / "frameworks" / "polars.toml").write_text(row)
    (world.checkout / "mlenv" / "verify" / "payloads" / "polars.py").write_text(payload)
    with subject.open("a") as file:
        file.write(check)


def prepare_install(world: World) -> None:
    make(world, "mlenv install --with numpy --with threadpoolctl")


PREPARE: Mapping[str, Callable[[World], None]] = {
    "docs/verify.md": prepare_verify,
    "docs/sbom.md": prepare_opt,
    "docs/policy.md": prepare_policy,
    "docs/tutorials/team-image.md": prepare_team,
    "docs/drift.md": prepare_drift,
    "docs/environment-checks.md": prepare_image,
    "docs/image-pipeline.md": prepare_image,
    "docs/install.md": prepare_install,
    "docs/fleet-reports.md": prepare_reports,
    "docs/contributing.md": prepare_contribution,
}


def lines_of(page: str) -> Iterator[Typed]:
    yield from (line for line in LINES if line.page == page and classify(line) == "registry")


@pytest.mark.parametrize("page", REGISTRY)
def test_a_page_can_be_followed(world: World, page: str) -> None:
    if not has_namespaces() and any(names_folders(line.text) for line in lines_of(page)):
        pytest.skip("this user may see no other folders below /opt and the like")
    prepare(world, page)
    for line in lines_of(page):
        type_line(world, line)
