"""What a single file carries of mlenv's requirements, and what stays out of it."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LARGE = {
    "clingo": ("clingo",),
    "pypi-simple": ("pypi_simple",),
    "uv": (),
    "zstandard": ("zstandard",),
}
"""Distributions of some megabytes for every Python and platform, and the modules that are missed without them.

clingo is asked only where the best builds do not go together, pypi-simple and zstandard by ``matrix
update``.  uv is looked for on the machine, which knows it by itself, so none of its modules is missed.
"""
COMPILED_FOR_SPEED = ("charset-normalizer", "msgpack", "tomli")
"""Distributions that do the same without their compiled modules, only slower."""
_COMPILED = (".so", ".pyd", ".dylib")
_NEEDLESS = ("RECORD", "INSTALLER", "REQUESTED", "WHEEL", "direct_url.json", "uv_cache.json")
"""Notes about an installation: they differ by place or platform, and nobody reads them here."""
_UNASKED = ("pygments/lexers/", "pygments/styles/")
"""Hundreds of files for colouring languages that mlenv never shows; laying them down takes its time."""
_KEPT = ("__init__.py", "_mapping.py", "special.py", "python.py", "default.py")


def choose_requirements(stated: Iterable[str], extra: Iterable[str] = ()) -> tuple[str, ...]:
    """The requirements to carry: those without the large ones, save for what ``extra`` names."""
    wanted = {canonicalize_name(name) for name in extra}
    parsed = [Requirement(text) for text in stated]
    return tuple(str(row) for row in parsed if _is_carried(row, wanted))


def _is_carried(row: Requirement, wanted: Container[str]) -> bool:
    if row.marker is not None and "extra" in str(row.marker):
        return False
    name = canonicalize_name(row.name)
    return name not in LARGE or name in wanted


def missing_modules(carried: Iterable[str]) -> tuple[str, ...]:
    """The modules that a file with those requirements does not have."""
    names = {canonicalize_name(Requirement(text).name) for text in carried}
    return tuple(module for name, modules in LARGE.items() if name not in names for module in modules)


def is_needed(path: str, slow_ones: Iterable[str]) -> bool:
    """Whether a file of an installation is carried; ``path`` has slashes.

    ``slow_ones`` holds the paths that belong to a distribution of :data:`COMPILED_FOR_SPEED`.
    """
    parts = path.split("/")
    name = parts[-1]
    if parts[0] == "bin" or "__pycache__" in parts or name.endswith((".lock", ".pyi")):
        return False
    if parts[0].endswith(".dist-info") and name in _NEEDLESS:
        return False
    if path.startswith(_UNASKED) and name not in _KEPT:
        return False
    return not (os.path.splitext(name)[1] in _COMPILED and path in slow_ones)
