"""NVIDIA GPUs and driver: NVML in a child process, and nvidia-smi where that gives nothing."""

from __future__ import annotations

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.formats.pci_address import plain_address
from mlenv.probe.answers import ask, name_end
from mlenv.probe.log import Log
from mlenv.probe.nvidia_library import NVML, find_library, library_version
from mlenv.probe.nvidia_smi import SmiAnswer, read_smi
from mlenv.system.host import Host

# Answers that say no more than that the device or the driver does not have the thing.
_NOT_THERE = ("NotSupported", "FunctionNotFound")


class NvmlGpu(msgspec.Struct, frozen=True, kw_only=True):
    """One GPU as ``mlenv.probe.children.nvml`` prints it; ``errors`` maps questions to failures."""

    index: int
    name: str | None = None
    uuid: str | None = None
    pci_address: str | None = None
    pci_id: str | None = None
    compute_capability: str | None = None
    memory_bytes: int | None = None
    memory_free_bytes: int | None = None
    mig: bool | None = None
    errors: dict[str, str] = {}


class NvmlAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All that it prints; ``init`` is ``ok`` or the name of the error that ``detail`` describes."""

    init: str
    detail: str = ""
    driver: str | None = None
    cuda: str | None = None
    gpus: tuple[NvmlGpu, ...] = ()
    errors: dict[str, str] = {}


class NvidiaAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What NVIDIA's user-space software says.

    ``nvml`` is how NVML started in one word, None where it is not installed.  ``gpus`` is None
    where the software is there and nothing would list them.
    """

    nvml: str | None = None
    driver: str | None = None
    cuda: str | None = None
    gpus: tuple[Gpu, ...] | None = ()


def read_nvidia(host: Host, log: Log) -> NvidiaAnswer:
    """GPUs and driver from NVML, else from nvidia-smi, else only what the library's file says."""
    if host.identity.system == "macos":
        log.not_asked("nvidia.nvml", "macos", "NVIDIA has no driver for it")
        return NvidiaAnswer()
    library = find_library(host, log, "nvidia.nvml", NVML)
    nvml, state = _ask_nvml(host, log) if library else (None, None)
    if nvml and state == "ok":
        gpus = tuple(_make_gpu(gpu) for gpu in nvml.gpus)
        return NvidiaAnswer(nvml=state, driver=nvml.driver, cuda=nvml.cuda, gpus=gpus)
    smi = _ask_smi(host, log, state)
    if smi:
        return NvidiaAnswer(nvml=state, driver=smi.driver, gpus=smi.gpus)
    if library is None:
        return NvidiaAnswer()
    return NvidiaAnswer(nvml=state, driver=_read_file_version(host, log, library), gpus=None)


def _read_file_version(host: Host, log: Log, library: str) -> str | None:
    """The version of the user-space driver, which its file carries in its name."""
    path = host.real_path(library)
    version = library_version(path)
    if version:
        log.found("nvidia.driver", path)
    return version


def _ask_nvml(host: Host, log: Log) -> tuple[NvmlAnswer | None, str]:
    """NVML's answer, and how it started in one word."""
    answer, completed = ask(host, log, "nvidia.nvml", "nvml", NvmlAnswer)
    if answer is None:
        return None, name_end(completed)
    if answer.init != "ok":
        log.unreadable("nvidia.nvml", "NVML", answer.detail or answer.init)
        return answer, answer.init
    log.found("nvidia.nvml", "NVML")
    _note_errors(log, "nvidia.nvml", answer.errors)
    for gpu in answer.gpus:
        _note_errors(log, f"gpu.{gpu.index}", gpu.errors)
    return answer, "ok"


def _note_errors(log: Log, subject: str, errors: dict[str, str]) -> None:
    """One reading for each kind of failure; a lost GPU fails every question in the same way."""
    for failure in dict.fromkeys(errors.values()):
        questions = ", ".join(name for name, text in errors.items() if text == failure)
        if questions == "mig" and failure.startswith(_NOT_THERE):
            continue  # most GPUs cannot be split
        note = log.absent if failure.startswith(_NOT_THERE) else log.unreadable
        note(subject, "NVML", f"{failure} ({questions})")


def _ask_smi(host: Host, log: Log, state: str | None) -> SmiAnswer | None:
    if state == "timeout":
        log.not_asked("nvidia.smi", "nvidia-smi", "it asks the library that did not answer")
        return None
    return read_smi(host, log)


def _make_gpu(gpu: NvmlGpu) -> Gpu:
    return Gpu(
        vendor="nvidia",
        index=gpu.index,
        name=gpu.name,
        uuid=gpu.uuid,
        pci_address=plain_address(gpu.pci_address or ""),
        pci_id=gpu.pci_id,
        compute_capability=gpu.compute_capability,
        memory_bytes=gpu.memory_bytes,
        memory_free_bytes=gpu.memory_free_bytes,
        mig=gpu.mig,
    )
