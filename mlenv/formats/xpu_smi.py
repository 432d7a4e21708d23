"""``xpu-smi``: Intel's GPUs, as JSON and as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from mlenv.facts.drivers import GpuPath
from mlenv.facts.gpu import Clocks, Ecc, Gpu, PcieLink
from mlenv.facts.pattern import lazy
from mlenv.formats.json_text import as_list, as_object, find_json
from mlenv.formats.measures import count, hexadecimal, pcie_link, pcie_width, size, size_with_unit
from mlenv.formats.pci_address import plain_address
from mlenv.formats.xpu_smi_tables import (
    ENABLED,
    read_config,
    read_matrix,
    read_processes,
    read_rows,
    read_stats,
    read_verdicts,
)

_VERSION = lazy(r"(Level Zero )?Version: ([0-9]{1,6}(?:\.[0-9]{1,10}){1,4})")
_NO_VALUE = ("", "unknown", "n/a")
_LARGEST_GENERATION = 6


class XpuVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What ``health`` or ``diag`` says of one component of a device: ``Ok``, ``Pass``, ``Warning`` and so on."""

    device: int
    component: str
    status: str
    detail: str = ""


class XpuReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one output of xpu-smi says.

    ``tool`` is its own version.  GPUs carry the fields that this output has: ``discovery`` names
    and sizes, ``stats`` and ``config`` the state.  ``paths`` are between the GPUs of ``topology -m``.
    """

    tool: str | None = None
    level_zero: str | None = None
    gpus: tuple[Gpu, ...] = ()
    paths: tuple[GpuPath, ...] = ()
    local_cpus: Mapping[int, str] = {}
    verdicts: tuple[XpuVerdict, ...] = ()


def parse_xpu_smi(text: str) -> XpuReport | None:
    """What xpu-smi says in any of its forms; None where this is none of them."""
    for read in _READERS:
        report = read(text)
        if report != XpuReport():
            return report
    return None


def _read_json(text: str) -> XpuReport:
    """A list of devices, or one device in full."""
    document = as_object(find_json(text))
    devices = as_list(document.get("device_list")) or [document]
    known = [as_object(device) for device in devices]
    return XpuReport(gpus=tuple(_from_json(device) for device in known if "device_name" in device))


def _from_json(device: Mapping[str, object]) -> Gpu:
    """Numbers are written as numbers or as texts, by release."""
    return Gpu(
        vendor="intel",
        index=count(device.get("device_id")),
        name=_known(device.get("device_name")),
        uuid=_known(device.get("uuid")),
        pci_address=_address(device.get("pci_bdf_address")),
        pci_id=_pci_id(device.get("pci_device_id")),
        memory_bytes=size(device.get("memory_physical_size_byte")),
        memory_free_bytes=count(device.get("memory_free_size_byte")),
        compute_units=count(device.get("number_of_eus")) or None,
        link=_link(device.get("pcie_generation"), device.get("pcie_max_link_width")),
    )


def _known(value: object) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return None if text.lower() in _NO_VALUE else text


def _address(value: object) -> str | None:
    return plain_address(value) if isinstance(value, str) else None


# 0x20a ; 56c0
def _pci_id(device: object) -> str | None:
    found = hexadecimal(device)
    return f"8086:{found:04x}" if found and found <= 0xFFFF else None


def _link(generation: object, width: object) -> PcieLink | None:
    found = count(generation)
    known = found is not None and 1 <= found <= _LARGEST_GENERATION
    return pcie_link(largest_generation=found if known else None, largest_width=pcie_width(width))


def _read_discovery(text: str) -> XpuReport:
    """``discovery`` and ``topology``: a cell of fields for each device."""
    rows = list(read_rows(text))
    if not any(cells[-1] in ("Device Information", "Topology Information") for cells in rows):
        return XpuReport()
    devices: dict[int, dict[str, str]] = {}
    fields: dict[str, str] = {}
    for cells in rows:
        index = count(cells[0])
        if index is not None:
            fields = devices.setdefault(index, {})
        key, colon, value = cells[-1].partition(":")
        if colon:
            fields.setdefault(key.strip(), value.strip())
    named = {index: found for index, found in devices.items() if "Device Name" in found}
    cpus = {index: found["Local CPU List"] for index, found in devices.items() if "Local CPU List" in found}
    return XpuReport(gpus=tuple(_from_table(index, found) for index, found in named.items()), local_cpus=cpus)


def _from_table(index: int, fields: Mapping[str, str]) -> Gpu:
    uuid, name = _known(fields.get("UUID")), _known(fields.get("Device Name"))
    frequency = count(fields.get("Core Clock Rate"))
    ecc = ENABLED.get(fields.get("ECC State", ""))
    return Gpu(
        vendor="intel",
        index=index,
        name=name,
        uuid=uuid,
        pci_address=_address(fields.get("PCI BDF Address")),
        pci_id=_id_in_uuid(uuid),
        memory_bytes=size_with_unit(fields.get("Memory Physical Size")),
        compute_units=count(fields.get("Number of EUs")) or None,
        link=_link(fields.get("PCIe Generation"), fields.get("PCIe Max Link Width")),
        clocks=None if frequency is None else Clocks(largest_graphics_mhz=frequency),
        ecc=None if ecc is None else Ecc(enabled=ecc),
    )


# 00000000-0000-0000-0000-020a00008086 ; 01000000-0000-004d-0000-000856c08086
def _id_in_uuid(uuid: str | None) -> str | None:
    """Level Zero's UUID ends in vendor and device; releases differ in what is between them."""
    last = (uuid or "").rpartition("-")[2].lower()
    if len(last) != 12 or not last.endswith("8086"):
        return None
    return _pci_id(last[4:8]) or _pci_id(last[:4])


def _read_version(text: str) -> XpuReport:
    """``-v``: the tool's own version and Level Zero's."""
    found = {bool(match[1]): match[2] for match in _VERSION.finditer(text)} if "CLI:" in text else {}
    return XpuReport(tool=found.get(False), level_zero=found.get(True))


def _read_state(text: str) -> XpuReport:
    """``stats`` and ``config``."""
    return XpuReport(gpus=(*read_stats(text), *read_config(text)))


def _read_verdicts(text: str) -> XpuReport:
    """``health`` and ``diag``."""
    found: Iterable[tuple[int, str, str, str]] = read_verdicts(text)
    return XpuReport(
        verdicts=tuple(
            XpuVerdict(device=device, component=component, status=status, detail=detail)
            for device, component, status, detail in found
        )
    )


def _read_relations(text: str) -> XpuReport:
    """``topology -m`` and ``ps``."""
    return XpuReport(paths=tuple(read_matrix(text)), gpus=tuple(read_processes(text)))


_READERS: tuple[Callable[[str], XpuReport], ...] = (
    _read_json,
    _read_discovery,
    _read_version,
    _read_state,
    _read_verdicts,
    _read_relations,
)
