"""``hipInfo``: the GPUs as HIP sees them, the one tool of AMD's SDK for Windows that names targets."""

from __future__ import annotations

from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import lazy
from mlenv.formats.amd_gpu import card_name, target, tell_integrated
from mlenv.formats.measures import count, number, size_with_unit

_DEVICE = lazy(r"device#\s+[0-9]{1,3}")
_INTEGRATED = {0.0: False, 1.0: True}


# device#                           0
# Name:                             AMD Radeon RX 7900 XTX
# and so on, a line each: pciBusID (3), totalGlobalMem (23.98 GB), gcnArchName (gfx1100)
def parse_hipinfo(text: str) -> tuple[Gpu, ...] | None:
    """The GPUs; None where this is not hipInfo's output."""
    devices: list[dict[str, str]] = []
    for line in text.splitlines():
        if _DEVICE.fullmatch(line.strip()):
            devices.append({})
        elif devices:
            key, _, value = line.partition(":")
            devices[-1].setdefault(key.strip(), value.strip())
    return tuple(_make_gpu(index, fields) for index, fields in enumerate(devices)) or None


def _make_gpu(index: int, fields: dict[str, str]) -> Gpu:
    """The number of multiprocessors is left out: on Radeon cards HIP counts pairs of compute units."""
    gfx = target(fields.get("gcnArchName"))
    integrated = number(fields.get("isIntegrated"))
    return Gpu(
        vendor="amd",
        index=index,
        name=card_name(fields.get("Name")),
        gfx=gfx,
        pci_address=_address(fields),
        memory_bytes=size_with_unit(fields.get("memInfo.total")) or size_with_unit(fields.get("totalGlobalMem")),
        memory_free_bytes=size_with_unit(fields.get("memInfo.free")),
        integrated=tell_integrated(gfx, None) if integrated is None else _INTEGRATED.get(integrated),
    )


def _address(fields: dict[str, str]) -> str | None:
    bus, device = count(fields.get("pciBusID")), count(fields.get("pciDeviceID"))
    domain = count(fields.get("pciDomainID")) or 0
    if bus is None or device is None or bus > 0xFF or device > 0x1F or domain > 0xFFFF_FFFF:
        return None
    return f"{domain:04x}:{bus:02x}:{device:02x}.0"
