"""The arrows of import: which room may know which.

The table is the one of docs/architecture.md; an arrow that is not in it is a wall that moved.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "mlenv"
LOWEST = {"errors", "facts", "typed"}
ALLOWED: dict[str, set[str]] = {
    "facts": set(),
    "errors": set(),
    "typed": set(),
    "system": {"errors", "typed"},
    "matrix": {"system.page", *LOWEST},
    "formats": {"facts"},
    "probe": {"formats", "system", *LOWEST},
    "intake": {"formats", "clues", "probe", "matrix", "system", *LOWEST},
    "resolve": {"supply.offers", "matrix", *LOWEST},
    "supply": {"system", "resolve", "matrix", *LOWEST},
    "plan": {"resolve", "supply.offers", "matrix", *LOWEST},
    "prove": {"system", "formats", "plan", "resolve", "supply.offers", "matrix", "report.redact", *LOWEST},
    "health": {"matrix", *LOWEST},
    "verify": {"system", "formats", "health", "matrix", "checks.registry", *LOWEST},
    "consistency": {"system", "probe", "plan", "matrix", "verify.result", "execute.manifest", "report.redact", *LOWEST},
    "policy": {"verify.result", "matrix", "report.redact", *LOWEST},
    "symptoms": {"formats", "facts"},
    "execute": {"system", "formats", "plan", "consistency", "verify", "symptoms", "report.redact", *LOWEST},
    "bundle": {"system", "formats", "supply.wheels", "plan", "matrix", "report.redact", *LOWEST},
    "clues": LOWEST,
    "fleet": LOWEST,
    "fleet_ansible": {"system", *LOWEST},
    "pyz": {"system", "__main__", *LOWEST},
    "sbom": {
        "system.host",
        "consistency",
        "execute.manifest",
        "matrix",
        "resolve.driver_words",
        "report.environments",
        "report.redact",
        "report.style",
        *LOWEST,
    },
    "mending": {"checks", "matrix", "plan", *LOWEST},
    "checks": {"matrix", "clues", "symptoms", "health", *LOWEST},
    "report": {
        "checks",
        "plan",
        "resolve",
        "verify",
        "policy",
        "mending",
        "fleet",
        "matrix",
        "execute.manifest",
        "bundle",
        *LOWEST,
    },
    "terminal": {"errors", "report.style"},
}


@functools.cache
def imports() -> tuple[tuple[str, str, str], ...]:
    """(file, importing room, imported module below ``mlenv``)."""
    return tuple(read_imports())


def read_imports() -> Iterator[tuple[str, str, str]]:
    for path in sorted(ROOT.rglob("*.py")):
        relative = path.relative_to(ROOT)
        room = relative.parts[0].removesuffix(".py")
        if room in ("cli", "__main__", "__init__") or "payloads" in relative.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("mlenv."):
                yield str(relative), room, node.module.removeprefix("mlenv.")


def test_every_room_is_in_the_table() -> None:
    rooms = {path.name.removesuffix(".py") for path in ROOT.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert rooms - {"cli", "__main__", "__init__", "__pycache__", "py.typed", "compat_matrix"} == set(ALLOWED)


@pytest.mark.parametrize("room", ALLOWED)
def test_arrows(room: str) -> None:
    allowed = {room, *ALLOWED[room]}
    wrong = [
        (file, module)
        for file, importer, module in imports()
        if importer == room and not any(module == name or module.startswith(f"{name}.") for name in allowed)
    ]
    assert [] == wrong


def test_nothing_imports_the_command_line() -> None:
    assert [] == [(file, module) for file, _, module in imports() if module.split(".")[0] == "cli"]
