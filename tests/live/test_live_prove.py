"""Joint plans proven by uv: versions, and that no two distributions of the lock write the same file.

The files are those that the wheels list themselves; nothing is downloaded but these lists.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import tomli

from mlenv.cli.proof import prove_request
from mlenv.facts.version import numbers
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.matrix.sources.remote_wheel import Member, open_wheel
from mlenv.plan.download import taken_file
from mlenv.plan.lock import read_lock
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan
from mlenv.resolve.request import make_request
from mlenv.resolve.resolution import Impossible
from mlenv.system.network import Web
from mlenv.terminal import Terminal

pytestmark = [pytest.mark.live, pytest.mark.registry]

MATRIX = Matrix()
JOINT = Path(__file__).parents[3] / "shared" / "facts" / "joint.toml"
SERVER = """
os = "linux"
arch = "x86_64"
libc = "glibc 2.35"
python = ["{python}"]
[cpu]
flags = ["sse4_1", "sse4_2", "avx", "avx2", "fma", "f16c", "bmi1", "bmi2"]
"""
RTX_4090 = """
[nvidia]
driver = "580.95.05"
[[gpu]]
vendor = "nvidia"
name = "NVIDIA GeForce RTX 4090"
compute_capability = "8.9"
memory_gib = 24
"""


def prove(*names: str, profile: str = "", gpu: str = "", python: str = "3.12", accelerator: str = "auto") -> Plan:
    machine = parse_description(SERVER.format(python=python) + gpu, origin="test")
    profiles = [MATRIX.profile(profile)] if profile else []
    request = make_request(MATRIX, profiles, names, accelerator=accelerator, python=python)
    options = PlanOptions(environment=".venv")
    plan = prove_request(request, machine, MATRIX, options, Terminal(quiet=True), here=False).plan
    assert not isinstance(plan, Impossible), plan
    assert plan.proof is not None
    assert "proven" == plan.proof.status, plan.proof.detail
    return plan


@functools.cache
def members(url: str) -> tuple[Member, ...]:
    return open_wheel(Web(), url).members()


def written_twice(plan: Plan) -> Iterator[str]:
    """The paths that two distributions write with different contents, with their names."""
    packages = read_lock(plan.lock or "").packages
    wheels = [(package.name, file) for package in packages if (file := taken_file(package)) is not None]
    with ThreadPoolExecutor(8) as pool:
        lists = pool.map(lambda wheel: members(wheel[1].url), wheels)
    written: dict[str, tuple[str, tuple[int, int]]] = {}
    for (name, _), files in zip(wheels, lists, strict=True):
        for member in files:
            content = (member.bytes, member.checksum)
            other, before = written.setdefault(member.name, (name, content))
            if before != content:
                yield f"{member.name}: {other} and {name}"


def test_all_three_on_the_cpu() -> None:
    plan = prove("torch", "tensorflow", "jax", accelerator="cpu")
    assert "cpu" == plan.accelerator.kind
    assert [] == list(written_twice(plan))


def test_all_three_on_a_gpu() -> None:
    plan = prove("jax", "tensorflow", profile="pytorch", gpu=RTX_4090)
    assert "cuda" == plan.accelerator.kind
    assert {"torch", "jax", "tensorflow"} <= {package.name for package in plan.packages}
    assert [] == list(written_twice(plan))


def test_two_in_their_newest_releases() -> None:
    plan = prove("torch", "jax", gpu=RTX_4090, accelerator="cuda")
    assert [] == list(written_twice(plan))


def stacks() -> list[tuple[str, dict[str, Any]]]:
    """The sets of the joint facts that consist of the three frameworks, by name and Python."""
    if not JOINT.is_file():
        return []
    rows = tomli.loads(JOINT.read_text(encoding="utf-8"))["stack"]
    names = {"cuda12: torch + tensorflow": ("torch", "tensorflow"), "cuda12: tensorflow + jax": ("tensorflow", "jax")}
    return [
        (f"{row['stack']}, {row['python']}", {**row, "names": names[row["stack"]]})
        for row in rows
        if row["stack"] in names
    ]


@pytest.mark.shared
@pytest.mark.parametrize("row", [row for _, row in stacks()], ids=[name for name, _ in stacks()])
def test_the_newest_usable_sets(row: dict[str, Any]) -> None:
    """No older than the sets that were found by hand; a registry moves on, so newer ones are welcome."""
    if not row["usable"]:
        pytest.skip(row["conflict"])
    plan = prove(*row["names"], gpu=RTX_4090, python=row["python"], accelerator="cuda")
    found = {package.name: package.version for package in plan.packages}
    older = {name for name in row["names"] if numbers(found[name]) < numbers(row["versions"][name])}
    assert set() == older, (found, row["versions"])
