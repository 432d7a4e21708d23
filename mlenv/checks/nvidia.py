"""What several checks ask about NVIDIA GPUs."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.checks.registry import Case, Skip, Unknown
from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.version import at_least
from mlenv.matrix import query
from mlenv.matrix.hardware import GpuArchitecture
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Release

READINGS = ("nvidia.nvml", "nvidia.smi", "gpus.nvidia", "nvidia.cuda_init", "gpus.pci", "gpu")
DRIVER_READINGS = ("nvidia.driver", "nvidia.nvml", "nvidia.smi", "nvidia")


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """The GPUs of a machine that are of one product; ``capability`` is None where nobody knows it."""

    name: str
    capability: str | None
    gpus: tuple[Gpu, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """``gpu 0``, ``gpu 1``; for ``applies_to``."""
        return tuple(f"gpu {number if gpu.index is None else gpu.index}" for number, gpu in enumerate(self.gpus))


def require_gpus(machine: Machine) -> tuple[Gpu, ...]:
    """The GPUs; :class:`Unknown` where nobody could look, :class:`Skip` where there is none."""
    if machine.gpus is None:
        raise Unknown("the GPUs of this machine are not known")
    if not machine.gpus:
        raise Skip("there is no GPU")
    return machine.gpus


def require_nvidia(machine: Machine) -> tuple[Gpu, ...]:
    """The NVIDIA GPUs; raises as :func:`require_gpus` does."""
    gpus = tuple(gpu for gpu in require_gpus(machine) if gpu.vendor == "nvidia")
    if not gpus:
        raise Skip("there is no NVIDIA GPU")
    return gpus


def require_driver(machine: Machine) -> str:
    """The version of the NVIDIA driver; raises where there is no NVIDIA GPU or no known driver.

    A driver that is known tells of a GPU where nobody named the GPUs.
    """
    if machine.gpus is None and machine.nvidia is not None and machine.nvidia.driver is not None:
        return machine.nvidia.driver
    require_nvidia(machine)
    if machine.nvidia is None or machine.nvidia.driver is None:
        raise Unknown("the NVIDIA driver is not known")
    return machine.nvidia.driver


def find_devices(case: Case, matrix: Matrix) -> list[Device]:
    """The NVIDIA GPUs by product; the matrix knows the capability of common names."""
    products: dict[tuple[str, str | None], list[Gpu]] = {}
    for gpu in require_nvidia(case.machine):
        capability = gpu.compute_capability
        if capability is None and gpu.name:
            capability = query.compute_capability_of(matrix.gpus, gpu.name)
        products.setdefault((gpu.name or "NVIDIA GPU", capability), []).append(gpu)
    return [Device(name=name, capability=cc, gpus=tuple(gpus)) for (name, cc), gpus in products.items()]


def known_devices(case: Case, matrix: Matrix) -> list[tuple[Device, str]]:
    """The devices whose compute capability is known; :class:`Unknown` where none is."""
    devices = find_devices(case, matrix)
    known = [(device, device.capability) for device in devices if device.capability is not None]
    if not known:
        raise Unknown(f"the compute capability of {devices[0].name} is not known")
    return known


def serving_builds(
    machine: Machine, matrix: Matrix, capability: str, framework: str = "torch"
) -> Iterator[tuple[Release, Build]]:
    """The CUDA builds that hold code for a device, newest release and newest CUDA first."""
    for release in query.newest_first(matrix.framework(framework)):
        for build in query.proven_builds(release, machine.platform):
            if "cuda" in build.accelerators and query.build_runs_on(matrix.drivers, build, capability):
                yield release, build


def driver_floor(machine: Machine, matrix: Matrix, build: Build | None, cuda: str = "") -> str | None:
    """The lowest driver of this system that runs a build, None where no row says so.

    ``cuda`` is the toolkit of a build that the matrix has no row for.
    """
    system = query.driver_system(machine)
    floor = query.driver_floor(matrix.drivers, build.cuda if build and build.cuda else cuda, system=system)
    if build and build.driver and system == "linux" and (floor is None or at_least(build.driver, floor)):
        return build.driver
    return floor


def driver_accepts(machine: Machine, matrix: Matrix, build: Build, driver: str) -> bool:
    """Whether a driver is new enough for a build; False where nobody knows the floor."""
    floor = driver_floor(machine, matrix, build)
    return floor is not None and at_least(driver, floor)


def last_branch(matrix: Matrix, devices: list[Device]) -> int:
    """The newest driver branch that serves all devices, 0 where today's branches do."""
    ends = [row.last_driver for row in architectures(matrix, devices) if row.last_driver]
    return min(ends, default=0)


def architectures(matrix: Matrix, devices: list[Device]) -> list[GpuArchitecture]:
    """The known generations of devices."""
    rows = (query.architecture_of(matrix.drivers, device.capability or "") for device in devices)
    return [row for row in rows if row is not None]


def describe(matrix: Matrix, capability: str) -> str:
    """``Pascal, compute capability 6.1``."""
    row = query.architecture_of(matrix.drivers, capability)
    return f"{row.name}, compute capability {capability}" if row else f"compute capability {capability}"


def name_build(matrix: Matrix, release: Release, build: Build) -> str:
    """``PyTorch 2.14.1 (cu126)``."""
    return f"{matrix.framework('torch').name} {release.version} ({build.variant})"
