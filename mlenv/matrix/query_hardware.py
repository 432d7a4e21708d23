"""Questions about drivers, toolkits and Jetson: pure functions over the rows of ``drivers.toml``.

Those that the resolver and the checks share since long stand in :mod:`mlenv.matrix.query`.  None
in an answer says that no row tells.
"""

from __future__ import annotations

from mlenv.facts.version import at_least, numbers, series
from mlenv.matrix.hardware import CudaRelease, CudnnRelease, DriverBranch, Drivers, JetPack
from mlenv.matrix.query import DriverSystem, branch_of, driver_runs

# ---------------------------------------------------------------- NVIDIA drivers and CUDA


def find_branch(drivers: Drivers, driver: str) -> DriverBranch | None:
    """The row of a driver's branch (``580.95.05`` is of 580)."""
    branch = branch_of(drivers, driver)
    return next((row for row in drivers.driver_branch if row.branch == branch), None)


def newest_cuda(drivers: Drivers, driver: str) -> str | None:
    """The newest CUDA that a driver offers by itself (580 offers ``13.0``)."""
    row = find_branch(drivers, driver)
    return row.cuda if row else None


def newest_compatible_cuda(drivers: Drivers, driver: str, *, system: DriverSystem) -> str | None:
    """The newest CUDA release whose builds a driver runs, with minor-version compatibility.

    Driver 535 runs those of ``12.9``, though it offers 12.2 itself.
    """
    runs = [row.version for row in drivers.cuda_release if driver_runs(drivers, driver, row.version, system=system)]
    return max(runs, key=numbers, default=None)


def forward_compatible(
    drivers: Drivers, driver: str, cuda: str, kind: str, *, system: DriverSystem = "linux"
) -> bool | None:
    """Whether a driver runs a newer CUDA through the ``cuda-compat`` package, on a kind of GPU.

    ``kind`` is that of ``gpus.toml``.  None also where NVIDIA admits only some products of the kind.
    """
    works = next((row.works for row in drivers.compat_kind if row.kind == kind), None)
    if system != "linux" or works == "no":
        return False
    package = next((row for row in drivers.compat_package if row.cuda == series(cuda)), None)
    if package is None or works is None:
        return None
    if branch_of(drivers, driver) not in package.branches and kind != "jetson":
        return False
    return True if works == "yes" else None


def find_cuda_release(drivers: Drivers, cuda: str) -> CudaRelease | None:
    """The row of a CUDA release or update, else that of its minor."""
    rows = [row for row in (*drivers.cuda_update, *drivers.cuda_release) if row.version in (cuda, series(cuda))]
    return max(rows, key=lambda row: len(row.version), default=None)


def toolkit_compiles(drivers: Drivers, cuda: str, compute_capability: str) -> bool | None:
    """Whether the compiler of a CUDA release makes code for a device."""
    row = next((row for row in drivers.cuda_release if row.version == series(cuda)), None)
    return compute_capability in row.targets if row and row.targets else None


def find_cudnn(drivers: Drivers, version: str) -> CudnnRelease | None:
    """The row that holds for a release of cuDNN: the newest one that is not newer."""
    rows = [row for row in drivers.cudnn if at_least(version, row.version)]
    return max(rows, key=lambda row: numbers(row.version), default=None)


def cudnn_serves(drivers: Drivers, version: str, compute_capability: str) -> bool | None:
    """Whether a release of cuDNN serves a device; None also for devices newer than it was documented for."""
    row = find_cudnn(drivers, version)
    if row is None:
        return None
    if not at_least(compute_capability, row.capability_floor):
        return False
    return True if row.capability_newest and at_least(row.capability_newest, compute_capability) else None


# ---------------------------------------------------------------- Jetson


def find_jetpack(drivers: Drivers, l4t: str) -> JetPack | None:
    """The JetPack of a Jetson Linux release such as ``36.4.3``."""
    return next((row for row in drivers.jetpack if any(_same(l4t, item) for item in row.l4t)), None)


def _same(one: str, two: str) -> bool:
    return at_least(one, two) and at_least(two, one)


def ordinary_wheels_run(drivers: Drivers, l4t: str, compute_capability: str) -> bool | None:
    """Whether ordinary aarch64 CUDA builds run on a Jetson device with that Jetson Linux."""
    row = find_jetpack(drivers, l4t)
    return compute_capability in row.ordinary_wheels if row else None
