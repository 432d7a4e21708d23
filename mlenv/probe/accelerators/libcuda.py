"""What libcuda answers in a child process."""

from __future__ import annotations

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.formats.pci_address import plain_address
from mlenv.probe.accelerators.cuda_driver import CudaDriver
from mlenv.probe.accelerators.nvidia_library import library_version
from mlenv.probe.answers import ask, name_end, note_output
from mlenv.probe.log import Log
from mlenv.system.host import Host
from mlenv.system.process import Completed

COMPLETE = "complete"


class CudaDevice(msgspec.Struct, frozen=True, kw_only=True):
    """One device as ``mlenv.probe.children.cuda_driver`` prints it.

    ``mig_uuid`` is that of the MIG device which stands for its GPU here.
    """

    index: int
    name: str | None = None
    uuid: str | None = None
    mig_uuid: str | None = None
    pci_address: str | None = None
    compute_capability: str | None = None
    memory_bytes: int | None = None
    integrated: bool | None = None
    compute_units: int | None = None


class LibcudaAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All that it prints.

    ``code`` is what cuInit returned, and ``init`` its name; None where it did not return.  ``devices`` is None
    where they were not asked for.
    """

    init: str | None = None
    code: int | None = None
    detail: str = ""
    stage: str = COMPLETE
    version: str | None = None
    devices: tuple[CudaDevice, ...] | None = None


def ask_libcuda(host: Host, log: Log, path: str) -> CudaDriver:
    """How CUDA starts with the library at that path, and its devices."""
    library = library_version(path)
    answer, completed = ask(host, log, "nvidia.cuda_init", "cuda_driver", LibcudaAnswer)
    note_output(log, "nvidia.cuda_init.output", "cuda_driver", completed)
    if answer is None:
        return CudaDriver(init=name_end(completed), library=library)
    _note_answer(log, answer, completed)
    devices = answer.devices or ()
    return CudaDriver(
        init=answer.init or name_end(completed),
        version=answer.version,
        library=library,
        gpus=tuple(_make_gpu(device) for device in devices),
        devices=None if answer.devices is None else tuple(device.mig_uuid or device.uuid for device in devices),
    )


def _note_answer(log: Log, answer: LibcudaAnswer, completed: Completed) -> None:
    code = "" if answer.code is None else f" ({answer.code})"
    if answer.init == "ok":
        log.found("nvidia.cuda_init", "cuInit")
    elif answer.init:
        log.unreadable("nvidia.cuda_init", "cuInit", f"{answer.init}{code} {answer.detail}".strip())
    if answer.stage != COMPLETE and completed.ok:
        log.unreadable("nvidia.cuda_init", "libcuda", f"it ended the process; the last that is known is {answer.stage}")


def _make_gpu(device: CudaDevice) -> Gpu:
    """A device as a GPU; of one split with MIG this process sees a part, and the size is not that of the GPU."""
    return Gpu(
        vendor="nvidia",
        index=device.index,
        name=device.name,
        uuid=device.uuid,
        pci_address=plain_address(device.pci_address or ""),
        compute_capability=device.compute_capability,
        memory_bytes=device.memory_bytes,
        integrated=device.integrated,
        mig=True if device.mig_uuid else None,
        compute_units=device.compute_units,
    )
