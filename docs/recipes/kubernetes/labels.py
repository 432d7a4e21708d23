"""Labels of a node out of mlenv's report, as node-feature-discovery reads them from a file.

usage: python labels.py REPORT.json > /etc/kubernetes/node-feature-discovery/features.d/mlenv

Hardware has the names that gpu-feature-discovery gives it, so selectors work with or without that; the verdict of
``mlenv doctor`` and its findings are below ``mlenv.example.org``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OURS = "mlenv.example.org"
LONGEST = 63


def make_labels(report: dict[str, Any]) -> dict[str, str]:
    """The labels of a report of ``mlenv doctor``."""
    machine = report["machine"]
    found = {
        **dict(label_gpus([gpu for gpu in machine.get("gpus") or [] if gpu.get("vendor") == "nvidia"])),
        **dict(label_driver(machine.get("nvidia") or {})),
        f"{OURS}/doctor": report["status"],
        **{f"{OURS}/{row['id']}": row["severity"] for row in report["findings"] if row["severity"] != "info"},
    }
    return {name: as_value(text) for name, text in found.items() if as_value(text)}


def label_gpus(gpus: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Kind and number of the GPUs; the first stands for all, as it does for gpu-feature-discovery."""
    if not gpus:
        return
    first = gpus[0]
    yield "nvidia.com/gpu.present", "true"
    yield "nvidia.com/gpu.count", str(len(gpus))
    yield "nvidia.com/gpu.product", first.get("name") or ""
    yield "nvidia.com/gpu.family", (first.get("architecture") or "").lower()
    if first.get("memory_bytes"):
        yield "nvidia.com/gpu.memory", str(first["memory_bytes"] // 2**20)
    yield from split_version("nvidia.com/gpu.compute", first.get("compute_capability"), ("major", "minor"))


def label_driver(nvidia: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The driver, and the newest CUDA that it offers."""
    parts = ("major", "minor", "revision")
    for name, version in (("driver", nvidia.get("driver")), ("runtime", nvidia.get("cuda"))):
        yield f"nvidia.com/cuda.{name}-version.full", version or ""
        yield from split_version(f"nvidia.com/cuda.{name}-version", version, parts)


def split_version(name: str, version: str | None, parts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """A label for each part of a version."""
    yield from ((f"{name}.{part}", number) for part, number in zip(parts, (version or "").split("."), strict=False))


def as_value(text: str) -> str:
    """The text in letters that a label may have."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:LONGEST].strip("-._")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for label, value in make_labels(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))).items():
        sys.stdout.write(f"{label}={value}\n")
