#!/usr/bin/env python3
"""Draw described machines: systems, GPUs, drivers and Pythons, weighted like the world.

usage: draw_machines.py SEED COUNT [FOLDER]

The same seed and rows of the matrix give the same machines.  They go to FOLDER as
`machine-0001.toml` and so on, or are printed, one after another.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.property.drawn_machines import draw_machines  # noqa: E402


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("seed", type=int)
    options.add_argument("count", type=int)
    options.add_argument("folder", type=Path, nargs="?")
    asked = options.parse_args()
    for number, text in enumerate(draw_machines(ROOT / "compat_matrix", asked.seed, asked.count), 1):
        name = f"machine-{number:04}.toml"
        if asked.folder is None:
            print(f"# {name}\n{text}")
            continue
        asked.folder.mkdir(parents=True, exist_ok=True)
        (asked.folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
