"""The libraries of NVIDIA's driver, asked in child processes that are at work while all else is read."""

from __future__ import annotations

from mlenv.probe.accelerators.cuda_driver import CudaDriver, read_cuda_driver
from mlenv.probe.accelerators.nvidia import NvidiaAnswer, read_nvidia
from mlenv.probe.schedule import Schedule


class DriverLibraries:
    """NVML and libcuda, under way: they fail independently, and each is lost alone."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._nvml = schedule.start("nvidia.nvml", read_nvidia)
        self._cuda = schedule.start("nvidia.cuda_init", read_cuda_driver)

    def take_nvidia(self) -> NvidiaAnswer:
        """What NVML said, or nvidia-smi in its place."""
        return self._schedule.take(self._nvml, NvidiaAnswer(nvml="no answer", gpus=None))

    def take_cuda(self) -> CudaDriver:
        """What libcuda said."""
        return self._schedule.take(self._cuda, CudaDriver(init="no answer"))
