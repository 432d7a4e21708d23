"""One list of GPUs out of what several sources know."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mlenv.facts.drivers import Jetson, Nvidia
from mlenv.facts.gpu import Gpu, Vendor
from mlenv.facts.reading import Reading
from mlenv.probe.accelerators.amd import AmdAnswer
from mlenv.probe.accelerators.cuda_driver import CudaDriver
from mlenv.probe.accelerators.intel import IntelAnswer
from mlenv.probe.accelerators.jetson import jetson_gpus
from mlenv.probe.accelerators.nvidia import NvidiaAnswer
from mlenv.probe.accelerators.nvidia_kernel import KernelAnswer
from mlenv.probe.accelerators.nvidia_services import NvidiaServices
from mlenv.probe.accelerators.pci import DEVICES, Display, display_gpus

# What another source may add to a GPU that is known already; an index counts in its own source only.
_ADDED = tuple(name for name in Gpu.__struct_fields__ if name not in ("vendor", "index"))
NVIDIA_DRIVER = "nvidia"


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """What each source said; ``displays`` is None where the bus cannot be listed."""

    nvidia: NvidiaAnswer = NvidiaAnswer()
    kernel: KernelAnswer = KernelAnswer()
    cuda: CudaDriver = CudaDriver()
    services: NvidiaServices = NvidiaServices()
    amd: AmdAnswer = AmdAnswer()
    intel: IntelAnswer = IntelAnswer()
    apple: tuple[Gpu, ...] | None = ()
    jetson: Jetson | None = None
    displays: tuple[Display, ...] | None = None


def list_gpus(sources: Sources) -> tuple[Gpu, ...] | None:
    """All GPUs; None where none is known and one of the sources could not say that there is none."""
    bus = sources.displays or ()
    parts = [
        list_nvidia(sources),
        _with_rest(sources.amd.gpus or (), bus, "amd"),
        _with_rest(sources.intel.gpus, bus, "intel"),
        display_gpus(bus, "google"),
        sources.apple,
    ]
    gpus = _place_lost(tuple(gpu for part in parts for gpu in part or ()), bus)
    return None if not gpus and None in parts else tuple(_with_display(gpu, bus) for gpu in gpus)


def _place_lost(gpus: tuple[Gpu, ...], displays: tuple[Display, ...]) -> tuple[Gpu, ...]:
    """A GPU that NVML counts and cannot describe is the one on the bus that is left over."""
    lost = [gpu for gpu in gpus if gpu.vendor == "nvidia" and gpu.pci_address is None]
    listed = {gpu.pci_address for gpu in gpus}
    left = [item.address for item in displays if item.driver == NVIDIA_DRIVER and item.address not in listed]
    if len(lost) != 1 or len(left) != 1 or lost[0].integrated:
        return gpus
    return tuple(msgspec.structs.replace(gpu, pci_address=left[0]) if gpu is lost[0] else gpu for gpu in gpus)


def _with_rest(gpus: tuple[Gpu, ...], displays: tuple[Display, ...], vendor: Vendor) -> tuple[Gpu, ...]:
    """The GPUs that a driver lists, and those on the bus that it does not serve.

    Where it lists one without an address nobody knows which of them is which.
    """
    listed = {gpu.pci_address for gpu in gpus}
    if None in listed:
        return gpus
    return gpus + display_gpus(tuple(item for item in displays if item.address not in listed), vendor)


def list_nvidia(sources: Sources) -> tuple[Gpu, ...] | None:
    """NVIDIA's GPUs from the best source that named any: NVML or nvidia-smi, libcuda, kernel, bus.

    Where NVML works, what it does not list is not this process's to use.
    """
    nvidia, kernel = sources.nvidia, sources.kernel.gpus
    others = (*(gpu for gpu in sources.cuda.gpus if not gpu.mig), *kernel)
    if nvidia.gpus or (nvidia.nvml == "ok" and nvidia.gpus is not None):
        return tuple(_complete(gpu, others) for gpu in nvidia.gpus)
    if sources.cuda.gpus:
        return tuple(_complete(gpu, kernel) for gpu in sources.cuda.gpus)
    return _list_without_library(sources) or jetson_gpus(sources.jetson) or nvidia.gpus


def _list_without_library(sources: Sources) -> tuple[Gpu, ...]:
    """What NVIDIA's kernel module has found, and what is on the bus under another driver or none.

    A container's bus shows the GPUs that it was not given, too: those are bound to NVIDIA's module.
    """
    kernel, bus = sources.kernel.gpus, sources.displays or ()
    if not kernel:
        return display_gpus(bus, "nvidia")
    listed = {gpu.pci_address for gpu in kernel}
    further = (item for item in bus if item.driver not in (None, NVIDIA_DRIVER) and item.address not in listed)
    return kernel + display_gpus(tuple(further), "nvidia")


def _complete(gpu: Gpu, others: Iterable[Gpu]) -> Gpu:
    """What other sources know of the same GPU: NVML has no size for memory that is shared with the CPU."""
    for other in others:
        if _is_same(gpu, other):
            gpu = _fill(gpu, other)
    return gpu


def _is_same(gpu: Gpu, other: Gpu) -> bool:
    if gpu.uuid and other.uuid:
        return gpu.uuid == other.uuid
    return gpu.pci_address is not None and gpu.pci_address == other.pci_address


def _fill(gpu: Gpu, other: Gpu) -> Gpu:
    """The GPU with the other's facts where it has none of its own."""
    added = {name: getattr(other, name) for name in _ADDED if getattr(gpu, name) is None}
    return msgspec.structs.replace(gpu, **{name: value for name, value in added.items() if value is not None})


