"""Conditions of a lock, for a machine and a Python that may not be those that run mlenv."""

from __future__ import annotations

from collections.abc import Mapping

from mlenv.facts.machine import Machine

SYSTEMS = {
    "linux": ("linux", "posix", "Linux"),
    "macos": ("darwin", "posix", "Darwin"),
    "windows": ("win32", "nt", "Windows"),
}


def marker_environment(machine: Machine, python: str) -> dict[str, str]:
    """The variables of environment markers; ``python`` is a version (``3.12.4``) or a series."""
    platform, name, system = SYSTEMS[machine.os.family]
    version = python.rstrip("t")
    machine_name = machine.architecture or ""
    return {
        "python_version": ".".join(version.split(".")[:2]),
        "python_full_version": version if version.count(".") >= 2 else f"{version}.0",
        "implementation_name": "cpython",
        "implementation_version": version if version.count(".") >= 2 else f"{version}.0",
        "platform_python_implementation": "CPython",
        "sys_platform": platform,
        "os_name": name,
        "platform_system": system,
        "platform_machine": "AMD64" if (machine_name, name) == ("x86_64", "nt") else machine_name,
        "platform_release": machine.os.kernel or "",
        "platform_version": "",
        "extra": "",
    }


def holds(marker: str, environment: Mapping[str, str]) -> bool:
    """Whether a marker holds; one that asks for what nobody knows does."""
    if not marker:
        return True
    from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

    try:
        return Marker(marker).evaluate(dict(environment))
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, KeyError):
        return True
