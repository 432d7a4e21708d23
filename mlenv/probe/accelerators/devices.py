"""The sources of accelerators; each is lost alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlenv.probe.accelerators.amd import AmdAnswer, read_amd
from mlenv.probe.accelerators.apple import read_apple
from mlenv.probe.accelerators.driver_libraries import DriverLibraries
from mlenv.probe.accelerators.intel import IntelAnswer, read_intel
from mlenv.probe.accelerators.jetson import read_jetson
from mlenv.probe.accelerators.joining import Sources, join_nvidia, list_gpus, unlisted
from mlenv.probe.accelerators.nvidia_kernel import KernelAnswer, read_kernel
from mlenv.probe.accelerators.nvidia_services import NvidiaServices, read_nvidia_services
from mlenv.probe.accelerators.pci import DEVICES, Display, read_displays
from mlenv.probe.accelerators.tpu import read_tpu
from mlenv.probe.log import Log
from mlenv.probe.schedule import Reader, Schedule, Subject
from mlenv.system.host import Host


def read_bus(host: Host, log: Log) -> tuple[Display, ...] | None:
    """The display devices as this system keeps them: the PCI bus of Linux, the registry of Windows."""
    if host.identity.system == "windows":
        from mlenv.probe.accelerators.windows_displays import read_windows_displays

        return read_windows_displays(host, log)
    return read_displays(host, log)


def name_bus(host: Host) -> str:
    """Where the display devices of this system are listed."""
    if host.identity.system == "windows":
        from mlenv.probe.accelerators.windows_displays import DEVICES as REGISTRY

        return REGISTRY
    return DEVICES


# A source of accelerators: the subject of its readings, its reader, and what is said where that fails.
SOURCES: dict[str, tuple[str, Reader[Any], Any]] = {
    "kernel": ("nvidia.kernel_module", read_kernel, KernelAnswer()),
    "services": ("nvidia.services", read_nvidia_services, NvidiaServices()),
    "displays": ("gpus.pci", read_bus, None),
    "amd": ("gpus.amd", read_amd, AmdAnswer()),
    "intel": ("gpus.intel", read_intel, IntelAnswer()),
    "apple": ("gpus.apple", read_apple, None),
    "jetson": ("jetson", read_jetson, None),
    "tpu": ("tpu", read_tpu, None),
}


def device_readers() -> list[tuple[str, Reader[Any]]]:
    """The readers of all sources but the driver's libraries."""
    return [(name, read) for name, read, _ in SOURCES.values()]


def join_devices(schedule: Schedule, libraries: DriverLibraries, subjects: Sequence[Subject[Any]]) -> dict[str, Any]:
    """The fields of the machine that the sources fill together; ``subjects`` are those of :func:`device_readers`."""
    nvidia, cuda = libraries.take_nvidia(), libraries.take_cuda()
    said = {
        field: schedule.take(subject, default)
        for (field, (_, _, default)), subject in zip(SOURCES.items(), subjects, strict=True)
    }
    tpu = said.pop("tpu")
    sources = Sources(nvidia=nvidia, cuda=cuda, **said)
    gpus = list_gpus(sources)
    schedule.add(unlisted(gpus, sources.displays, name_bus(schedule.host)))
    return {
        "gpus": gpus,
        "nvidia": join_nvidia(sources),
        "rocm": sources.amd.rocm,
        "intel": sources.intel.software,
        "jetson": sources.jetson,
        "tpu": tpu,
    }
