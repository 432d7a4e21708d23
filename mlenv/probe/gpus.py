"""One list of GPUs out of what several sources know."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mlenv.facts.drivers import Nvidia
from mlenv.facts.gpu import Gpu
from mlenv.facts.reading import Reading
from mlenv.probe.amd import AmdAnswer
from mlenv.probe.cuda_driver import CudaDriver
from mlenv.probe.nvidia import NvidiaAnswer
from mlenv.probe.nvidia_kernel import KernelAnswer
from mlenv.probe.pci import Display, display_gpus


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """What each source said; ``displays`` is None where the bus cannot be listed."""

    nvidia: NvidiaAnswer = NvidiaAnswer()
    kernel: KernelAnswer = KernelAnswer()
    cuda: CudaDriver = CudaDriver()
    amd: AmdAnswer = AmdAnswer()
    apple: tuple[Gpu, ...] | None = ()
    displays: tuple[Display, ...] | None = None


def list_gpus(sources: Sources) -> tuple[Gpu, ...] | None:
    """All GPUs; None where none is known and one of the sources could not say that there is none."""
    bus = sources.displays or ()
    parts = [
        list_nvidia(sources),
        sources.amd.gpus or display_gpus(bus, "amd"),
        display_gpus(bus, "intel"),
        display_gpus(bus, "google"),
        sources.apple,
    ]
    gpus = tuple(gpu for part in parts for gpu in part or ())
    return None if not gpus and None in parts else _with_ids(gpus, bus)


def list_nvidia(sources: Sources) -> tuple[Gpu, ...] | None:
    """NVIDIA's GPUs from the best source that named any: NVML or nvidia-smi, libcuda, kernel, bus.

    Where NVML works, what it does not list is not this process's to use.
    """
    nvidia, cuda = sources.nvidia, sources.cuda
    if nvidia.gpus or nvidia.nvml == "ok":
        return tuple(_complete(gpu, cuda.gpus) for gpu in nvidia.gpus or ())
    return cuda.gpus or sources.kernel.gpus or display_gpus(sources.displays or (), "nvidia") or nvidia.gpus


def _complete(gpu: Gpu, devices: tuple[Gpu, ...]) -> Gpu:
    """What only libcuda knows of a GPU: NVML has no size for memory that is shared with the CPU."""
    device = next((item for item in devices if item.uuid and item.uuid == gpu.uuid), None)
    if device is None:
        return gpu
    return msgspec.structs.replace(
        gpu,
        memory_bytes=gpu.memory_bytes or device.memory_bytes,
        integrated=device.integrated,
    )


def _with_ids(gpus: tuple[Gpu, ...], displays: Iterable[Display]) -> tuple[Gpu, ...]:
    ids = {item.address: item.pci_id for item in displays}
    return tuple(
        msgspec.structs.replace(gpu, pci_id=ids[gpu.pci_address])
        if gpu.pci_id is None and gpu.pci_address in ids
        else gpu
        for gpu in gpus
    )


def join_nvidia(sources: Sources) -> Nvidia | None:
    """The driver's facts; None where there is nothing of NVIDIA's software.

    A container may have libcuda and no NVML, or its host's kernel module and no library at all.
    """
    nvidia, module, cuda = sources.nvidia, sources.kernel.module, sources.cuda
    facts = Nvidia(
        driver=nvidia.driver,
        kernel_module=module.version if module else None,
        open_kernel_module=module.is_open if module else None,
        cuda=nvidia.cuda or cuda.version,
        nvml=nvidia.nvml,
        cuda_init=cuda.init,
    )
    return facts if facts != Nvidia() else None


def unlisted(gpus: tuple[Gpu, ...] | None, displays: tuple[Display, ...] | None) -> tuple[Reading, ...]:
    """A reading for each NVIDIA device on the bus that the driver does not list.

    In a container, or on a host that gave a GPU to a virtual machine, that is as it should be.
    """
    listed = {gpu.pci_address for gpu in gpus or ()}
    return tuple(
        Reading(
            id="gpus.pci",
            source="/sys/bus/pci/devices",
            outcome="found",
            detail=f"{item.address} {item.pci_id} is on the bus, and the driver does not list it",
        )
        for item in displays or ()
        if item.vendor == "nvidia" and item.address not in listed
    )
