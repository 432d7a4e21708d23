"""libcuda, asked for itself: whether CUDA starts for this process, and on which devices."""

from __future__ import annotations

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.formats.pci_address import plain_address
from mlenv.probe.answers import ask, name_end
from mlenv.probe.log import Log
from mlenv.probe.nvidia_library import CUDA, find_library
from mlenv.system.host import Host


class CudaDevice(msgspec.Struct, frozen=True, kw_only=True):
    """One device as ``mlenv.probe.children.cuda_driver`` prints it."""

    index: int
    name: str | None = None
    uuid: str | None = None
    pci_address: str | None = None
    compute_capability: str | None = None
    memory_bytes: int | None = None
    integrated: bool | None = None


class LibcudaAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All that it prints; ``code`` is what cuInit returned."""

    init: str
    code: int | None = None
    detail: str = ""
    version: str | None = None
    devices: tuple[CudaDevice, ...] = ()


class CudaDriver(msgspec.Struct, frozen=True, kw_only=True):
    """How cuInit went (``ok``, or the error's name), the driver's CUDA version, its devices."""

    init: str | None = None
    version: str | None = None
    gpus: tuple[Gpu, ...] = ()


def read_cuda_driver(host: Host, log: Log) -> CudaDriver:
    """What libcuda says in a child process; empty where the library is nowhere."""
    if host.identity.system == "macos" or not find_library(host, log, "nvidia.cuda_init", CUDA):
        return CudaDriver()
    answer, completed = ask(host, log, "nvidia.cuda_init", "cuda_driver", LibcudaAnswer)
    if answer is None:
        return CudaDriver(init=name_end(completed))
    if answer.init == "ok":
        log.found("nvidia.cuda_init", "cuInit")
    else:
        code = "" if answer.code is None else f" ({answer.code})"
        log.unreadable("nvidia.cuda_init", "cuInit", f"{answer.init}{code} {answer.detail}".strip())
    return CudaDriver(
        init=answer.init, version=answer.version, gpus=tuple(_make_gpu(device) for device in answer.devices)
    )


def _make_gpu(device: CudaDevice) -> Gpu:
    return Gpu(
        vendor="nvidia",
        index=device.index,
        name=device.name,
        uuid=device.uuid,
        pci_address=plain_address(device.pci_address or ""),
        compute_capability=device.compute_capability,
        memory_bytes=device.memory_bytes,
        integrated=device.integrated,
    )
