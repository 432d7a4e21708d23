#!/usr/bin/env python3
"""Ask mlenv and its rivals which PyTorch described machines should get, and judge the answers by other facts.

usage: compare_peers.py --machines DIR --judge FILE [--facts DIR] [--peers DIR] [--mlenv PATH] [--fake-gpu DIR]
                        [--as-of DAY]... [--output FILE]

`--judge` is a Python file with `Facts(folder)` and `answers(facts, machine, gpu)`, which says what
is right by facts of its own; `--facts` is its folder (default: `facts` beside the file's folder).
`--peers` is a folder of virtual environments, one for each rival (uv, rigsolve, env-doctor), which
are made where they are missing.  `--fake-gpu` is a folder with libraries of a fake NVIDIA driver
that read FAKE_NVIDIA.  Each `--as-of` adds totals as of an earlier day.

A rival is asked for the machine's own Python, and where that answer is not right for one that it
could bring; the better answer counts.  Run it on a Linux x86_64 machine without a GPU: rivals that
look for themselves see the described machine through programs on PATH.  Needs openssl; Linux for
the rivals' sake.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import tomli
from peers.answer import run
from peers.described import Described, read_machines
from peers.fake_driver import make_driver
from peers.judge import Judge, Judged, better
from peers.listing import Listing, make_listing
from peers.stand_in import serve_index
from peers.table import Comparison, Entrant, render, write_right
from peers.tools import FRAMEWORK, EnvDoctor, Mlenv, Rigsolve, Tool, Uv

from mlenv.matrix.load import Matrix

RIVALS = ("uv", "rigsolve", "env-doctor")
INDEX = "pytorch"
"""The index of the matrix that uv's backends stand for."""
SIMULATED = """\
No GPU and no driver is real: the answers are plans, nothing was installed or run on a device.
The index of PyTorch builds is a stand-in under its true address, filled with the releases and builds of mlenv's \
matrix, likely ones included; macOS wheels stand on its CPU page.
mlenv and rigsolve plan without a network, uv asks the stand-in on this machine, env-doctor tries to fetch newer data \
and falls back to its own where it cannot: compare seconds with that in mind.
A tool that can plan for a Python that is not there yet is asked for the machine's own and, where that answer is not \
right, for the newest that has been out for a year; the better answer counts.
The judge shares no code with mlenv's resolver and has facts of its own; both were gathered from public sources.
""".splitlines()


def make_peer(folder: Path, name: str) -> Path:
    """The program of a rival in a virtual environment of its own, made where it is missing."""
    environment = folder / name
    program = environment / "bin" / name
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        subprocess.run([str(environment / "bin" / "pip"), "install", "-q", name], check=True)
    return program


def read_published(uv: Path, name: str, version: str) -> str:
    """The day a release was published by the package index; empty where nobody says."""
    argv = [str(uv), "pip", "compile", "-q", "--no-deps", "--format", "pylock.toml", "--python-version", "3.12", "-"]
    done = run(argv, os.environ, stdin=f"{name}=={version}\n")
    packages = tomli.loads(done.out).get("packages", []) if not done.status else []
    wheels = [wheel for package in packages for wheel in package.get("wheels", [])]
    times = [wheel["upload-time"] for wheel in wheels if "upload-time" in wheel]
    return min(times).date().isoformat() if times else ""


def ask(tool: Tool, judge: Judge, machine: Described, pythons: Sequence[str], shown: Mapping[str, str]) -> Judged:
    """A tool's verdict on a machine: for its Python, and where that is not right for the other ones."""
    best: Judged | None = None
    for python in pythons if tool.takes_python else pythons[:1]:
        answer = tool.ask(machine, python, shown)
        judged = Judged(answer=answer, word=judge.judge(machine, answer))
        best = better(best, judged) if best else judged
        if best.word in ("right", "cannot be asked", "not judged"):
            break
    assert best is not None
    return best


