#!/usr/bin/env python3
"""Compare what mlenv reads through NVML with what `nvidia-smi -q -x` says, field by field.

usage: compare_nvidia_smi.py [--xml FILE] [--snapshot FILE]

Without arguments both are asked on this machine; `--xml` and `--snapshot` (of
`mlenv probe --format json --no-redact`) compare what was saved.  Status 0: every field that both
know agrees; 1: some differ; 5: there is nothing to compare.  What changes from one moment to the
next (temperature, power, clocks, free memory) may differ by a tenth of its largest value.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.formats.nvidia_smi_xml import parse_nvidia_smi_xml
from mlenv.intake.snapshot import parse_snapshot

MOVING = {
    "memory_free_bytes", "bar1_free_bytes", "temperature_celsius", "power.draw_watts", "clocks.graphics_mhz",
    "clocks.memory_mhz", "performance_state", "clock_events", "processes", "link.generation",
}  # fmt: skip
"""Fields that change while the two programs run."""
OTHER_WORDS = {"index", "driver", "numa_node"}
"""Fields that the two do not mean alike: mlenv's driver is the kernel's, nvidia-smi's order its own."""


def flatten(gpu: Gpu) -> dict[str, object]:
    """The known facts of a GPU by dotted name."""
    found: dict[str, object] = {}

    def visit(prefix: str, value: object) -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                visit(f"{prefix}.{name}" if prefix else name, item)
        elif value is not None:
            found[prefix] = value

    visit("", msgspec.to_builtins(gpu))
    return found


def compare(ours: Gpu, theirs: Gpu) -> tuple[list[str], int]:
    """The fields that differ, one line each, and how many agree."""
    mine, other = flatten(ours), flatten(theirs)
    names = sorted((mine.keys() & other.keys()) - OTHER_WORDS - MOVING)
    differing = [
        f"{name}: mlenv {mine[name]!r}, nvidia-smi {other[name]!r}" for name in names if mine[name] != other[name]
    ]
    return differing, len(names) - len(differing)


def read_xml(path: Path | None) -> str:
    """What nvidia-smi says, or said."""
    if path is not None:
        return path.read_text(encoding="utf-8", errors="replace")
    try:
        return subprocess.run(
            ["nvidia-smi", "-q", "-x"], capture_output=True, text=True, timeout=60, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def read_snapshot(path: Path | None) -> Machine:
    """What mlenv reads, or read."""
    if path is not None:
        return parse_snapshot(path.read_text(encoding="utf-8"), origin=str(path))
    argv = [sys.executable, "-m", "mlenv", "probe", "--format", "json", "--no-redact"]
    return parse_snapshot(subprocess.run(argv, capture_output=True, text=True, check=True).stdout, origin="mlenv probe")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--xml", type=Path)
    parser.add_argument("--snapshot", type=Path)
    asked = parser.parse_args()
    report = parse_nvidia_smi_xml(read_xml(asked.xml))
    machine = read_snapshot(asked.snapshot)
    theirs = {gpu.uuid: gpu for gpu in report.gpus} if report else {}
    ours = {gpu.uuid: gpu for gpu in machine.gpus_of("nvidia")}
    if not theirs or None in theirs:
        print("nvidia-smi names no GPU: nothing to compare")
        return 5
    lines = [f"{uuid}: only nvidia-smi has it" for uuid in theirs.keys() - ours.keys()]
    if report and machine.nvidia and report.driver and report.driver != machine.nvidia.driver:
        lines.append(f"driver: mlenv {machine.nvidia.driver}, nvidia-smi {report.driver}")
    agreed = 0
    for uuid in ours.keys() & theirs.keys():
        differing, same = compare(ours[uuid], theirs[uuid])
        agreed += same
        lines += [f"{uuid}: {line}" for line in differing]
    print("\n".join([*lines, f"{len(ours)} GPUs, {agreed} fields agree, {len(lines)} differ"]))
    return 1 if lines or not agreed else 0


if __name__ == "__main__":
    sys.exit(main())
