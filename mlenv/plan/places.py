"""The files of a plan, below its environment, and the interpreter inside it."""

from __future__ import annotations

from mlenv.facts.system import SystemFamily

PROJECT_FOLDER = "mlenv"
PROJECT_FILE = f"{PROJECT_FOLDER}/pyproject.toml"
LOCK_FILE = f"{PROJECT_FOLDER}/pylock.toml"
REQUIREMENTS_FILE = f"{PROJECT_FOLDER}/requirements.txt"
INDEXES_FILE = f"{PROJECT_FOLDER}/indexes.txt"


def environment_python(environment: str, system: SystemFamily) -> str:
    """The path of the interpreter inside a virtual environment."""
    if system == "windows":
        return f"{environment}\\Scripts\\python.exe"
    return f"{environment}/bin/python"
