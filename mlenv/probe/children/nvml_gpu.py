"""What NVML knows of one GPU, with the names of mlenv's facts; sizes are in bytes.

The questions come in stages, the safest first: a library that hangs or crashes at a later one loses only that.
"""

from __future__ import annotations

import sys

from mlenv.probe.children import nvml_words as words
from mlenv.probe.children.nvml_questions import Questions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GRAPHICS_CLOCK, MEMORY_CLOCK = 0, 2
CORRECTED, UNCORRECTED = 0, 1
VOLATILE, AGGREGATE = 0, 1
SINGLE_BIT, DOUBLE_BIT = 0, 1
NVLINK_SPEED, NVLINK_COUNT, RECOVERY_ACTION = 90, 91, 230
NVLINK_TO_SWITCH = 2
MEMORY_INFO_2 = 0x02000028


def read_identity(ask: Questions, handle: Any) -> dict[str, Any]:
    """Which GPU it is."""
    pci = ask("pci", "nvmlDeviceGetPciInfo", handle)
    capability = ask("compute_capability", "nvmlDeviceGetCudaComputeCapability", handle)
    return {
        "name": ask.text("name", "nvmlDeviceGetName", handle),
        "uuid": ask.text("uuid", "nvmlDeviceGetUUID", handle),
        "pci_address": ask.decode("pci", pci.busId) if pci else None,
        "pci_id": f"{pci.pciDeviceId & 0xFFFF:04x}:{pci.pciDeviceId >> 16:04x}" if pci and pci.pciDeviceId else None,
        "compute_capability": f"{capability[0]}.{capability[1]}" if capability else None,
        "architecture": ask.name("architecture", words.ARCHITECTURES, "nvmlDeviceGetArchitecture", handle),
    }


def read_state(ask: Questions, handle: Any) -> dict[str, Any]:
    """How it is: memory, heat, power, modes, counted errors."""
    memory = ask.first(
        "memory", ("nvmlDeviceGetMemoryInfo", handle), ("nvmlDeviceGetMemoryInfo", handle, MEMORY_INFO_2)
    )
    bar1 = ask("bar1", "nvmlDeviceGetBAR1MemoryInfo", handle)
    mig = ask("mig", "nvmlDeviceGetMigMode", handle)
    state = ask("performance_state", "nvmlDeviceGetPerformanceState", handle)
    return {
        "memory_bytes": memory.total if memory else None,
        "memory_free_bytes": memory.free if memory else None,
        "bar1_bytes": bar1.bar1Total if bar1 else None,
        "bar1_free_bytes": bar1.bar1Free if bar1 else None,
        "mig": bool(mig[0]) if mig else None,
        "mig_pending": bool(mig[1]) if mig else None,
        **read_recovery(ask, handle),
        "temperature_celsius": ask("temperature", "nvmlDeviceGetTemperature", handle, 0),
        "performance_state": f"P{state}" if state in range(16) else None,
        "clock_events": read_clock_events(ask, handle),
        **read_hardware(ask, handle),
        **read_modes(ask, handle),
        **read_memory_errors(ask, handle),
    }


def read_recovery(ask: Questions, handle: Any) -> dict[str, Any]:
    """What the driver (570 and newer) says would bring the GPU back."""
    (action,) = ask.fields("recovery_action", handle, [RECOVERY_ACTION])
    return {"recovery_action": words.RECOVERY_ACTIONS.get(action)}


def read_clock_events(ask: Questions, handle: Any) -> list[str] | None:
    """Why clocks are held down; the function was renamed with driver 535."""
    bits = ask.first(
        "clock_events",
        ("nvmlDeviceGetCurrentClocksEventReasons", handle),
        ("nvmlDeviceGetCurrentClocksThrottleReasons", handle),
    )
    return None if bits is None else words.name_clock_events(bits)


def read_hardware(ask: Questions, handle: Any) -> dict[str, Any]:
    """Link, power, clocks and firmware."""
    link = {
        "generation": ("nvmlDeviceGetCurrPcieLinkGeneration", handle),
        "largest_generation": ("nvmlDeviceGetMaxPcieLinkGeneration", handle),
        "width": ("nvmlDeviceGetCurrPcieLinkWidth", handle),
        "largest_width": ("nvmlDeviceGetMaxPcieLinkWidth", handle),
    }
    clocks = {
        "graphics_mhz": ("nvmlDeviceGetClockInfo", handle, GRAPHICS_CLOCK),
        "memory_mhz": ("nvmlDeviceGetClockInfo", handle, MEMORY_CLOCK),
        "largest_graphics_mhz": ("nvmlDeviceGetMaxClockInfo", handle, GRAPHICS_CLOCK),
        "largest_memory_mhz": ("nvmlDeviceGetMaxClockInfo", handle, MEMORY_CLOCK),
    }
    return {
        "link": ask.group("link", link),
        "power": read_power(ask, handle),
        "clocks": ask.group("clocks", clocks),
        "vbios": ask.text("vbios", "nvmlDeviceGetVbiosVersion", handle),
        "gsp_firmware": ask.text("gsp_firmware", "nvmlDeviceGetGspFirmwareVersion", handle) or None,
    }