def settled_python(matrix: Matrix) -> str:
    """The newest Python that has been out for a year."""
    settled = matrix.day - dt.timedelta(days=365)
    return next(row.version for row in matrix.pythons if row.released <= settled)


def make_tools(
    programs: Mapping[str, Path], listing: Listing, index: Mapping[str, str], cache: Path, day: dt.date | None
) -> tuple[Tool, ...]:
    """The compared tools; ``index`` are the variables that lead to the stand-in."""
    return (
        Uv(programs["uv"], index, cache),
        Rigsolve(programs["rigsolve"]),
        EnvDoctor(programs["env-doctor"], listing),
        Mlenv(programs["mlenv"], day.isoformat() if day else ""),
    )


def compare(options: argparse.Namespace, programs: Mapping[str, Path], day: dt.date | None, folder: Path) -> Comparison:
    """Every machine and tool as of a day."""
    matrix = Matrix()
    judge = Judge(options.judge, options.facts, day)
    machines = read_machines(options.machines)
    listing = make_listing(matrix.framework(FRAMEWORK), day)
    folder.mkdir()
    with serve_index(folder, matrix.indexes[INDEX].url, listing.project, listing.pages(INDEX)) as index:
        tools = make_tools(programs, listing, index, folder / "cache", day)
        results: dict[str, dict[str, Judged]] = {}
        for machine in machines:
            shown = make_driver(folder / machine.name, machine, matrix.drivers, options.fake_gpu)
            pythons = list(dict.fromkeys([machine.python or settled_python(matrix), settled_python(matrix)]))
            results[machine.name] = {tool.name: ask(tool, judge, machine, pythons, shown) for tool in tools}
            words = (f"{name}: {one.word};" for name, one in results[machine.name].items())
            print(machine.name, *words, file=sys.stderr)
    right = {machine.name: write_right(judge.right(machine)[0]) for machine in machines}
    return Comparison(machines=machines, right=right, results=results, day=day.isoformat() if day else "")


def meet(tools: Sequence[Tool], uv: Path) -> list[Entrant]:
    """Each tool with its version and the day that was published."""
    entrants = []
    for tool in tools:
        version = tool.version()
        published = read_published(uv, tool.name, version) if tool.name in RIVALS and version else ""
        entrants.append(Entrant(name=tool.name, version=version, published=published, asked=tool.asked))
    return entrants


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machines", type=Path, required=True, metavar="DIR")
    parser.add_argument("--judge", type=Path, required=True, metavar="FILE")
    parser.add_argument("--facts", type=Path, metavar="DIR")
    parser.add_argument("--peers", type=Path, metavar="DIR")
    parser.add_argument("--mlenv", type=Path, default=Path(sys.executable).with_name("mlenv"), metavar="PATH")
    parser.add_argument("--fake-gpu", type=Path, metavar="DIR")
    parser.add_argument("--as-of", type=dt.date.fromisoformat, action="append", default=[], metavar="DAY")
    parser.add_argument("--output", type=Path, metavar="FILE")
    options = parser.parse_args()
    options.facts = options.facts or options.judge.resolve().parents[1] / "facts"
    options.fake_gpu = options.fake_gpu and options.fake_gpu.absolute()
    return options


def main() -> int:
    options = parse_arguments()
    if not read_machines(options.machines):
        print(f"{options.machines}: describes no machine", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        peers = (options.peers or folder / "peers").absolute()
        programs = {name: make_peer(peers, name) for name in RIVALS} | {"mlenv": options.mlenv.absolute()}
        days = enumerate([None, *options.as_of])
        comparisons = [compare(options, programs, day, folder / f"run{number}") for number, day in days]
        listing = make_listing(Matrix().framework(FRAMEWORK), None)
        entrants = meet(make_tools(programs, listing, {}, folder, None), programs["uv"])
    page = render(dt.date.today().isoformat(), entrants, comparisons, SIMULATED)  # noqa: DTZ011  # the reader's day
    if options.output:
        options.output.write_text(page)
    else:
        print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
