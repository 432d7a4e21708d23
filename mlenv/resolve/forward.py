"""Forward compatibility: NVIDIA's cuda-compat package runs a newer CUDA on an older driver of a data-center GPU."""

from __future__ import annotations

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.version import numbers
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.query_hardware import forward_compatible
from mlenv.resolve.devices import distinct_gpus
from mlenv.resolve.driver_words import driver_of, is_jetson, is_virtual
from mlenv.resolve.targets import capability_of


def compat_package(machine: Machine, matrix: Matrix, cuda: str) -> str | None:
    """The ``cuda-compat`` package that runs builds of a CUDA release on the driver here, None where none is known to.

    Rows must say so for the driver's branch and for every GPU: a product whose kind nobody knows,
    a virtual GPU or a driver that does not know the GPU gives None.
    """
    driver = driver_of(machine)
    gpus = distinct_gpus(machine, "cuda")
    if driver is None or not gpus or not cuda or is_virtual(machine) or is_jetson(machine, matrix):
        return None
    if query.driver_system(machine) != "linux" or not all(_serves(matrix, driver, gpu) for gpu in gpus):
        return None
    major = numbers(cuda)[:1]
    packages = [row.cuda for row in matrix.drivers.compat_package if numbers(row.cuda)[:1] == major]
    works = [name for name in packages if all(_works(matrix, driver, name, gpu) for gpu in gpus)]
    return f"cuda-compat-{max(works, key=numbers).replace('.', '-')}" if works else None


def _serves(matrix: Matrix, driver: str, gpu: Gpu) -> bool:
    capability = capability_of(matrix, gpu)
    return capability is not None and query.driver_knows(matrix.drivers, driver, capability)


def _works(matrix: Matrix, driver: str, cuda: str, gpu: Gpu) -> bool:
    """The package brings the libraries of the driver of its CUDA, which must serve the GPU too."""
    row = query.find_gpu(matrix.gpus, gpu.name or "", vendor="nvidia")
    branch = next((row.branch for row in matrix.drivers.driver_branch if row.cuda == cuda), None)
    if row is None or branch is None or not _serves(matrix, str(branch), gpu):
        return False
    return forward_compatible(matrix.drivers, driver, cuda, row.kind) is True
