#!/usr/bin/env python3
"""Record this machine as a test case, or rewrite what the recorded ones are expected to give.

usage: record_machine.py NAME [--replace OLD=NEW]...    make tests/machines/NAME
       record_machine.py --golden                       rewrite the expectations of all of them

NAME is os-distribution-device, such as linux-ubuntu2404-rtx4090.  Credentials are masked and the
home folder becomes /home/user; `--replace` takes other private texts out.  Read the files before
you commit them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import msgspec

from mlenv.checks.registry import Case, diagnose
from mlenv.matrix.load import Matrix
from mlenv.probe import probe_machine
from mlenv.report.redact import mask_machine, mask_text
from mlenv.system.host import LiveHost
from mlenv.system.recording import RecordingHost, load_recording, save_recording

MACHINES = Path(__file__).resolve().parents[1] / "tests" / "machines"
PROJECT = "/home/user/project"


def record(name: str, replacements: list[tuple[str, str]]) -> None:
    """Make the folder of a machine: its raw readings and what they are expected to give."""
    host = RecordingHost(LiveHost())
    with tempfile.TemporaryDirectory() as project:
        host.recording.environment_path = f"{project}/.venv"
        probe_machine(host, environment_path=host.recording.environment_path)
        save_recording(host, MACHINES / name, mask_text)
        path = MACHINES / name / "recording.json"
        text = path.read_text(encoding="utf-8")
        for old, new in [(project, PROJECT), (host.home, "/home/user"), *replacements]:
            text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    expect(MACHINES / name)


def expect(folder: Path) -> None:
    """Write the machine and the findings that a recording gives today."""
    host = load_recording(folder)
    machine = mask_machine(probe_machine(host, environment_path=host.environment_path))
    write(folder / "machine.json", machine)
    diagnosis = diagnose(Case(machine=machine), Matrix())
    findings = [[finding.id, finding.severity] for finding in diagnosis.findings]
    write(folder / "findings.json", {"status": diagnosis.status, "findings": findings})


def write(path: Path, value: object) -> None:
    """A value as indented JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?")
    parser.add_argument("--replace", action="append", default=[], metavar="OLD=NEW")
    parser.add_argument("--golden", action="store_true")
    options = parser.parse_args()
    if options.golden:
        for folder in sorted(path.parent for path in MACHINES.glob("*/recording.json")):
            expect(folder)
    elif options.name:
        record(options.name, [(old, new) for old, _, new in (text.partition("=") for text in options.replace)])
    else:
        parser.error("name the machine, or say --golden")
    sys.stderr.write("read the files before you commit them\n")


if __name__ == "__main__":
    main()
