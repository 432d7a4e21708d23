"""Virtual packages: what conda's solvers may know of a machine.

They stand for the kernel, the C library, the driver and the processor, so that a solver with
those of another machine answers as it would there.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.facts.machine import Machine
from mlenv.facts.pattern import lazy
from mlenv.facts.version import numbers
from mlenv.matrix.load import Matrix
from mlenv.matrix.query import branch_of, compute_capability_of
from mlenv.resolve.devices import distinct_gpus

SUBDIRS = {
    "linux-x86_64": "linux-64",
    "linux-aarch64": "linux-aarch64",
    "windows-x86_64": "win-64",
    "macos-arm64": "osx-arm64",
    "macos-x86_64": "osx-64",
}
"""The matrix's names of platforms, and conda's."""
SETTINGS = {
    "__cuda": "CONDA_OVERRIDE_CUDA",
    "__cuda_arch": "CONDA_OVERRIDE_CUDA_ARCH",
    "__glibc": "CONDA_OVERRIDE_GLIBC",
    "__linux": "CONDA_OVERRIDE_LINUX",
    "__osx": "CONDA_OVERRIDE_OSX",
    "__win": "CONDA_OVERRIDE_WIN",
    "__archspec": "CONDA_OVERRIDE_ARCHSPEC",
}
"""The variables that make conda believe in other virtual packages than it finds."""
_VERSION = lazy(r"\d+(\.\d+)*")
_LEVELS = {"x86-64-v1": "x86_64", "x86-64-v2": "x86_64_v2", "x86-64-v3": "x86_64_v3", "x86-64-v4": "x86_64_v4"}
_PROCESSORS = {"linux-x86_64": "x86_64", "linux-aarch64": "aarch64", "macos-arm64": "m1"}


class VirtualPackage(msgspec.Struct, frozen=True, kw_only=True):
    """One virtual package, such as ``__glibc=2.35=0``."""

    name: str
    version: str
    build: str = "0"


def virtual_packages(machine: Machine, matrix: Matrix) -> tuple[VirtualPackage, ...]:
    """What is known of a machine; of what is unknown there is no package, so nothing can ask for it.

    ``__cuda_arch`` (the lowest compute capability of the NVIDIA GPUs) is known to rattler and pixi,
    and conda goes without it.
    """
    return (*_of_system(machine), *_of_driver(machine, matrix), *_of_processor(machine))


def cuda_of(machine: Machine, matrix: Matrix) -> str:
    """The newest CUDA that the driver offers (``12.9``): as it says itself, else by its branch."""
    nvidia = machine.nvidia
    if nvidia is None or nvidia.driver is None:
        return ""
    if nvidia.cuda:
        return nvidia.cuda
    branch = branch_of(matrix.drivers, nvidia.driver)
    return next((row.cuda for row in matrix.drivers.driver_branch if row.branch == branch), "")


def overrides_for(machine: Machine, matrix: Matrix) -> dict[str, str]:
    """The variables that make conda solve for this machine where there is no GPU or another system."""
    wanted = ("__cuda", "__glibc")
    rows = {row.name: row.version for row in virtual_packages(machine, matrix)}
    return {SETTINGS[name]: rows[name] for name in wanted if name in rows}


def _of_system(machine: Machine) -> Iterator[VirtualPackage]:
    system = machine.os
    if system.family == "windows":
        yield VirtualPackage(name="__win", version=_digits(system.kernel) or _digits(system.version) or "0")
        return
    yield VirtualPackage(name="__unix", version="0")
    if system.family == "macos":
        if system.version:
            yield VirtualPackage(name="__osx", version=_digits(system.version))
        return
    yield VirtualPackage(name="__linux", version=_digits(system.kernel) or "0")
    if system.libc is not None and system.libc.family == "glibc":
        yield VirtualPackage(name="__glibc", version=_digits(system.libc.version))


def _of_driver(machine: Machine, matrix: Matrix) -> Iterator[VirtualPackage]:
    cuda = cuda_of(machine, matrix)
    if not cuda or machine.os.family == "macos":
        return
    yield VirtualPackage(name="__cuda", version=cuda)
    known = [
        gpu.compute_capability or compute_capability_of(matrix.gpus, gpu.name or "")
        for gpu in distinct_gpus(machine, "cuda")
    ]
    if known and all(known):
        yield VirtualPackage(name="__cuda_arch", version=min((text for text in known if text), key=numbers))


def _of_processor(machine: Machine) -> Iterator[VirtualPackage]:
    name = _LEVELS.get(machine.cpu.level or "") or _PROCESSORS.get(machine.platform)
    if name is None and machine.architecture == "x86_64":
        name = "x86_64"
    if name is not None:
        yield VirtualPackage(name="__archspec", version="1", build=name)


# 6.8.0-45-generic, 10.0.26100, 14.5
def _digits(text: str | None) -> str:
    found = _VERSION.match(text or "")
    return found.group() if found else ""
