"""``nvidia-smi -q -x``: everything that NVML says, as XML."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from mlenv.facts.gpu import Gpu, GpuProcess, MigInstance
from mlenv.formats.nvidia_fields import CLOCK_EVENTS, make_gpu, make_instance, make_process, pick
from mlenv.formats.nvidia_report import MOST_GPUS, NvidiaReport
from mlenv.formats.nvidia_values import known, switch, version

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

ROOT = "nvidia_smi_log"
_DEEPEST = 40
_POWER = ("gpu_power_readings", "power_readings")
_REASONS = ("clocks_event_reasons/clocks_event_reason", "clocks_throttle_reasons/clocks_throttle_reason")
_LINK = "pci/pci_gpu_link_info"
_PLACES = {
    "name": ("product_name",),
    "architecture": ("product_architecture",),
    "uuid": ("uuid",),
    "pci.bus_id": ("pci/pci_bus_id", "@id"),
    "pci.device_id": ("pci/pci_device_id",),
    "memory.total": ("fb_memory_usage/total",),
    "memory.free": ("fb_memory_usage/free",),
    "bar1.total": ("bar1_memory_usage/total",),
    "bar1.free": ("bar1_memory_usage/free",),
    "mig.mode.current": ("mig_mode/current_mig",),
    "mig.mode.pending": ("mig_mode/pending_mig",),
    "pcie.link.gen.current": (f"{_LINK}/pcie_gen/current_link_gen",),
    "pcie.link.gen.max": (f"{_LINK}/pcie_gen/max_link_gen",),
    "pcie.link.width.current": (f"{_LINK}/link_widths/current_link_width",),
    "pcie.link.width.max": (f"{_LINK}/link_widths/max_link_width",),
    "power.draw": tuple(
        f"{part}/{name}" for part in _POWER for name in ("power_draw", "average_power_draw", "instant_power_draw")
    ),
    "power.limit": tuple(
        f"{part}/{name}"
        for part in _POWER
        for name in (
            "current_power_limit",
            "gpu_ceiling_power_limit/current_power_limit",
            "enforced_power_limit",
            "power_limit",
        )
    ),
    "power.default_limit": tuple(
        f"{part}/{name}"
        for part in _POWER
        for name in ("default_power_limit", "gpu_ceiling_power_limit/default_power_limit")
    ),
    "power.max_limit": tuple(f"{part}/max_power_limit" for part in _POWER),
    "clocks.current.graphics": ("clocks/graphics_clock",),
    "clocks.current.memory": ("clocks/mem_clock",),
    "clocks.max.graphics": ("max_clocks/graphics_clock",),
    "clocks.max.memory": ("max_clocks/mem_clock",),
    **{f"clocks_event_reasons.{event}": tuple(f"{reasons}_{event}" for reasons in _REASONS) for event in CLOCK_EVENTS},
    "temperature.gpu": ("temperature/gpu_temp",),
    "pstate": ("performance_state",),
    "persistence_mode": ("persistence_mode",),
    "compute_mode": ("compute_mode",),
    "virtualization_mode": ("gpu_virtualization_mode/virtualization_mode",),
    "addressing_mode": ("addressing_mode",),
    "display_active": ("display_active",),
    "driver_model.current": ("driver_model/current_dm",),
    "vbios_version": ("vbios_version",),
    "gsp_firmware": ("gsp_firmware_version",),
    "ecc.mode.current": ("ecc_mode/current_ecc",),
    "ecc.mode.pending": ("ecc_mode/pending_ecc",),
    "remapped_rows.correctable": ("remapped_rows/remapped_row_corr",),
    "remapped_rows.uncorrectable": ("remapped_rows/remapped_row_unc",),
    "remapped_rows.pending": ("remapped_rows/remapped_row_pending",),
    "remapped_rows.failure": ("remapped_rows/remapped_row_failure",),
    "retired_pages.single_bit_ecc.count": ("retired_pages/multiple_single_bit_retirement/retired_count",),
    "retired_pages.double_bit.count": ("retired_pages/double_bit_retirement/retired_count",),
    "retired_pages.pending": ("retired_pages/pending_retirement", "retired_pages/pending_blacklist"),
    "fabric.state": ("fabric/state",),
    "fabric.status": ("fabric/status",),
    "gpu_recovery_action": ("gpu_recovery_action",),
    "reset_status.reset_required": ("gpu_reset_status/reset_required",),
    "reset_status.drain_and_reset_recommended": ("gpu_reset_status/drain_and_reset_recommended",),
}
_ECC_KINDS = {
    "corrected.{}.sram": "{}/sram_correctable",
    "corrected.{}.dram": "{}/dram_correctable",
    "uncorrected.{}.sram": "{}/sram_uncorrectable",
    "uncorrected.{}.sram.parity": "{}/sram_uncorrectable_parity",
    "uncorrected.{}.sram.secded": "{}/sram_uncorrectable_secded",
    "uncorrected.{}.dram": "{}/dram_uncorrectable",
    # Before Turing: single-bit errors are those that were corrected.
    **{
        f"{kind}.{{}}.{place}": f"{{}}/{bits}/{place}"
        for kind, bits in (("corrected", "single_bit"), ("uncorrected", "double_bit"))
        for place in ("total", "device_memory", "register_file", "l1_cache", "l2_cache", "texture_memory", "cbu")
    },
}
_PLACES |= {
    f"ecc.errors.{name.format(period)}": (f"ecc_errors/{path.format(period)}",)
    for name, path in _ECC_KINDS.items()
    for period in ("volatile", "aggregate")
}
_INSTANCE_PLACES = {
    "uuid": ("uuid", "mig_uuid"),
    "gpu_instance": ("gpu_instance_id",),
    "compute_instance": ("compute_instance_id",),
    "memory.total": ("fb_memory_usage/total",),
    "multiprocessors": ("device_attributes/shared/multiprocessor_count",),
}


# <?xml version="1.0" ?>
# <!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
# <nvidia_smi_log>
#   <driver_version>535.54.03</driver_version>
#   <cuda_version>12.2</cuda_version>
#   <gpu id="00000000:01:00.0">
#     <product_name>NVIDIA A100-SXM4-80GB</product_name>
#     <fb_memory_usage><total>81920 MiB</total> ... </fb_memory_usage>
def parse_nvidia_smi_xml(text: str) -> NvidiaReport | None:
    """The whole report.

    A document that is cut off gives what stands before the cut; of the GPU in which it breaks, the
    sections that are complete.  What precedes the document, its DOCTYPE included, is skipped, so
    it can define no entities.
    """
    start = text.find(f"<{ROOT}")
    if start < 0:
        return None
    document = _Document()
    document.read(text[start:])
    driver = version(document.head.get("driver_version"))
    kernel_module = version(document.head.get("kmd_version"))
    cuda = version(document.head.get("cuda_version")) or version(document.head.get("cuda_umd_version"))
    if driver is None and kernel_module is None and cuda is None and not document.gpus:
        return None
    return NvidiaReport(
        driver=driver or kernel_module,
        kernel_module=kernel_module,
        cuda=cuda,
        gpus=tuple(document.gpus),
    )


class _Document:
    """Collects the values while the parser walks through a document.

    ``path`` holds the names of the open elements.  The values of a section of a GPU wait in
    ``section`` until it closes, those of a MIG device or a process in ``record``.
    """

    def __init__(self) -> None:
        self.head: dict[str, str] = {}
        self.gpus: list[Gpu] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._gpu: dict[str, str] | None = None
        self._section: dict[str, str] = {}
        self._record: dict[str, str] | None = None
        self._instances: list[MigInstance] = []
        self._processes: list[GpuProcess] = []

    def read(self, text: str) -> None:
        """Walk through the document as far as it is sound."""
        from xml.parsers import expat

        parser: XMLParserType = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        with suppress(expat.ExpatError, _TooMuchError):
            parser.Parse(text.encode("utf-8", "replace"), True)
        self._close_gpu()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._text.clear()
        self._path.append(name)
        depth = len(self._path)
        if depth > _DEEPEST or len(self.gpus) >= MOST_GPUS:
            raise _TooMuchError
        if depth == 2 and name == "gpu":
            self._gpu = {"@id": attributes.get("id", "")}
        elif depth == 4 and name in ("mig_device", "process_info"):
            self._record = {}

    def _end(self, name: str) -> None:
        value = "".join(self._text).strip()
        self._text.clear()
        depth = len(self._path)
        if value:
            self._keep(depth, value)
        if depth == 4 and self._record is not None:
            self._close_record(name)
        elif depth == 3 and self._gpu is not None:
            self._close_section(name)
        elif depth == 2:
            self._close_gpu()
        self._path.pop()

    def _keep(self, depth: int, value: str) -> None:
        if self._gpu is None:
            if depth == 2:
                self.head.setdefault(self._path[1], value)
        elif self._record is not None:
            self._record.setdefault("/".join(self._path[4:]), value)
        elif depth > 2:
            self._section.setdefault("/".join(self._path[2:]), value)

    def _close_record(self, name: str) -> None:
        found, self._record = self._record or {}, None
        if name == "mig_device":
            self._instances.append(make_instance(pick(found, _INSTANCE_PLACES)))
            return
        process = make_process(found.get("pid"), found.get("type"), found.get("process_name"), found.get("used_memory"))
        if process is not None:
            self._processes.append(process)

    def _close_section(self, name: str) -> None:
        if self._gpu is not None:
            self._gpu |= {**self._section, f"closed:{name}": self._section.get(name, "")}
        self._section = {}

    def _close_gpu(self) -> None:
        """Keep a GPU at its end, or at the end of a document that breaks off inside it."""
        found, self._gpu = self._gpu, None
        instances, self._instances = tuple(self._instances), []
        processes, self._processes = tuple(self._processes), []
        self._section, self._record = {}, None
        if found is None or not (found["@id"] or "uuid" in found or "product_name" in found):
            return
        fields = pick(found, _PLACES)
        split = switch(fields.get("mig.mode.current"))
        self.gpus.append(
            make_gpu(
                fields,
                index=len(self.gpus),
                mig_instances=instances if split is not None and "closed:mig_devices" in found else None,
                processes=processes if _says_processes(found) else None,
            )
        )


class _TooMuchError(Exception):
    """The document is no honest one of nvidia-smi; what was read before counts."""


def _says_processes(found: dict[str, str]) -> bool:
    """Whether the list of processes is complete; nvidia-smi writes ``N/A`` where it may not see them."""
    words = found.get("closed:processes")
    return words is not None and (not words or words.lower() == "none" or known(words) is not None)
