"""What one output of nvidia-smi says of a machine, whatever its form."""

from __future__ import annotations

import msgspec

from mlenv.facts.drivers import GpuPath
from mlenv.facts.gpu import Gpu

# No machine has as many; a text with more of them is no honest one.
MOST_GPUS = 1024


class NvidiaReport(msgspec.Struct, frozen=True, kw_only=True):
    """The driver and the GPUs that one output names.

    ``driver`` is what nvidia-smi calls the version of the driver.  Since 610 that is the version of
    the kernel-mode driver (KMD), given as ``kernel_module`` too, and older outputs do not tell the
    two apart.  ``cuda`` is the newest CUDA that the driver offers.
    ``gpus`` are in the order of the output and hold what that form states; () for an output
    that names none.
    """

    driver: str | None = None
    kernel_module: str | None = None
    cuda: str | None = None
    gpus: tuple[Gpu, ...] = ()
    topology: tuple[GpuPath, ...] | None = None
