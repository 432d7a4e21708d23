#!/usr/bin/env python3
"""Lock every profile for real: plan it, have uv prove the plan against the registry, and say so in a table.

lock_profiles.py                                 every profile, Python 3.10 to 3.14, Linux on x86_64 without a GPU
lock_profiles.py --profile starter --python 3.12 some of them
lock_profiles.py --machine FILE                  for a described machine

Nothing is downloaded but metadata.  The table is Markdown; status 1 where uv refuses a plan that the
matrix believed in, or could not be asked.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec

from mlenv.cli.proof import prove_request
from mlenv.errors import MlenvError
from mlenv.intake import load_machine
from mlenv.matrix.load import Matrix
from mlenv.plan.options import PlanOptions
from mlenv.resolve.request import make_request
from mlenv.resolve.resolution import Impossible
from mlenv.terminal import Terminal

PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
WORKERS = 2
SERVER = """
os = "linux"
os_version = "22.04"
arch = "x86_64"
libc = "glibc 2.35"
python = []
[cpu]
flags = ["sse4_1", "sse4_2", "avx", "avx2", "fma", "f16c", "bmi1", "bmi2", "avx512f"]
"""
"""An ordinary server without a GPU; any Python can be brought."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one profile on one Python: ``state`` is ``ok``, ``no plan`` or ``not proven``.

    ``size`` is in bytes, None where an index says none; ``text`` says why not, or what was given up.
    """

    profile: str
    python: str
    state: str
    accelerator: str = ""
    packages: int = 0
    size: int | None = None
    text: str = ""


def lock(question: tuple[str, str, str]) -> Row:
    """Plan and prove one profile for one Python on a described machine."""
    profile, python, machine = question
    matrix = Matrix()
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as silence:
        request = make_request(matrix, [matrix.profile(profile)], python=python)
        terminal = Terminal(quiet=True, stderr=silence)
        try:
            options = PlanOptions(environment=str(Path(folder) / "env"))
            plan = prove_request(request, load_machine(Path(machine)), matrix, options, terminal, here=False).plan
        except MlenvError as error:
            return Row(profile=profile, python=python, state="no plan", text=error.message)
    if isinstance(plan, Impossible):
        text = "; ".join(dict.fromkeys([*(row.text for row in plan.reasons), *(row.text for row in plan.rejected[:2])]))
        return Row(profile=profile, python=python, state="no plan", text=text)
    assert plan.proof is not None
    if plan.proof.status != "proven":
        return Row(profile=profile, python=python, state="not proven", text=plan.proof.detail)
    notes = [f"built from source: {', '.join(plan.proof.built)}"] if plan.proof.built else []
    notes += [f"given up: {text}" for text in plan.proof.given_up]
    return Row(
        profile=profile,
        python=python,
        state="ok",
        accelerator=plan.accelerator.variant,
        packages=plan.proof.packages,
        size=plan.download_bytes,
        text="; ".join(notes),
    )


def render(rows: Sequence[Row]) -> str:
    """A table with a line per profile and a column per Python, and the notes below it."""
    pythons = list(dict.fromkeys(row.python for row in rows))
    notes = {text: number for number, text in enumerate(dict.fromkeys(row.text for row in rows if row.text), 1)}
    lines = ["| profile | " + " | ".join(pythons) + " |", "| --- |" + " --- |" * len(pythons)]
    for profile in dict.fromkeys(row.profile for row in rows):
        cells = [_cell(row, notes) for row in rows if row.profile == profile]
        lines.append(f"| {profile} | " + " | ".join(cells) + " |")
    ok = sum(row.state == "ok" for row in rows)
    lines += ["", f"{ok} of {len(rows)} are locked: packages, and what they are to download.", ""]
    lines += [f"{number}. {text}" for text, number in notes.items()]
    return "\n".join(lines).rstrip() + "\n"


def _cell(row: Row, notes: dict[str, int]) -> str:
    note = f" [{notes[row.text]}]" if row.text else ""
    if row.state != "ok":
        return f"{row.state}{note}"
    size = "?" if row.size is None else f"{row.size / 1e6:,.0f} MB"
    return f"{row.packages}, {size}{note}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--profile", action="append", choices=Matrix().profile_names)
    parser.add_argument("--python", action="append", metavar="X.Y")
    parser.add_argument("--machine", metavar="FILE", help="a described machine, snapshot or recording")
    parser.add_argument("--workers", type=int, default=WORKERS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        machine = asked.machine or str(Path(folder) / "server.toml")
        if not asked.machine:
            Path(machine).write_text(SERVER, encoding="utf-8")
        profiles, pythons = asked.profile or Matrix().profile_names, asked.python or PYTHONS
        questions = [(profile, python, machine) for profile in profiles for python in pythons]
        with ProcessPoolExecutor(asked.workers) as pool:
            rows = list(pool.map(lock, questions))
    print(render(rows), end="")
    return int(any(row.state == "not proven" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