def _with_display(gpu: Gpu, displays: Iterable[Display]) -> Gpu:
    """What the bus knows of a GPU, by its address."""
    item = next((item for item in displays if item.address and item.address == gpu.pci_address), None)
    if item is None:
        return gpu
    known = Gpu(
        vendor=gpu.vendor,
        name=item.name,
        memory_bytes=item.memory_bytes,
        pci_id=item.pci_id,
        driver=item.driver,
        link=item.link,
        numa_node=item.numa_node,
    )
    return _fill(gpu, known)


def join_nvidia(sources: Sources) -> Nvidia | None:
    """The driver's facts; None where there is nothing of NVIDIA's software.

    A container may have libcuda and no NVML, or its host's kernel module and no library at all.
    """
    nvidia, cuda, services = sources.nvidia, sources.cuda, sources.services
    module = sources.kernel.module
    facts = Nvidia(
        driver=nvidia.driver or _registered_driver(sources.displays or ()),
        kernel_module=module.version if module else None,
        open_kernel_module=module.is_open if module else None,
        module_on_disk=sources.kernel.module_on_disk,
        library=cuda.library or nvidia.library,
        cuda=nvidia.cuda or cuda.version,
        nvml=nvidia.nvml,
        cuda_init=cuda.init,
        cuda_devices=_name_devices(sources),
        topology=nvidia.topology,
        fabric_manager=services.fabric_manager,
        persistence_daemon=services.persistence_daemon,
        mps=services.mps,
    )
    return facts if facts != Nvidia() else None


def _registered_driver(displays: Iterable[Display]) -> str | None:
    """The version that Windows keeps with the device."""
    versions = (item.driver_version for item in displays if item.vendor == "nvidia")
    return next((version for version in versions if version), None)


def _name_devices(sources: Sources) -> tuple[str, ...] | None:
    """The UUIDs of CUDA's devices; where libcuda does not tell one, that of the GPU at the same address."""
    cuda = sources.cuda
    if cuda.devices is None:
        return None
    known = {gpu.pci_address: gpu.uuid for gpu in sources.nvidia.gpus or ()}
    pairs = zip(cuda.devices, cuda.gpus, strict=True)
    names = [uuid or (known.get(gpu.pci_address) if gpu.pci_address else None) for uuid, gpu in pairs]
    return tuple(name for name in names if name) if all(names) else None


def unlisted(
    gpus: tuple[Gpu, ...] | None, displays: tuple[Display, ...] | None, source: str = DEVICES
) -> tuple[Reading, ...]:
    """A reading for each NVIDIA device on the bus (of which ``source`` tells) that the driver does not list.

    In a container, or on a host that gave a GPU to a virtual machine, that is as it should be.
    """
    listed = {gpu.pci_address for gpu in gpus or ()}
    return tuple(
        Reading(
            id="gpus.pci",
            source=source,
            outcome="found",
            detail=f"{item.address} {item.pci_id} is on the bus, and the driver does not list it",
        )
        for item in displays or ()
        if item.vendor == "nvidia" and item.address and item.address not in listed
    )
