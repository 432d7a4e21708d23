"""Drawn machines and requests: every plan keeps the rules, none is better, every refusal is right.

The checker (``independent/``) shares no code with the resolver; ``scripts/check_plans.py`` asks the
same of hundreds of machines.
"""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from mlenv.intake.described import parse_description
from mlenv.matrix.load import data_folder
from tests.property.drawn_machines import draw_machines
from tests.property.generated_plans import Judge, Tally, draw_requests
from tests.property.independent.question import Asked

FOLDER = data_folder()
PROFILES = sorted(path.stem for path in (FOLDER / "profiles").glob("*.toml"))
SCRIPTS = Path(__file__).parents[2] / "scripts"
WORKSTATION = """\
os = "linux"
arch = "x86_64"
libc = "glibc 2.39"
python = ["3.12.3"]

[cpu]
flags = ["sse4_2", "avx", "avx2", "fma"]

[[gpu]]
vendor = "nvidia"
name = "NVIDIA GeForce RTX 4090"

[nvidia]
driver = "580.95.05"
"""
BATCHES, MACHINES, REQUESTS = 8, 5, 2


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(FOLDER)


def bad(tally: Tally) -> str:
    return "\n".join(f"{case}\n{case.machine}" for case in tally.bad)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_answer_for_drawn_machines_is_right(judge: Judge, batch: int) -> None:
    tally, seeds = Tally(), random.Random(batch)
    for text in draw_machines(FOLDER, batch, MACHINES):
        tally.add(judge.cases(text, draw_requests(judge.data, seeds.getrandbits(32), REQUESTS)))
    assert bad(tally) == ""
    assert tally.counts.total() == MACHINES * REQUESTS


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_gets_the_best_plan_on_a_workstation(judge: Judge, profile: str) -> None:
    (case,) = judge.cases(WORKSTATION, [Asked(profiles=(profile,))])
    assert case.verdict.is_good, str(case)


def test_the_same_seed_draws_the_same_machines_and_requests(judge: Judge) -> None:
    assert draw_machines(FOLDER, 7, 20) == draw_machines(FOLDER, 7, 20)
    assert draw_machines(FOLDER, 7, 20) != draw_machines(FOLDER, 8, 20)
    assert draw_requests(judge.data, 7, 20) == draw_requests(judge.data, 7, 20)


def test_the_drawing_covers_the_world() -> None:
    machines = [parse_description(text, origin="drawn") for text in draw_machines(FOLDER, 1, 500)]
    assert {machine.platform for machine in machines} >= {
        "linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64", "macos-x86_64",
    }  # fmt: skip
    assert {gpu.vendor for machine in machines for gpu in machine.gpus or ()} == {
        "nvidia", "amd", "intel", "apple", "google",
    }  # fmt: skip
    assert {"glibc", "musl"} == {machine.os.libc.family for machine in machines if machine.os.libc}
    drivers = [machine.nvidia.driver for machine in machines if machine.nvidia]
    assert {"418", "470", "535", "580"} <= {(driver or "").partition(".")[0] for driver in drivers}
    assert any(machine.os.wsl for machine in machines)
    assert any(machine.pythons == () for machine in machines)
    assert any(python.free_threaded for machine in machines for python in machine.pythons or ())
    assert any(machine.cpu.flags and "avx" not in machine.cpu.flags for machine in machines)


def test_the_scripts_run(tmp_path: Path) -> None:
    drawn = [sys.executable, str(SCRIPTS / "draw_machines.py"), "3", "4", str(tmp_path)]
    assert subprocess.run(drawn, check=False).returncode == 0
    texts = [path.read_text(encoding="utf-8") for path in sorted(tmp_path.iterdir())]
    assert draw_machines(FOLDER, 3, 4) == texts
    checked = [sys.executable, str(SCRIPTS / "check_plans.py"), "--machines", "1", "--requests", "1", "--seed", "3"]
    done = subprocess.run(checked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "1 answers: " in done.stdout
