"""The fields of one NVIDIA GPU as facts.

The forms of nvidia-smi say the same under different names.  Each of them gives its values under
the names of ``nvidia-smi --help-query-gpu``, and here they become facts once for all.
Serial numbers, board ids and part numbers are never taken.
"""

from __future__ import annotations

from collections.abc import Mapping

from mlenv.facts.gpu import (
    Clocks,
    ComputeMode,
    Ecc,
    EccCounts,
    Fabric,
    Gpu,
    GpuProcess,
    MigInstance,
    PcieLink,
    Power,
    ProcessKind,
    RecoveryAction,
    RetiredPages,
    RowRemaps,
)
from mlenv.formats import nvidia_values as values
from mlenv.formats.pci_address import plain_address

Fields = Mapping[str, str]
# NVML's names of the clocks event reasons and their bits (nvmlClocksEventReason* in nvml.h).
CLOCK_EVENTS = {
    "gpu_idle": 0x1,
    "applications_clocks_setting": 0x2,
    "sw_power_cap": 0x4,
    "hw_slowdown": 0x8,
    "hw_thermal_slowdown": 0x40,
    "hw_power_brake_slowdown": 0x80,
    "sync_boost": 0x10,
    "sw_thermal_slowdown": 0x20,
    "display_clocks_setting": 0x100,
}
_COMPUTE_MODES: dict[str, ComputeMode] = {
    "default": "default",
    "exclusive": "exclusive-thread",
    "exclusive-thread": "exclusive-thread",
    "e-thread": "exclusive-thread",
    "prohibited": "prohibited",
    "exclusive-process": "exclusive-process",
    "e-process": "exclusive-process",
}
# nvidia-smi writes "Reset" and "Reboot" where NVML's header says GPU_RESET and NODE_REBOOT.
_RECOVERY_ACTIONS: dict[str, RecoveryAction] = {
    "none": "none",
    "reset": "gpu-reset",
    "gpu-reset": "gpu-reset",
    "reboot": "node-reboot",
    "node-reboot": "node-reboot",
    "drain-p2p": "drain-p2p",
    "drain-and-reset": "drain-and-reset",
    "recover-imex-domain": "recover-imex-domain",
}
# "M" is the server of MPS, through which other processes compute.
_PROCESS_KINDS: dict[str, ProcessKind] = {
    "C": "compute",
    "G": "graphics",
    "C+G": "both",
    "M": "compute",
    "M+C": "compute",
}
_DRIVER_MODELS = ("WDDM", "TCC", "MCDM")
_ECC_PLACES = ("device_memory", "register_file", "l1_cache", "l2_cache", "texture_memory", "cbu")


def make_gpu(
    fields: Fields,
    *,
    index: int,
    mig_instances: tuple[MigInstance, ...] | None = None,
    processes: tuple[GpuProcess, ...] | None = None,
) -> Gpu:
    """One GPU with everything that its fields state; ``index`` is its place in the output."""
    ask = fields.get
    stated = values.natural(ask("index"))
    return Gpu(
        vendor="nvidia",
        name=values.known(ask("name")),
        index=index if stated is None else stated,
        uuid=values.known(ask("uuid")),
        pci_address=plain_address(ask("pci.bus_id", "")),
        compute_capability=values.compute_capability(ask("compute_cap")),
        memory_bytes=values.size(ask("memory.total")),
        memory_free_bytes=values.size(ask("memory.free")),
        mig=values.switch(ask("mig.mode.current")),
        pci_id=values.pci_id(ask("pci.device_id")),
        architecture=values.known(ask("architecture")),
        bar1_bytes=values.size(ask("bar1.total")),
        bar1_free_bytes=values.size(ask("bar1.free")),
        link=_read_link(fields),
        power=_read_power(fields),
        clocks=_read_clocks(fields),
        clock_events=_read_clock_events(fields),
        temperature_celsius=values.integer(ask("temperature.gpu")),
        performance_state=values.performance_state(ask("pstate")),
        persistence=values.switch(ask("persistence_mode")),
        compute_mode=_COMPUTE_MODES.get(values.slug(ask("compute_mode")) or ""),
        virtualization=values.slug(ask("virtualization_mode")),
        addressing=values.slug(ask("addressing_mode")),
        display_active=values.switch(ask("display_active")),
        driver_model=_read_driver_model(fields),
        vbios=values.known(ask("vbios_version")),
        gsp_firmware=values.version(ask("gsp_firmware")),
        ecc=_read_ecc(fields),
        row_remaps=_read_row_remaps(fields),
        retired_pages=_read_retired_pages(fields),
        mig_pending=values.switch(ask("mig.mode.pending")),
        mig_instances=mig_instances,
        fabric=_read_fabric(fields),
        recovery_action=_read_recovery(fields),
        processes=processes,
    )


