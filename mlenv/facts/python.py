"""Python interpreters and package managers of a machine."""

from __future__ import annotations

from typing import Literal

from mlenv.facts.fact import Fact

PythonKind = Literal["system", "pyenv", "conda", "uv", "venv", "homebrew", "other"]
ManagerName = Literal["uv", "pip", "conda", "mamba", "micromamba", "pixi"]


class PythonInterpreter(Fact, frozen=True, kw_only=True):
    """A Python interpreter that could make an environment.

    ``bits`` is 32 or 64.  ``externally_managed`` is PEP 668's marker: pip may not write there.
    """

    version: str
    path: str | None = None
    implementation: str = "cpython"
    kind: PythonKind = "other"
    bits: int | None = None
    architecture: str | None = None
    free_threaded: bool = False
    externally_managed: bool = False


class PackageManager(Fact, frozen=True, kw_only=True):
    """A package manager found on PATH (or, for uv, beside mlenv)."""

    name: ManagerName
    path: str
    version: str | None = None
