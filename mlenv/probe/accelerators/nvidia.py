"""NVIDIA GPUs and driver: NVML in a child process, and nvidia-smi where that gives nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mlenv.facts.drivers import GpuPath
from mlenv.facts.gpu import Gpu
from mlenv.probe.accelerators.nvidia_library import NVML, find_library
from mlenv.probe.log import Log
from mlenv.probe.paths import find_program
from mlenv.system.host import Host

if TYPE_CHECKING:
    from mlenv.formats.nvidia_report import NvidiaReport

SMI_OF_WSL = "/usr/lib/wsl/lib/nvidia-smi"


class NvidiaAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What NVIDIA's user-space software says.

    ``nvml`` is how NVML started in one word, None where it is not installed.  ``gpus`` is None
    where the software is there and nothing would list them.  ``library`` is the version in the name of NVML's file.
    """

    nvml: str | None = None
    driver: str | None = None
    library: str | None = None
    cuda: str | None = None
    gpus: tuple[Gpu, ...] | None = ()
    topology: tuple[GpuPath, ...] | None = None


def read_nvidia(host: Host, log: Log) -> NvidiaAnswer:
    """GPUs and driver from NVML, else from nvidia-smi, else only what the library's file says."""
    if host.identity.system == "macos":
        log.not_asked("nvidia.nvml", "macos", "NVIDIA has no driver for it")
        return NvidiaAnswer()
    library = find_library(host, log, "nvidia.nvml", NVML)
    answer = _ask_nvml(host, log, host.real_path(library)) if library else NvidiaAnswer()
    if answer.nvml == "ok" and answer.gpus is not None:
        return answer
    report = _ask_smi(host, log)
    if report is None:
        return _with_file_version(log, answer, library and host.real_path(library))
    return msgspec.structs.replace(
        answer,
        driver=report.driver or answer.driver,
        cuda=report.cuda or answer.cuda,
        gpus=report.gpus,
        topology=report.topology,
    )


def _with_file_version(log: Log, answer: NvidiaAnswer, path: str | None) -> NvidiaAnswer:
    """The answer with the version that the library's file carries in its name, where nothing else says it."""
    if answer.driver or not answer.library or not path:
        return answer
    log.found("nvidia.driver", path)
    return msgspec.structs.replace(answer, driver=answer.library)


def _ask_nvml(host: Host, log: Log, path: str) -> NvidiaAnswer:
    from mlenv.probe.accelerators.nvml import ask_nvml  # most machines do not need it

    return ask_nvml(host, log, path)


def _ask_smi(host: Host, log: Log) -> NvidiaReport | None:
    """What nvidia-smi says, None where it is not installed or does not answer."""
    program = "nvidia-smi" if find_program(host, "nvidia-smi") else SMI_OF_WSL
    if program == SMI_OF_WSL and not host.exists(program):
        log.absent("nvidia.smi", "nvidia-smi", "not on PATH")
        return None
    from mlenv.probe.accelerators.nvidia_smi import read_smi

    return read_smi(host, log, program)