def make_process(pid: str | None, kind: str | None, name: str | None, memory: str | None) -> GpuProcess | None:
    """A process, None where its number is missing."""
    number = values.natural(pid)
    if number is None:
        return None
    return GpuProcess(
        pid=number,
        name=values.known(name),
        memory_bytes=values.size(memory),
        kind=_PROCESS_KINDS.get((kind or "").strip()),
    )


def make_instance(fields: Fields) -> MigInstance:
    """One MIG device, as far as the form describes it."""
    return MigInstance(
        uuid=values.known(fields.get("uuid")),
        gpu_instance=values.natural(fields.get("gpu_instance")),
        compute_instance=values.natural(fields.get("compute_instance")),
        memory_bytes=values.size(fields.get("memory.total")),
        multiprocessors=values.natural(fields.get("multiprocessors")),
    )


def pick(found: Fields, places: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The values under their common names; ``places`` tells where a form has them, best first."""
    chosen = {}
    for name, paths in places.items():
        candidates = [found[path] for path in paths if path in found]
        value = next((value for value in candidates if values.known(value)), None)
        if value is not None:
            chosen[name] = value
    return chosen


def _read_link(fields: Fields) -> PcieLink | None:
    link = PcieLink(
        generation=values.natural(fields.get("pcie.link.gen.current")),
        largest_generation=values.natural(fields.get("pcie.link.gen.max")),
        width=values.natural(fields.get("pcie.link.width.current")),
        largest_width=values.natural(fields.get("pcie.link.width.max")),
    )
    return link if link != PcieLink() else None


def _read_power(fields: Fields) -> Power | None:
    power = Power(
        draw_watts=_first_watts(fields, "power.draw", "power.draw.average", "power.draw.instant"),
        limit_watts=_first_watts(fields, "enforced.power.limit", "power.limit"),
        default_limit_watts=_first_watts(fields, "power.default_limit"),
        largest_limit_watts=_first_watts(fields, "power.max_limit"),
    )
    return power if power != Power() else None


def _first_watts(fields: Fields, *names: str) -> float | None:
    answers = (values.decimal(fields.get(name)) for name in names)
    return next((watts for watts in answers if watts is not None), None)


def _read_clocks(fields: Fields) -> Clocks | None:
    clocks = Clocks(
        graphics_mhz=values.natural(fields.get("clocks.current.graphics")),
        memory_mhz=values.natural(fields.get("clocks.current.memory")),
        largest_graphics_mhz=values.natural(fields.get("clocks.max.graphics")),
        largest_memory_mhz=values.natural(fields.get("clocks.max.memory")),
    )
    return clocks if clocks != Clocks() else None


def _read_clock_events(fields: Fields) -> tuple[str, ...] | None:
    mask = _read_mask(fields.get("clocks_event_reasons.active"))
    if mask is not None:
        return tuple(name.replace("_", "-") for name, bit in CLOCK_EVENTS.items() if mask & bit)
    states = {name: values.switch(fields.get(f"clocks_event_reasons.{name}")) for name in CLOCK_EVENTS}
    if all(state is None for state in states.values()):
        return None
    return tuple(name.replace("_", "-") for name, state in states.items() if state)


# 0x0000000000000101
def _read_mask(text: str | None) -> int | None:
    digits = (text or "").strip().lower()
    is_mask = digits.startswith("0x") and 2 < len(digits) <= 18 and set(digits[2:]) <= set("0123456789abcdef")
    return int(digits, 16) if is_mask else None


def _read_driver_model(fields: Fields) -> str | None:
    model = (fields.get("driver_model.current") or "").strip().upper()
    return model if model in _DRIVER_MODELS else None


def _read_recovery(fields: Fields) -> RecoveryAction | None:
    """The action; drivers before 550 only told whether one of two resets was advised."""
    action = values.slug(fields.get("gpu_recovery_action"))
    if action is not None:
        return _RECOVERY_ACTIONS.get(action)
    if values.switch(fields.get("reset_status.drain_and_reset_recommended")):
        return "drain-and-reset"
    return "gpu-reset" if values.switch(fields.get("reset_status.reset_required")) else None


def _read_fabric(fields: Fields) -> Fabric | None:
    fabric = Fabric(state=values.slug(fields.get("fabric.state")), status=values.slug(fields.get("fabric.status")))
    return fabric if fabric != Fabric() else None


def _read_row_remaps(fields: Fields) -> RowRemaps | None:
    remaps = RowRemaps(
        corrected=values.natural(fields.get("remapped_rows.correctable")),
        uncorrected=values.natural(fields.get("remapped_rows.uncorrectable")),
        pending=values.switch(fields.get("remapped_rows.pending")),
        failed=values.switch(fields.get("remapped_rows.failure")),
    )
    return remaps if remaps != RowRemaps() else None


def _read_retired_pages(fields: Fields) -> RetiredPages | None:
    pages = RetiredPages(
        single_bit=values.natural(fields.get("retired_pages.single_bit_ecc.count")),
        double_bit=values.natural(fields.get("retired_pages.double_bit.count")),
        pending=values.switch(fields.get("retired_pages.pending")),
    )
    return pages if pages != RetiredPages() else None


def _read_ecc(fields: Fields) -> Ecc | None:
    """Mode and counts; a GPU that answers ``N/A`` for the mode has none, whatever it counts."""
    if "ecc.mode.current" in fields and values.switch(fields["ecc.mode.current"]) is None:
        return None
    ecc = Ecc(
        enabled=values.switch(fields.get("ecc.mode.current")),
        pending=values.switch(fields.get("ecc.mode.pending")),
        volatile=_read_ecc_counts(fields, "volatile"),
        aggregate=_read_ecc_counts(fields, "aggregate"),
    )
    return ecc if ecc != Ecc() else None


def _read_ecc_counts(fields: Fields, period: str) -> EccCounts:
    return EccCounts(
        corrected=_count_ecc(fields, f"ecc.errors.corrected.{period}"),
        uncorrected=_count_ecc(fields, f"ecc.errors.uncorrected.{period}"),
    )


def _count_ecc(fields: Fields, kind: str) -> int | None:
    """The total, or the sum of SRAM and DRAM, or that of the places which older drivers count."""
    total = values.natural(fields.get(f"{kind}.total"))
    if total is not None:
        return total
    whole_sram = _sum(fields, f"{kind}.sram")
    sram = whole_sram if whole_sram is not None else _sum(fields, f"{kind}.sram.parity", f"{kind}.sram.secded")
    dram = values.natural(fields.get(f"{kind}.dram"))
    if sram is not None or dram is not None:
        return (sram or 0) + (dram or 0)
    return _sum(fields, *(f"{kind}.{place}" for place in _ECC_PLACES))


def _sum(fields: Fields, *names: str) -> int | None:
    counts = [count for name in names if (count := values.natural(fields.get(name))) is not None]
    return sum(counts) if counts else None
