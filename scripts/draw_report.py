#!/usr/bin/env python3
"""Draw what a command says as a picture of a terminal: ``draw_report.py [--check] [FILE]``.

The command is ``mlenv doctor`` on a recorded machine, whose report README shows; FILE is
docs/images/doctor.svg.  With ``--check`` nothing is written, and the status is 1 where the picture is not
what mlenv says today.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from mlenv.checks.registry import Case, diagnose
from mlenv.intake import load_case
from mlenv.matrix.load import Matrix
from mlenv.report.doctor import make_document
from mlenv.report.doctor_text import render_text
from mlenv.report.style import UNICODE_MARKS

ROOT = Path(__file__).resolve().parents[1]
MACHINE = "linux-ubuntu2204-rtx4090-mismatch"
PICTURE = ROOT / "docs" / "images" / "doctor.svg"
WIDTH = 84
THEME = TerminalTheme(
    (24, 28, 33),
    (222, 226, 230),
    [
        *((33, 37, 43), (255, 123, 114), (86, 211, 100), (240, 196, 95), (121, 192, 255), (210, 168, 255)),
        *((86, 212, 221), (222, 226, 230)),
    ],
)


def main() -> int:
    """Draw, or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", default=PICTURE)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    drawing = draw(say())
    if not asked.check:
        asked.file.parent.mkdir(parents=True, exist_ok=True)
        asked.file.write_text(drawing, encoding="utf-8")
        return 0
    if asked.file.read_text(encoding="utf-8") == drawing:
        return 0
    print(f"{asked.file} is not what mlenv says today: run {Path(__file__).name}", file=sys.stderr)
    return 1


def say() -> str:
    """What ``mlenv doctor`` says of the recorded machine, in colour."""
    machine, environment = load_case(ROOT / "tests" / "machines" / MACHINE)
    matrix = Matrix()
    diagnosis = diagnose(Case(machine=machine, environment=environment), matrix)
    document = make_document(diagnosis, machine, matrix.data_version, environment)
    return render_text(document, width=WIDTH, colour=True, marks=UNICODE_MARKS, verbose=False)


def draw(text: str) -> str:
    """Coloured text as the picture of a terminal, which asks no server for a font."""
    console = Console(record=True, file=io.StringIO(), width=WIDTH, color_system="standard", force_terminal=True)
    console.print(Text.from_ansi(f"\x1b[1m$ mlenv doctor\x1b[0m\n\n{text.rstrip()}"))
    picture = console.export_svg(title="mlenv doctor", theme=THEME, unique_id="mlenv")
    picture = re.sub(r"\s*@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    picture = picture.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")
    label = "<title>mlenv doctor finds that driver libraries and kernel module do not match, and what helps</title>"
    return re.sub(r"(<svg[^>]*>)", rf"\1{label}", picture, count=1).replace("<svg ", '<svg role="img" ', 1)


if __name__ == "__main__":
    sys.exit(main())
