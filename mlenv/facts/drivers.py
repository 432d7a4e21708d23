"""System software of the vendors: drivers, toolkits, runtimes, libraries."""

from __future__ import annotations

from mlenv.facts.fact import Fact


class GpuPath(Fact, frozen=True, kw_only=True):
    """How two GPUs of one machine reach each other, by index.

    ``level`` is the word of ``nvidia-smi topo -m``: ``NV18`` for NVLinks, then ``PIX``, ``PXB``,
    ``PHB``, ``NODE``, ``SYS`` with growing distance.
    """

    first: int
    second: int
    level: str


class FabricManager(Fact, frozen=True, kw_only=True):
    """The service that NVSwitch machines need before CUDA starts; ``version`` of what is installed."""

    version: str | None = None
    running: bool | None = None


class Nvidia(Fact, frozen=True, kw_only=True):
    """NVIDIA system software.

    ``driver`` is the version of the user-space driver (``580.95.05``), ``kernel_module`` that of
    the loaded kernel module, ``module_on_disk`` that of the module which the next boot would load,
    ``library`` the version in the file name of libcuda.  ``cuda`` is the newest CUDA that the driver
    itself offers (``13.0``).
    ``nvml`` says how NVML started and ``cuda_init`` how libcuda did: ``ok``, or the error's name
    (``LibRmVersionMismatch``, ``CUDA_ERROR_SYSTEM_DRIVER_MISMATCH``, ``SIGSEGV``, ``timeout``).
    ``cuda_devices`` are the UUIDs that libcuda shows this process, in its order; () where it shows none.
    """

    driver: str | None = None
    kernel_module: str | None = None
    open_kernel_module: bool | None = None
    module_on_disk: str | None = None
    library: str | None = None
    cuda: str | None = None
    nvml: str | None = None
    cuda_init: str | None = None
    cuda_devices: tuple[str, ...] | None = None
    topology: tuple[GpuPath, ...] | None = None
    fabric_manager: FabricManager | None = None
    persistence_daemon: bool | None = None
    mps: bool | None = None


class RocmRelease(Fact, frozen=True, kw_only=True):
    """An installed ROCm user space and its folder."""

    version: str
    path: str


class Rocm(Fact, frozen=True, kw_only=True):
    """AMD system software.

    ``version`` is that of the ROCm user space in use (``6.4``), ``releases`` are all that are
    installed, ``driver`` the version of an amdgpu module that did not come with the kernel.
    """

    version: str | None = None
    releases: tuple[RocmRelease, ...] = ()
    driver: str | None = None


class IntelCompute(Fact, frozen=True, kw_only=True):
    """Intel's compute runtime: Level Zero's loader, its GPU driver, and OpenCL's."""

    level_zero: str | None = None
    compute_runtime: str | None = None
    opencl: str | None = None


class Tpu(Fact, frozen=True, kw_only=True):
    """Google's system software; ``accelerator`` is the type that the VM announces (``v5litepod-8``)."""

    accelerator: str | None = None
    chips: int | None = None
    library: str | None = None


class Jetson(Fact, frozen=True, kw_only=True):
    """A Jetson board: ``l4t`` is its Linux for Tegra (``36.4.0``), ``jetpack`` where a package says it."""

    l4t: str | None = None
    jetpack: str | None = None
    model: str | None = None
    chip: str | None = None


class CudaToolkit(Fact, frozen=True, kw_only=True):
    """An installed CUDA toolkit and how it was found."""

    version: str
    path: str


class Library(Fact, frozen=True, kw_only=True):
    """A library of the system, outside any Python environment: ``name`` is ``cudnn``, ``nccl`` and so on."""

    name: str
    path: str
    version: str | None = None
