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

import msgspec

from mlenv.checks.registry import Case, diagnose
from mlenv.cli.settings import open_redactor
from mlenv.intake import load_case
from mlenv.matrix.load import Matrix
from mlenv.probe import probe_machine
from mlenv.probe.environments.environment import read_environment
from mlenv.report.redact import mask_machine, mask_text
from mlenv.system.host import LiveHost
from mlenv.system.recording import RecordingHost, save_recording

MACHINES = Path(__file__).resolve().parents[1] / "tests" / "machines"
PROJECT = "/home/user/project"


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
    """Write the machine, its environment and the findings that a recording gives today."""
    machine, environment = load_case(folder)
    machine = mask_machine(machine)
    write(folder / "machine.json", machine)
    if environment is not None:
        write(folder / "environment.json", environment)
    diagnosis = diagnose(Case(machine=machine, environment=environment), Matrix())
    findings = [[finding.id, finding.severity] for finding in diagnosis.findings]
    write(folder / "findings.json", {"status": diagnosis.status, "findings": findings})


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
