"""Accelerators: what each card is, and the state it is in.

The fields follow NVML's vocabulary where the vendors differ in words only.
"""

from __future__ import annotations

from typing import Literal

from mlenv.facts.fact import Fact

Vendor = Literal["nvidia", "amd", "intel", "apple", "google"]
RecoveryAction = Literal[
    "none",
    "gpu-reset",
    "node-reboot",
    "drain-p2p",
    "drain-and-reset",
    "recover-imex-domain",
    "bus-reset",
    "system-reboot",
]
ComputeMode = Literal["default", "exclusive-thread", "prohibited", "exclusive-process"]
ProcessKind = Literal["compute", "graphics", "both"]


class PcieLink(Fact, frozen=True, kw_only=True):
    """The PCI Express link: generation and number of lanes.

    ``largest_`` is what card and slot could do together.  Cards lower the generation while idle, so
    ``generation`` says little; ``width`` does not change.
    """

    generation: int | None = None
    largest_generation: int | None = None
    width: int | None = None
    largest_width: int | None = None


class Power(Fact, frozen=True, kw_only=True):
    """Power in watts: the draw now, the limit in force, the default and the largest limit."""

    draw_watts: float | None = None
    limit_watts: float | None = None
    default_limit_watts: float | None = None
    largest_limit_watts: float | None = None


class Clocks(Fact, frozen=True, kw_only=True):
    """Clocks in MHz, now and at most."""

    graphics_mhz: int | None = None
    memory_mhz: int | None = None
    largest_graphics_mhz: int | None = None
    largest_memory_mhz: int | None = None


class EccCounts(Fact, frozen=True, kw_only=True):
    """Counted memory errors of DRAM and SRAM together."""

    corrected: int | None = None
    uncorrected: int | None = None


class Ecc(Fact, frozen=True, kw_only=True):
    """Error correction: whether it is on, whether it will be after the next reboot, and the counts.

    ``volatile`` counts since the driver was loaded, ``aggregate`` over the life of the card.
    """

    enabled: bool | None = None
    pending: bool | None = None
    volatile: EccCounts = EccCounts()
    aggregate: EccCounts = EccCounts()


class RowRemaps(Fact, frozen=True, kw_only=True):
    """Rows of memory replaced by spare ones (Ampere and newer).

    ``pending`` means that a replacement waits for a reset, ``failed`` that one was not possible.
    """

    corrected: int | None = None
    uncorrected: int | None = None
    pending: bool | None = None
    failed: bool | None = None


class RetiredPages(Fact, frozen=True, kw_only=True):
    """Pages of memory taken out of use (before Ampere), by what was wrong with them."""

    single_bit: int | None = None
    double_bit: int | None = None
    pending: bool | None = None


class MigInstance(Fact, frozen=True, kw_only=True):
    """One MIG device: a compute instance in a GPU instance, ``profile`` such as ``1g.10gb``."""

    uuid: str | None = None
    profile: str | None = None
    gpu_instance: int | None = None
    compute_instance: int | None = None
    memory_bytes: int | None = None
    multiprocessors: int | None = None


class NvLink(Fact, frozen=True, kw_only=True):
    """One NVLink; ``peer`` is the PCI address at its other end, ``speed`` in GB/s one way."""

    link: int
    active: bool | None = None
    version: str | None = None
    speed: float | None = None
    peer: str | None = None


class Fabric(Fact, frozen=True, kw_only=True):
    """Whether a GPU of an NVSwitch machine has joined the fabric.

    ``state`` is ``not-supported``, ``not-started``, ``in-progress`` or ``completed``; ``status`` is
    ``success`` or the error, where it is completed.
    """

    state: str | None = None
    status: str | None = None


class GpuProcess(Fact, frozen=True, kw_only=True):
    """A process that uses the GPU, and the GPU memory it holds."""

    pid: int
    name: str | None = None
    memory_bytes: int | None = None
    kind: ProcessKind | None = None


class Gpu(Fact, frozen=True, kw_only=True):
    """One accelerator.

    ``compute_capability`` is NVIDIA's (``8.6``), ``gfx`` the target of an AMD GPU (``gfx1100``),
    ``architecture`` the vendor's word for the generation (``Ampere``), ``metal`` what macOS says of
    Metal (``Metal 3``, ``unsupported``).
    ``pci_address`` is ``0000:01:00.0``, ``pci_id`` vendor and device (``10de:2684``), ``driver`` the
    kernel driver bound to it (``nvidia``, ``nouveau``, ``vfio-pci``, ``amdgpu``, ``xe``; empty for none).
    ``integrated`` tells a GPU that shares the main memory from a card of its own.
    ``compute_units`` counts multiprocessors (NVIDIA), compute units (AMD), Xe cores or execution
    units (Intel), GPU cores (Apple).  ``partition`` is AMD's compute and memory mode (``CPX/NPS4``);
    in CPX mode each partition is a GPU of its own, with the PCI address of its board.
    ``mig`` tells that the GPU is split, or would be (``mig_pending``) after a reset.
    ``clock_events`` are the reasons for which clocks are held down (``hw-thermal-slowdown``), in
    NVML's names with hyphens; ``driver_model`` is Windows' ``WDDM``, ``TCC`` or ``MCDM``.
    """

    vendor: Vendor
    name: str | None = None
    index: int | None = None
    uuid: str | None = None
    pci_address: str | None = None
    compute_capability: str | None = None
    gfx: str | None = None
    memory_bytes: int | None = None
    memory_free_bytes: int | None = None
    integrated: bool | None = None
    mig: bool | None = None
    pci_id: str | None = None
    driver: str | None = None
    architecture: str | None = None
    metal: str | None = None
    compute_units: int | None = None
    partition: str | None = None
    bar1_bytes: int | None = None
    bar1_free_bytes: int | None = None
    numa_node: int | None = None
    link: PcieLink | None = None
    power: Power | None = None
    clocks: Clocks | None = None
    clock_events: tuple[str, ...] | None = None
    temperature_celsius: int | None = None
    performance_state: str | None = None
    persistence: bool | None = None
    compute_mode: ComputeMode | None = None
    virtualization: str | None = None
    addressing: str | None = None
    display_active: bool | None = None
    driver_model: str | None = None
    vbios: str | None = None
    gsp_firmware: str | None = None
    ecc: Ecc | None = None
    row_remaps: RowRemaps | None = None
    retired_pages: RetiredPages | None = None
    mig_pending: bool | None = None
    mig_instances: tuple[MigInstance, ...] | None = None
    nvlinks: tuple[NvLink, ...] | None = None
    fabric: Fabric | None = None
    recovery_action: RecoveryAction | None = None
    processes: tuple[GpuProcess, ...] | None = None
