"""``lspci`` in its forms: the GPUs on the PCI bus and the drivers bound to them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.facts.gpu import Gpu, PcieLink, Vendor
from mlenv.facts.pattern import lazy
from mlenv.formats.measures import count, pcie_generation, pcie_link, pcie_width
from mlenv.formats.pci_address import plain_address

# 0001:00:00.0 3D controller [0302]: NVIDIA Corporation GA100 [A100 SXM4 80GB] [10de:20b2] (rev a1)
_LINE = lazy(r"((?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])\s+(\S.*)")
_IDS = lazy(r"\[([0-9a-f]{4}):([0-9a-f]{4})\]")
_NUMBER = lazy(r"\[([0-9a-f]{4})\]$")
# 06:00.0 0302: 10de:2236 (rev a1)
_NUMERIC = lazy(r"(03|12)[0-9a-f]{2}: ([0-9a-f]{4}:[0-9a-f]{4})(?: .*)?")
_QUOTED = lazy(r'"([^"]*)"')
_END = lazy(r"\s*\((?:rev|prog-if)[^()]*\)\s*$")
_UNNAMED = lazy(r"Device ([0-9a-f]{4})")
_STATE = lazy(r"Lnk(Cap|Sta):.*?Speed ([0-9.]{1,8})GT/s(?: \([a-z]+\))?, Width x([0-9]{1,3})")

_VENDORS: tuple[tuple[str, str, Vendor], ...] = (
    ("10de", "NVIDIA Corporation", "nvidia"),
    ("1002", "Advanced Micro Devices, Inc. [AMD/ATI]", "amd"),
    ("8086", "Intel Corporation", "intel"),
    ("1ae0", "Google, Inc.", "google"),
)
_DISPLAYS = ("VGA compatible controller", "3D controller", "Display controller", "XGA compatible controller")
_ACCELERATOR = "Processing accelerators"
_KEYS = {"kernel driver in use": "driver", "numa node": "numanode"}
# The place of the graphics part of Intel processors.
_INTEL_INTEGRATED = "0000:00:02.0"
# A line of lspci is short; what is longer is something else.
_LONGEST_LINE = 2000


class _Device(msgspec.Struct):
    """One device: what its first line says, and the lines below as fields."""

    slot: str
    kind: str
    vendor: str
    name: str
    fields: dict[str, str] = {}
    details: list[str] = []


def parse_lspci(text: str) -> tuple[Gpu, ...] | None:
    """The GPUs of the vendors that mlenv knows; None where this is not lspci's output.

    Virtual and management displays are left out.  Where the text names drivers at all, a device
    without one has an empty driver.
    """
    devices = list(_stanzas(text)) or list(_records(text))
    if not devices:
        return None
    drivers = any("driver" in device.fields for device in devices)
    return tuple(gpu for device in devices if (gpu := _make_gpu(device, drivers)))


def _stanzas(text: str) -> Iterator[_Device]:
    """A line for each device; with ``-k`` and ``-v`` indented lines below it."""
    device: _Device | None = None
    for line in text.splitlines():
        words = line[:_LONGEST_LINE].strip()
        if found := _parse_line(words):
            if device:
                yield device
            device = found
        elif device and ":" in words:
            key, _, value = words.partition(":")
            device.fields.setdefault(_KEYS.get(key.lower(), key.lower()), value.strip())
            device.details.append(words)
    if device:
        yield device


def _parse_line(words: str) -> _Device | None:
    match = _LINE.fullmatch(words)
    if match is None:
        return None
    quoted = _QUOTED.findall(match[2])
    if len(quoted) >= 3:  # lspci -mm
        return _Device(slot=match[1], kind=quoted[0], vendor=quoted[1], name=quoted[2])
    if numeric := _NUMERIC.fullmatch(match[2]):
        kind = _ACCELERATOR if numeric[1] == "12" else _DISPLAYS[0]
        return _Device(slot=match[1], kind=kind, vendor="", name=f"[{numeric[2]}]")
    kind, colon, name = match[2].partition(": ")
    return _Device(slot=match[1], kind=kind, vendor="", name=_strip_end(name)) if colon else None


def _strip_end(name: str) -> str:
    """Without ``(rev a1) (prog-if 00 [VGA controller])``."""
    for _ in range(2):
        name = _END.sub("", name)
    return name.strip()


# Slot: 00:0f.0, Class: VGA compatible controller [0300], Vendor: VMware [15ad], Driver: vmwgfx; tabs after the colons
def _records(text: str) -> Iterator[_Device]:
    """``lspci -vmm``: a record of tagged lines for each device."""
    fields: dict[str, str] = {}
    for line in [*text.splitlines(), "Slot:"]:
        key, _, value = line.partition(":")
        if key.strip() == "Slot":
            if plain_address(fields.get("slot", "")) and "class" in fields:
                yield _Device(
                    slot=fields["slot"],
                    kind=fields["class"],
                    vendor=fields.get("vendor", ""),
                    name=fields.get("device", ""),
                    fields=fields,
                )
            fields = {}
        fields[key.strip().lower()] = value.strip()


def _make_gpu(device: _Device, drivers: bool) -> Gpu | None:
    number, vendor = _find_vendor(device)
    kind = device.kind.partition(" [")[0]
    # Intel's processing accelerators are NPUs.
    if vendor is None or not (kind in _DISPLAYS or (kind == _ACCELERATOR and vendor != "intel")):
        return None
    address = plain_address(device.slot)
    pci_id, name = _find_id(device, number)
    return Gpu(
        vendor=vendor,
        name=name,
        pci_address=address,
        integrated=address == _INTEL_INTEGRATED if vendor == "intel" else None,
        pci_id=pci_id,
        driver=device.fields.get("driver", "") if drivers else None,
        numa_node=count(device.fields.get("numanode")),
        link=_find_link(device.details),
    )


def _find_vendor(device: _Device) -> tuple[str, Vendor | None]:
    """By the number where there is one, else by the name that begins the description."""
    ids = _IDS.search(device.name)
    number = _NUMBER.search(device.vendor)
    written = ids[1] if ids else number[1] if number else ""
    for known, title, vendor in _VENDORS:
        begins = (device.vendor or device.name).startswith(title.partition(",")[0])
        if written == known or (begins and not written):
            return known, vendor
    return written, None


def _find_id(device: _Device, vendor: str) -> tuple[str | None, str | None]:
    """``10de:2236`` and the name; a device that lspci does not know is called ``Device 2330``."""
    ids, number = _IDS.search(device.name), _NUMBER.search(device.name)
    name = device.name[: ids.start()] if ids else device.name[: number.start()] if number else device.name
    title = next(title for known, title, _ in _VENDORS if known == vendor)
    name = name.strip().removeprefix(title).strip()
    unnamed = _UNNAMED.fullmatch(name)
    device_number = ids[2] if ids else number[1] if number else unnamed[1] if unnamed else None
    return f"{vendor}:{device_number}" if device_number else None, None if unnamed else name or None


# LnkCap:	Port #0, Speed 32GT/s, Width x16, ASPM not supported
# LnkSta:	Speed 2.5GT/s (downgraded), Width x16 (ok)
def _find_link(details: list[str]) -> PcieLink | None:
    found = {match[1]: (match[2], match[3]) for line in details if (match := _STATE.search(line))}
    now, largest = found.get("Sta", ("", "")), found.get("Cap", ("", ""))
    return pcie_link(pcie_generation(now[0]), pcie_width(now[1]), pcie_generation(largest[0]), pcie_width(largest[1]))
