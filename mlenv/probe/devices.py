"""The sources of accelerators, read side by side; each is lost alone."""

from __future__ import annotations

from typing import Any

from mlenv.probe.amd import AmdAnswer, read_amd
from mlenv.probe.apple import read_apple
from mlenv.probe.cuda_driver import CudaDriver, read_cuda_driver
from mlenv.probe.gpus import Sources, join_nvidia, list_gpus, unlisted
from mlenv.probe.intel import IntelAnswer, read_intel
from mlenv.probe.jetson import read_jetson
from mlenv.probe.log import Log
from mlenv.probe.nvidia import NvidiaAnswer, read_nvidia
from mlenv.probe.nvidia_kernel import KernelAnswer, read_kernel
from mlenv.probe.nvidia_services import NvidiaServices, read_nvidia_services
from mlenv.probe.pci import DEVICES, Display, read_displays
from mlenv.probe.schedule import Schedule
from mlenv.probe.tpu import read_tpu
from mlenv.system.host import Host


def read_bus(host: Host, log: Log) -> tuple[Display, ...] | None:
    """The display devices as this system keeps them: the PCI bus of Linux, the registry of Windows."""
    if host.identity.system == "windows":
        from mlenv.probe.windows_displays import read_windows_displays

        return read_windows_displays(host, log)
    return read_displays(host, log)


def name_bus(host: Host) -> str:
    """Where the display devices of this system are listed."""
    if host.identity.system == "windows":
        from mlenv.probe.windows_displays import DEVICES as REGISTRY

        return REGISTRY
    return DEVICES


class Devices:
    """The sources, under way."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._nvidia = schedule.start("nvidia.nvml", read_nvidia)
        self._cuda = schedule.start("nvidia.cuda_init", read_cuda_driver)
        self._kernel = schedule.start("nvidia.kernel_module", read_kernel)
        self._services = schedule.start("nvidia.services", read_nvidia_services)
        self._displays = schedule.start("gpus.pci", read_bus)
        self._amd = schedule.start("gpus.amd", read_amd)
        self._intel = schedule.start("gpus.intel", read_intel)
        self._apple = schedule.start("gpus.apple", read_apple)
        self._jetson = schedule.start("jetson", read_jetson)
        self._tpu = schedule.start("tpu", read_tpu)

    def take(self) -> dict[str, Any]:
        """The fields of the machine that they fill."""
        sources = self._gather()
        gpus = list_gpus(sources)
        self._schedule.add(unlisted(gpus, sources.displays, name_bus(self._schedule.host)))
        return {
            "gpus": gpus,
            "nvidia": join_nvidia(sources),
            "rocm": sources.amd.rocm,
            "intel": sources.intel.software,
            "jetson": sources.jetson,
            "tpu": self._schedule.take(self._tpu, None),
        }

    def _gather(self) -> Sources:
        take = self._schedule.take
        return Sources(
            nvidia=take(self._nvidia, NvidiaAnswer(nvml="no answer", gpus=None)),
            cuda=take(self._cuda, CudaDriver(init="no answer")),
            kernel=take(self._kernel, KernelAnswer()),
            services=take(self._services, NvidiaServices()),
            displays=take(self._displays, None),
            amd=take(self._amd, AmdAnswer()),
            intel=take(self._intel, IntelAnswer()),
            apple=take(self._apple, None),
            jetson=take(self._jetson, None),
        )
