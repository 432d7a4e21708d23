"""libcuda, asked for itself: whether CUDA starts for this process, and on which devices."""

from __future__ import annotations

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.probe.accelerators.nvidia_library import CUDA, find_library
from mlenv.probe.log import Log
from mlenv.system.host import Host


class CudaDriver(msgspec.Struct, frozen=True, kw_only=True):
    """How cuInit went (``ok``, or the error's name), the driver's CUDA version, its devices.

    ``library`` is the version in the name of libcuda's file.  ``gpus`` are the devices that this process may use,
    ``devices`` their UUIDs in CUDA's order (None for one without, which old drivers do not tell), None where
    they are not known.
    """

    init: str | None = None
    version: str | None = None
    library: str | None = None
    gpus: tuple[Gpu, ...] = ()
    devices: tuple[str | None, ...] | None = None


def read_cuda_driver(host: Host, log: Log) -> CudaDriver:
    """What libcuda says in a child process; empty where the library is nowhere."""
    path = None if host.identity.system == "macos" else find_library(host, log, "nvidia.cuda_init", CUDA)
    if path is None:
        return CudaDriver()
    from mlenv.probe.accelerators.libcuda import ask_libcuda  # most machines do not need it

    return ask_libcuda(host, log, host.real_path(path))
