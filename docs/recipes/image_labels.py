#!/usr/bin/env python3
"""The labels of a proven image, as words for `docker build`, from the reports of its pipeline.

usage: image_labels.py VERIFY.json [--plan PLAN.json] [--source ADDRESS] [--revision COMMIT]

VERIFY.json is written by `mlenv verify --output`, PLAN.json by `mlenv plan --output`.  The words are
ended by a zero byte each, for `xargs -0`.  Status 1, and nothing written, where the verdict is none that
an image may be published with.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

GOOD = ("ok", "warning")


def main() -> int:
    """Write the words, and give the status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verify", type=Path, metavar="VERIFY.json")
    parser.add_argument("--plan", type=Path, metavar="PLAN.json")
    parser.add_argument("--source", default="", metavar="ADDRESS")
    parser.add_argument("--revision", default="", metavar="COMMIT")
    options = parser.parse_args()
    try:
        verify = read(options.verify, "mlenv.verify/")
        plan = read(options.plan, "mlenv.plan/") if options.plan else {}
    except (OSError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    if verify["status"] not in GOOD:
        sys.stderr.write(
            f"error: {options.verify}: the verdict is {verify['status']!r}, which no image is published with\n"
        )
        return 1
    labels = {**describe(verify, plan), **origin(options)}
    sys.stdout.write("".join(f"--label\0{name}={value}\0" for name, value in labels.items() if value))
    return 0


def read(path: Path, schema: str) -> dict[str, Any]:
    """A document of that schema; :class:`ValueError` for anything else."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or not str(document.get("schema", "")).startswith(schema):
        raise ValueError(f"{path}: is no document of {schema}N")
    return document


def describe(verify: dict[str, Any], plan: dict[str, Any]) -> dict[str, str]:
    """What is in the image, and what was said of it."""
    accelerator = plan.get("accelerator", {})
    return {
        "org.opencontainers.image.title": str(plan.get("profile", "")),
        "org.mlenv.profile": str(plan.get("profile", "")),
        "org.mlenv.accelerator": " ".join(map(str, accelerator.values())),
        "org.mlenv.version": str(verify["mlenv_version"]),
        "org.mlenv.matrix.version": str(verify["matrix_version"]),
        "org.mlenv.policy": str(verify.get("policy", "")),
        "org.mlenv.level": str(verify.get("level", "")),
        "org.mlenv.verdict": str(verify["status"]),
        "org.mlenv.frameworks": " ".join(list_frameworks(verify["results"])),
    }


def list_frameworks(results: list[dict[str, Any]]) -> Iterator[str]:
    """Each framework that was seen to compute, with its version, once."""
    seen = {
        f"{row['framework']}={row['version']}": None for row in results if row["check"] == "compute" and row["version"]
    }
    yield from seen


def origin(options: argparse.Namespace) -> dict[str, str]:
    """Where the recipe of the image is kept."""
    names = {"org.opencontainers.image.source": options.source, "org.opencontainers.image.revision": options.revision}
    return {name: str(value) for name, value in names.items()}


if __name__ == "__main__":
    sys.exit(main())
