"""Where the NVIDIA driver of a machine lives, and what to do about it there, in words that follow "you could".

Inside WSL, a container or a virtual GPU the driver is somebody else's: nothing is to be installed there.
"""

from __future__ import annotations

from mlenv.facts.machine import Machine
from mlenv.facts.version import at_least, numbers
from mlenv.matrix.hardware import JetPack
from mlenv.matrix.load import Matrix
from mlenv.matrix.query_hardware import find_jetpack
from mlenv.resolve.targets import capability_of

WITH_GPU = "start the container with the GPU (`docker run --gpus all`), on a host with the NVIDIA driver"


def driver_of(machine: Machine) -> str | None:
    """The version of the NVIDIA driver in force.

    A container that was started without the GPU still shows the kernel module of its host.
    """
    state = machine.nvidia
    return (state.driver or state.kernel_module) if state else None


def install_words(machine: Machine) -> str:
    """How this machine comes to have an NVIDIA driver."""
    if machine.os.wsl:
        return "install the NVIDIA driver on Windows, not inside WSL"
    if machine.os.container:
        return WITH_GPU
    return "install the NVIDIA driver"


def update_words(machine: Machine, floor: str) -> str:
    """How this machine comes to have a newer NVIDIA driver."""
    if machine.os.wsl:
        return f"update the NVIDIA driver on Windows to {floor} or newer (nothing is to be installed inside WSL)"
    if machine.os.container:
        return f"update the NVIDIA driver of the container's host to {floor} or newer"
    if is_virtual(machine):
        return f"update the vGPU software of the host and the driver of this guest to {floor} or newer"
    return f"update the NVIDIA driver to {floor} or newer"


def is_virtual(machine: Machine) -> bool:
    """Whether an NVIDIA GPU is a virtual one (vGPU, GRID), whose driver follows that of its host."""
    return any(gpu.virtualization == "vgpu" for gpu in machine.gpus_of("nvidia"))


# ---------------------------------------------------------------- Jetson


def is_jetson(machine: Machine, matrix: Matrix) -> bool:
    """Whether this is a Jetson board: it says so, or it is an Arm machine with the GPU of one."""
    if machine.jetson is not None or machine.platform != "linux-aarch64":
        return machine.jetson is not None
    boards = {capability for row in matrix.drivers.jetpack for capability in row.capabilities}
    return any(capability_of(matrix, gpu) in boards for gpu in machine.gpus_of("nvidia"))


def jetpack_of(machine: Machine, matrix: Matrix) -> JetPack | None:
    """The JetPack of a Jetson board: by its Linux, else the newest one whose driver is not newer than what is here."""
    rows = matrix.drivers.jetpack
    if machine.jetson is not None and machine.jetson.l4t:
        return find_jetpack(matrix.drivers, machine.jetson.l4t)
    driver = driver_of(machine)
    known = [row for row in rows if row.driver and driver and at_least(driver, row.driver)]
    return max(known, key=lambda row: numbers(row.version), default=None)


def jetpack_for(matrix: Matrix, capability: str) -> JetPack | None:
    """The newest JetPack on which ordinary Arm builds run on a device; None where no row knows one."""
    rows = [row for row in matrix.drivers.jetpack if capability in row.ordinary_wheels]
    return max(rows, key=lambda row: numbers(row.version), default=None)
