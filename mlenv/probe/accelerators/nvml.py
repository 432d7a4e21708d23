"""NVML, asked in a child process: how it starts, and what it knows of the GPUs."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mlenv.facts.drivers import GpuPath
from mlenv.facts.gpu import Gpu, NvLink, Vendor
from mlenv.formats.pci_address import plain_address
from mlenv.probe.accelerators.nvidia import NvidiaAnswer
from mlenv.probe.accelerators.nvidia_library import library_version
from mlenv.probe.answers import ask, name_end, note_output
from mlenv.probe.log import Log
from mlenv.system.host import Host

COMPLETE = "complete"
# NVML has no more than half of the time, so that nvidia-smi has the other half where it hangs.
SHARE = 0.5
# Answers that say no more than that the device or the driver does not have the thing.
_NOT_THERE = ("NotSupported", "FunctionNotFound")
# What most GPUs lack: that says nothing worth a reading.
_OPTIONAL = ("mig", "nvlinks", "fabric", "addressing", "virtualization", "retired_pages", "row_remaps", "gsp_firmware")
_LISTED_QUESTIONS = 6


class NvmlGpu(Gpu, frozen=True, kw_only=True):
    """One GPU as ``mlenv.probe.children.nvml`` prints it.

    ``errors`` maps questions to failures; ``switched`` tells that its NVLinks end at a switch.
    """

    vendor: Vendor = "nvidia"
    switched: bool = False
    errors: dict[str, str] = msgspec.field(default_factory=dict)


class NvmlAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All that it prints; ``init`` is ``ok`` or the name of the error that ``detail`` describes.

    ``gpus`` is None where NVML works and does not say how many there are.  ``distances`` are pairs of GPUs by
    index, and how far they are apart.  ``missing`` are the functions that the library does not have.
    """

    init: str
    detail: str = ""
    stage: str = COMPLETE
    driver: str | None = None
    nvml: str | None = None
    cuda: str | None = None
    gpus: tuple[NvmlGpu, ...] | None = None
    distances: tuple[tuple[int, int, str], ...] | None = None
    missing: tuple[str, ...] = ()
    errors: dict[str, str] = {}


def ask_nvml(host: Host, log: Log, path: str) -> NvidiaAnswer:
    """What NVML says; its GPUs are None where it did not get so far."""
    library = library_version(path)
    answer, completed = ask(host, log, "nvidia.nvml", "nvml", NvmlAnswer, seconds=log.seconds_left * SHARE)
    note_output(log, "nvidia.nvml.output", "nvml", completed)
    if answer is None:
        return NvidiaAnswer(nvml=name_end(completed), library=library, gpus=None)
    if answer.init != "ok":
        log.unreadable("nvidia.nvml", "NVML", answer.detail or answer.init)
        return NvidiaAnswer(nvml=answer.init, library=library, gpus=None)
    _note_answer(log, answer)
    return NvidiaAnswer(
        nvml="ok",
        driver=answer.driver,
        library=library,
        cuda=answer.cuda,
        gpus=None if answer.gpus is None else tuple(make_gpu(gpu) for gpu in answer.gpus),
        topology=name_paths(answer.gpus or (), answer.distances),
    )


def _note_answer(log: Log, answer: NvmlAnswer) -> None:
    log.found("nvidia.nvml", "NVML", f"version {answer.nvml}" if answer.nvml else "")
    if answer.stage != COMPLETE:
        log.unreadable(
            "nvidia.nvml", "NVML", f"it ended before all was asked; the last that is known is {answer.stage}"
        )
    if answer.missing:
        names = _list(name.removeprefix("nvml") for name in answer.missing)
        log.absent("nvidia.nvml.functions", "NVML", f"this driver's library does not have {names}")
    _note_errors(log, "nvidia.nvml", answer.errors)
    for gpu in answer.gpus or ():
        _note_errors(log, f"gpu.{gpu.index}", gpu.errors)


def _note_errors(log: Log, subject: str, errors: dict[str, str]) -> None:
    """One reading for each kind of failure; a lost GPU fails every question in the same way."""
    for failure in dict.fromkeys(errors.values()):
        questions = [name for name, text in errors.items() if text == failure]
        there = not failure.startswith(_NOT_THERE)
        if there or any(name.partition(".")[0] not in _OPTIONAL for name in questions):
            note = log.unreadable if there else log.absent
            note(subject, "NVML", f"{failure} ({_list(questions)})")


def _list(names: Iterable[str]) -> str:
    """``name, memory``; of many the first and how many more."""
    listed = list(names)
    more = len(listed) - _LISTED_QUESTIONS
    if more <= 1:
        return ", ".join(listed)
    return f"{', '.join(listed[:_LISTED_QUESTIONS])} and {more} more"


def make_gpu(gpu: NvmlGpu) -> Gpu:
    """The GPU without what only the child's answer holds, and with plain PCI addresses."""
    facts = {name: getattr(gpu, name) for name in Gpu.__struct_fields__}
    facts["pci_address"] = plain_address(gpu.pci_address or "")
    if gpu.nvlinks is not None:
        facts["nvlinks"] = tuple(_plain_link(link) for link in gpu.nvlinks)
    return Gpu(**facts)


def _plain_link(link: NvLink) -> NvLink:
    return msgspec.structs.replace(link, peer=plain_address(link.peer or ""))


def name_paths(
    gpus: tuple[NvmlGpu, ...], distances: tuple[tuple[int, int, str], ...] | None
) -> tuple[GpuPath, ...] | None:
    """How the GPUs of each pair reach each other: by NVLink where they are linked, else over PCI Express.

    None where nothing is known of it.
    """
    levels = {(first, second): level for first, second, level in distances or ()}
    pairs = [(one, other) for place, one in enumerate(gpus) for other in gpus[place + 1 :]]
    paths = tuple(
        GpuPath(first=one.index, second=other.index, level=level)
        for one, other in pairs
        if one.index is not None and other.index is not None
        if (level := _name_links(one, other) or levels.get((one.index, other.index)))
    )
    return paths if paths or distances is not None else None


def _name_links(one: NvmlGpu, other: NvmlGpu) -> str | None:
    """``NV4`` for four links, direct ones or such as meet at a switch."""
    ends = [plain_address(link.peer or "") for link in one.nvlinks or () if link.active]
    address = plain_address(other.pci_address or "")
    count = ends.count(address) if address else 0
    if not count and one.switched and other.switched:
        count = min(len(ends), sum(1 for link in other.nvlinks or () if link.active))
    return f"NV{count}" if count else None
