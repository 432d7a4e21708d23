"""One sheet, any form."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Literal, cast, get_args

from mlenv.facts.python import ManagerName
from mlenv.plan.forms.sheet import Sheet

FormName = Literal["shell", "powershell", "requirements", "pylock", "conda", "pixi", "pyproject", "dockerfile"]
FORMS: tuple[FormName, ...] = get_args(FormName)
_ENDINGS: dict[str, FormName] = {".sh": "shell", ".bash": "shell", ".ps1": "powershell", ".dockerfile": "dockerfile"}
_NAMES: dict[str, FormName] = {
    "pyproject.toml": "pyproject",
    "pixi.toml": "pixi",
    "environment.yml": "conda",
    "environment.yaml": "conda",
}
CONDA_MANAGERS: tuple[ManagerName, ...] = ("conda", "mamba", "micromamba")


def render_form(form: FormName, sheet: Sheet) -> str:
    """The text of a form; the modules of the others are not loaded."""
    module = import_module(f"mlenv.plan.forms.{form}")
    return cast("Callable[[Sheet], str]", module.render)(sheet)


def form_of_file(name: str) -> FormName | None:
    """The form that a file's name asks for: ``setup.sh``, ``requirements-gpu.txt``, ``Dockerfile``."""
    lower = name.lower()
    if lower.startswith(("dockerfile", "containerfile")):
        return "dockerfile"
    if lower.startswith("requirements") and lower.endswith((".txt", ".in")):
        return "requirements"
    if lower.startswith("pylock.") and lower.endswith(".toml"):
        return "pylock"
    if lower.endswith((".yml", ".yaml")):
        return "conda"
    return _NAMES.get(lower) or next((form for ending, form in _ENDINGS.items() if lower.endswith(ending)), None)


def manager_of(form: FormName, manager: ManagerName) -> ManagerName:
    """The manager whose plan a form shows: files of conda and pixi belong to those, others to uv and pip."""
    if form == "conda":
        return manager if manager in CONDA_MANAGERS else "conda"
    if form == "pixi":
        return "pixi"
    if form in ("shell", "powershell") or manager in ("uv", "pip"):
        return manager
    return "uv"
