#!/usr/bin/env python3
"""Score `mlenv doctor` on cases that were not looked at while its rules were written.

usage: crossval.py [--seed N] [--list] [--mlenv "CMD"] [--jobs N] FOLDER [FOLDER ...]

The folders hold cases as JSON files with `symptom`, `observed`, `env_dump`, `date`, `class` and
`expected.cause` (null for a healthy machine).  A third of each class is drawn by the seed and held
out: who writes rules reads the other two thirds only (`--list` prints both parts).  The scores of
both parts are printed, and the gap between them, which says how far the rules know the cases and
not the causes.
"""

from __future__ import annotations

import argparse
import json
import random
import shlex
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from mlenv.system.process import run

SECONDS = 20.0
GIVEN = ("symptom", "observed", "env_dump")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One case: whether the first finding was right, and whether any was."""

    name: str
    healthy: bool
    right: bool
    named: bool


def main() -> int:
    """Draw, score and print."""
    options = read_options()
    cases = {path: json.loads(path.read_text()) for folder in options.folders for path in sorted(folder.glob("*.json"))}
    if not cases:
        sys.exit("no cases found")
    held = draw_third(cases, options.seed)
    if options.list:
        for path in cases:
            print(f"{'held out' if path in held else 'to read '}  {path}")
        return 0
    command = shlex.split(options.mlenv)
    with ThreadPoolExecutor(options.jobs) as pool:
        outcomes = dict(zip(cases, pool.map(lambda path: score(command, path, cases[path]), cases), strict=True))
    first = tell("read", [outcomes[path] for path in cases if path not in held])
    second = tell("held out", [outcomes[path] for path in held])
    print(f"gap: {100 * (first - second):+.1f} points")
    return 0


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--mlenv", default=f"{shlex.quote(sys.executable)} -m mlenv")
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()


def draw_third(cases: dict[Path, dict[str, object]], seed: int) -> set[Path]:
    """A third of each class, at least one where it has two or more."""
    classes: dict[str, list[Path]] = defaultdict(list)
    for path, case in cases.items():
        classes[str(case.get("class") or case.get("framework"))].append(path)
    drawn: set[Path] = set()
    rest: list[Path] = []
    dice = random.Random(seed)  # noqa: S311 - a draw that can be repeated
    for paths in classes.values():
        dice.shuffle(paths)
        drawn.update(paths[: len(paths) // 3])
        rest += paths[len(paths) // 3 * 3 :]
    dice.shuffle(rest)
    return drawn | set(rest[: max(0, len(cases) // 3 - len(drawn))])


def score(command: Sequence[str], path: Path, case: dict[str, object]) -> Outcome:
    """Run doctor over what a user would have pasted, as of the day of the report."""
    given = {key: case.get(key) for key in GIVEN}
    if isinstance(given["observed"], dict):
        given["observed"] = {key: value for key, value in given["observed"].items() if key != "note"}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        report.write_text(json.dumps(given))
        argv = [*command, "doctor", "--from", str(report), "--as-of", day_of(str(case.get("date") or ""))]
        ended = run([*argv, "--format", "json"], timeout=SECONDS, cwd=folder)
    return judge(path.stem, case, ended.stdout)


def day_of(date: str) -> str:
    """A whole date: of a year its last day, of a month its 28th."""
    parts = date.split("-")
    return {1: f"{parts[0] or 2026}-12-31", 2: f"{date}-28"}.get(len(parts), date)


def judge(name: str, case: dict[str, object], text: str) -> Outcome:
    """Whether the findings are right; what is no report is wrong."""
    expected = case["expected"]
    assert isinstance(expected, dict)
    healthy = expected.get("cause") is None
    try:
        findings = json.loads(text)["findings"]
    except (ValueError, KeyError):
        return Outcome(name=name, healthy=healthy, right=False, named=False)
    if healthy:
        errors = {finding["id"] for finding in findings if finding["severity"] == "error"}
        calm = not errors - set(expected.get("allowed", []))
        return Outcome(name=name, healthy=True, right=calm, named=calm)
    accepted = {expected["cause"], *expected.get("also_accept", [])}
    ids = [finding["id"] for finding in findings]
    return Outcome(name=name, healthy=False, right=bool(ids) and ids[0] in accepted, named=bool(accepted & set(ids)))


def tell(part: str, outcomes: Iterable[Outcome]) -> float:
    """Print the scores of a part; the share of failures whose first finding is right."""
    listed = list(outcomes)
    failures = [one for one in listed if not one.healthy]
    healthy = [one for one in listed if one.healthy]
    right, named = sum(one.right for one in failures), sum(one.named for one in failures)
    calm = sum(one.right for one in healthy)
    print(f"{part}: first right {right}/{len(failures)}, named {named}/{len(failures)}, calm {calm}/{len(healthy)}")
    wrong = [one.name for one in listed if not one.right]
    if wrong:
        print(f"  wrong: {', '.join(wrong)}")
    return right / len(failures) if failures else 1.0


if __name__ == "__main__":
    sys.exit(main())
