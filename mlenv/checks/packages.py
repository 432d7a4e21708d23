"""Packages that are installed or were asked for, and the commands that change them."""

from __future__ import annotations

from mlenv.checks.registry import Case
from mlenv.facts.environment import Distribution

WHOLE_LIST = 25
"""Packages from which on a told list is taken for the whole environment: shorter ones are picked by hand."""
_FRAMEWORKS = ("torch", "tensorflow", "jax", "jaxlib", "onnxruntime", "onnxruntime-gpu", "tensorflow-cpu")


def distributions(case: Case) -> tuple[Distribution, ...]:
    """The packages that are known to be installed."""
    return case.environment.distributions if case.environment else ()


def version_of(case: Case, *packages: str) -> str | None:
    """The version of the first of those packages that is installed, of pip's or of conda's."""
    for name in packages:
        found = next((row.version for row in distributions(case) if row.name == name), None)
        if found is None and case.environment is not None:
            rows = case.environment.conda_packages or ()
            found = next((row.version for row in rows if row.name == name), None)
        if found is not None:
            return found
    return None


def wanted_version(case: Case, *packages: str) -> str | None:
    """The version of a package that somebody tried to install; empty where they named none."""
    rows = case.report.wanted if case.report else ()
    return next((row.version or "" for row in rows if row.name in packages), None)


def is_named(case: Case, *packages: str) -> bool:
    """Whether one of those packages is installed or was asked for."""
    return version_of(case, *packages) is not None or wanted_version(case, *packages) is not None


def is_whole(case: Case) -> bool:
    """Whether the known packages are all of the environment, so that one that is not there is absent."""
    if case.environment is None:
        return False
    return not case.is_report or len(case.environment.distributions) >= WHOLE_LIST


def has_framework(case: Case) -> bool:
    """Whether a framework is there already, so that its wheel was found once."""
    held = {row.name for row in distributions(case)}
    views = {view.framework for view in case.report.views if view.version} if case.report else set()
    return bool((held | views) & set(_FRAMEWORKS))


def pip_install(case: Case, requirements: str, *, upgrade: bool = False, reinstall: bool = False) -> str:
    """The command of pip, or of uv where it made the environment, that installs requirements."""
    rows = distributions(case)
    by_uv = any(row.installer == "uv" for row in rows)
    options = (" --upgrade" if upgrade else "") + (
        (" --reinstall" if by_uv else " --force-reinstall") if reinstall else ""
    )
    return f"{'uv pip' if by_uv else 'python -m pip'} install{options} {requirements}"


def pip_uninstall(case: Case, packages: str) -> str:
    """The command that takes packages out."""
    by_uv = any(row.installer == "uv" for row in distributions(case))
    return f"uv pip uninstall {packages}" if by_uv else f"python -m pip uninstall --yes {packages}"