def read_power(ask: Questions, handle: Any) -> dict[str, Any] | None:
    """Draw and limits in watts; NVML counts milliwatts."""
    power = ask.group(
        "power",
        {
            "draw_watts": ("nvmlDeviceGetPowerUsage", handle),
            "limit_watts": ("nvmlDeviceGetEnforcedPowerLimit", handle),
            "default_limit_watts": ("nvmlDeviceGetPowerManagementDefaultLimit", handle),
        },
        scale=1000,
    )
    if power is None:
        return None
    limits = ask("power.largest_limit_watts", "nvmlDeviceGetPowerManagementLimitConstraints", handle)
    return {**power, "largest_limit_watts": limits[1] / 1000 if limits else None}


def read_modes(ask: Questions, handle: Any) -> dict[str, Any]:
    """How it was set up."""
    return {
        "persistence": ask.switch("persistence", "nvmlDeviceGetPersistenceMode", handle),
        "display_active": ask.switch("display_active", "nvmlDeviceGetDisplayActive", handle),
        "compute_mode": ask.name("compute_mode", words.COMPUTE_MODES, "nvmlDeviceGetComputeMode", handle),
        "virtualization": ask.name("virtualization", words.VIRTUALIZATION, "nvmlDeviceGetVirtualizationMode", handle),
        "addressing": ask.name("addressing", words.ADDRESSING, "nvmlDeviceGetAddressingMode", handle),
        "driver_model": read_driver_model(ask, handle) if sys.platform == "win32" else None,
    }


def read_driver_model(ask: Questions, handle: Any) -> str | None:
    """Which of Windows' driver models it runs under."""
    models = ask.first("driver_model", ("nvmlDeviceGetDriverModel_v2", handle), ("nvmlDeviceGetDriverModel_v1", handle))
    return words.DRIVER_MODELS.get(models[0]) if models else None


def read_memory_errors(ask: Questions, handle: Any) -> dict[str, Any]:
    """Error correction, and the rows or pages that were replaced."""
    rows = ask("row_remaps", "nvmlDeviceGetRemappedRows", handle)
    return {
        "ecc": read_ecc(ask, handle),
        "row_remaps": None if rows is None else describe_rows(*rows),
        # One of the two is how a GPU keeps bad memory from use: pages before Ampere.
        "retired_pages": read_retired_pages(ask, handle) if rows is None else None,
    }


def describe_rows(corrected: int, uncorrected: int, pending: int, failed: int) -> dict[str, Any]:
    """The replaced rows, with the names of the facts."""
    return {"corrected": corrected, "uncorrected": uncorrected, "pending": bool(pending), "failed": bool(failed)}


def read_ecc(ask: Questions, handle: Any) -> dict[str, Any] | None:
    """Whether errors are corrected, and how many there were; nothing is counted while it is off."""
    modes = ask("ecc", "nvmlDeviceGetEccMode", handle)
    if modes is None:
        return None
    return {
        "enabled": bool(modes[0]),
        "pending": bool(modes[1]),
        "volatile": count_errors(ask, handle, VOLATILE) if modes[0] else {},
        "aggregate": count_errors(ask, handle, AGGREGATE) if modes[0] else {},
    }


def count_errors(ask: Questions, handle: Any, span: int) -> dict[str, Any]:
    """Memory errors since the driver was loaded, or over the card's life."""
    function = "nvmlDeviceGetTotalEccErrors"
    calls = {"corrected": (function, handle, CORRECTED, span), "uncorrected": (function, handle, UNCORRECTED, span)}
    return ask.group(f"ecc.{'volatile' if span == VOLATILE else 'aggregate'}", calls) or {}


def read_retired_pages(ask: Questions, handle: Any) -> dict[str, Any] | None:
    """How many pages of memory are out of use, by cause."""
    single = ask("retired_pages", "nvmlDeviceGetRetiredPages", handle, SINGLE_BIT)
    double = ask("retired_pages", "nvmlDeviceGetRetiredPages", handle, DOUBLE_BIT)
    if single is None and double is None:
        return None
    return {
        "single_bit": None if single is None else len(single),
        "double_bit": None if double is None else len(double),
        "pending": ask.switch("retired_pages.pending", "nvmlDeviceGetRetiredPagesPendingStatus", handle),
    }
