"""What one output of nvidia-smi says of a machine, whatever its form."""

from __future__ import annotations

import msgspec

from mlenv.facts.drivers import GpuPath
from mlenv.facts.gpu import Gpu


class NvidiaReport(msgspec.Struct, frozen=True, kw_only=True):
    """The driver and the GPUs that one output names.

    ``driver`` is the version that nvidia-smi calls that of the driver; since 610 that is its own
    version, because the program comes with the user-space driver.  ``kernel_module`` is what 610
    and later call the kernel-mode driver (KMD), ``cuda`` the newest CUDA that the driver offers.
    ``gpus`` are in the order of the output and hold what that form states; () for an output
    that names none.
    """

    driver: str | None = None
    kernel_module: str | None = None
    cuda: str | None = None
    gpus: tuple[Gpu, ...] = ()
    topology: tuple[GpuPath, ...] | None = None
