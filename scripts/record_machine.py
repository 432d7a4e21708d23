#!/usr/bin/env python3
"""Record this machine as a test case, or rewrite what the recorded ones are expected to give.

usage: record_machine.py NAME [--env PATH] [--replace OLD=NEW]...    make tests/machines/NAME
       record_machine.py --golden [NAME]...                          rewrite the expectations (of all)

NAME is os-distribution-device, such as linux-ubuntu2404-rtx4090.  Credentials, user and host names,
the home folder, serial numbers and UUIDs are taken out; `--replace` takes other private texts out.
Read the files before you commit them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from mlenv.checks.registry import Case, diagnose
from mlenv.cli.settings import open_redactor
from mlenv.facts.machine import Machine
from mlenv.intake import load_case
from mlenv.matrix.load import Matrix
from mlenv.probe import probe_machine
from mlenv.probe.environments.environment import read_environment
from mlenv.report.redact import mask_machine, mask_text
from mlenv.resolve.device_words import warn_of_devices
from mlenv.resolve.request import make_request
from mlenv.resolve.resolution import Impossible, Resolution
from mlenv.resolve.solve import resolve
from mlenv.system.host import LiveHost
from mlenv.system.recording import RecordingHost, save_recording

MACHINES = Path(__file__).resolve().parents[1] / "tests" / "machines"
PROJECT = "/home/user/project"
PROFILES = ("pytorch", "pytorch-gpu", "tensorflow-gpu", "jax-gpu", "starter")
"""The profiles whose plans are kept for every machine."""


def record(name: str, environment: str | None, replacements: list[tuple[str, str]]) -> None:
    """Make the folder of a machine: its raw readings and what they are expected to give."""
    redact = open_redactor()
    with tempfile.TemporaryDirectory() as project:
        path = environment or f"{project}/.venv"
        words = [(project, PROJECT), *replacements]

        def strip(text: str) -> str:
            for old, new in words:
                text = text.replace(old, new)
            return redact(mask_text(text))

        host = RecordingHost(LiveHost())
        host.recording.environment_path = path
        probe_machine(host, environment_path=path)
        read_environment(host, path)
        save_recording(host, MACHINES / name, strip)
    expect(MACHINES / name)


def expect(folder: Path) -> None:
    """Write the machine, its environment, the findings and the plans that a recording gives today."""
    matrix = Matrix()
    machine, environment = load_case(folder)
    machine = mask_machine(machine)
    write(folder / "machine.json", machine)
    if environment is not None:
        write(folder / "environment.json", environment)
    diagnosis = diagnose(Case(machine=machine, environment=environment), matrix)
    findings = [[finding.id, finding.severity] for finding in diagnosis.findings]
    write(folder / "findings.json", {"status": diagnosis.status, "findings": findings})
    write(folder / "plan.json", {profile: outline_plan(machine, matrix, profile) for profile in PROFILES})


def outline_plan(machine: Machine, matrix: Matrix, profile: str) -> dict[str, Any]:
    """What a plan for a profile decides, without its wording: builds, rules that builds fell by, ways to more."""
    answer = resolve(make_request(matrix, [matrix.profile(profile)]), machine, matrix)
    rules = sorted({row.rule for row in answer.rejected})
    if isinstance(answer, Impossible):
        return {"status": "impossible", "fallen_by": rules, "remedies": list(answer.remedies)}
    return {
        "status": "planned",
        "python": answer.python,
        "accelerator": f"{answer.accelerator} {answer.variant}",
        "packages": _outline_packages(answer),
        "fallen_by": rules,
        "lifts": [f"{lift.change}: {lift.gives}" for lift in answer.lifts],
        "devices": warn_of_devices(machine, matrix, answer.accelerator),
    }


def _outline_packages(answer: Resolution) -> dict[str, str]:
    """Release and build of each framework; of builds for any device the release alone."""
    rows = sorted(answer.picks, key=lambda pick: pick.framework)
    return {
        pick.framework: pick.release.version + ("" if pick.build.variant == "any" else f" {pick.build.variant}")
        for pick in rows
    }


def write(path: Path, value: object) -> None:
    """A value as indented JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--env", metavar="PATH", help="an environment to record with the machine")
    parser.add_argument("--replace", action="append", default=[], metavar="OLD=NEW")
    parser.add_argument("--golden", action="store_true")
    options = parser.parse_args()
    if options.golden:
        known = sorted(path.parent for path in MACHINES.glob("*/recording.json"))
        for folder in [MACHINES / name for name in options.names] or known:
            expect(folder)
    elif len(options.names) == 1:
        replacements = [(old, new) for old, _, new in (text.partition("=") for text in options.replace)]
        record(options.names[0], options.env, replacements)
    else:
        parser.error("name one machine, or say --golden")
    sys.stderr.write("read the files before you commit them\n")


if __name__ == "__main__":
    main()
