"""Display devices and accelerators on the PCI bus: what is there even without a driver."""

from __future__ import annotations

import msgspec

from mlenv.facts.gpu import Gpu, PcieLink, Vendor
from mlenv.probe.log import Log, peek
from mlenv.system.host import Host

DEVICES = "/sys/bus/pci/devices"
_VENDORS: dict[str, Vendor] = {"0x10de": "nvidia", "0x1002": "amd", "0x8086": "intel", "0x1ae0": "google"}
# Display controllers, and processing accelerators (AMD Instinct since MI300).
_CLASSES = ("0x03", "0x12")
# Google's other devices, such as its network card, share the vendor; these are the TPUs.
# https://github.com/jax-ml/jax/blob/main/jax/_src/hardware_utils.py
_TPUS = {
    "0027": "TPU v2 or v3",
    "0056": None,
    "005e": "TPU v4",
    "0062": "TPU v5p",
    "0063": "TPU v5e",
    "006f": "TPU v6e",
    "0076": "TPU v7x",
}
# The place of the graphics part of Intel processors.
_INTEL_INTEGRATED = "0000:00:02.0"


class Display(msgspec.Struct, frozen=True, kw_only=True):
    """One device: ``pci_id`` is ``10de:2684``, ``driver`` the kernel driver bound to it (empty for none).

    ``name``, ``memory_bytes`` and ``driver_version`` are known where the system keeps them with the
    device, as Windows does.  A device without an ``address`` is known by its id alone.
    """

    address: str | None
    vendor: Vendor
    pci_id: str
    driver: str | None = None
    link: PcieLink | None = None
    numa_node: int | None = None
    name: str | None = None
    memory_bytes: int | None = None
    driver_version: str | None = None


def read_displays(host: Host, log: Log) -> tuple[Display, ...] | None:
    """The display devices and accelerators of known vendors, None where the bus cannot be listed."""
    if host.identity.system != "linux":
        log.not_asked("gpus.pci", DEVICES, "only Linux shows it")
        return None
    try:
        addresses = host.list_directory(DEVICES)
    except OSError as error:
        log.unreadable("gpus.pci", DEVICES, type(error).__name__)
        return None
    found = (_read_display(host, address) for address in addresses)
    displays = tuple(display for display in found if display)
    if displays:
        log.found("gpus.pci", DEVICES, ", ".join(f"{item.address} {item.pci_id}" for item in displays))
    else:
        log.absent("gpus.pci", DEVICES)
    return displays


def _read_display(host: Host, address: str) -> Display | None:
    folder = f"{DEVICES}/{address}"
    vendor_id = (peek(host, f"{folder}/vendor") or "").strip()
    vendor = _VENDORS.get(vendor_id)
    if vendor is None:
        return None
    device_id = (peek(host, f"{folder}/device") or "").strip()
    kind = (peek(host, f"{folder}/class") or "").strip()
    if not (device_id[2:] in _TPUS if vendor == "google" else kind.startswith(_CLASSES)):
        return None
    driver = host.real_path(f"{folder}/driver").rsplit("/", 1)[-1]
    return Display(
        address=address,
        vendor=vendor,
        pci_id=f"{vendor_id[2:]}:{device_id[2:]}",
        driver=None if driver == "driver" else driver,
    )


def display_gpus(displays: tuple[Display, ...], vendor: Vendor) -> tuple[Gpu, ...]:
    """The devices of one vendor as GPUs of which little but the place and the id is known."""
    return tuple(
        Gpu(
            vendor=vendor,
            name=_TPUS.get(item.pci_id[5:]) if vendor == "google" else None,
            pci_address=item.address,
            pci_id=item.pci_id,
            integrated=_is_integrated(item),
        )
        for item in displays
        if item.vendor == vendor
    )


def _is_integrated(display: Display) -> bool | None:
    return display.address == _INTEL_INTEGRATED if display.vendor == "intel" else None
