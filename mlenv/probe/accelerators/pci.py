"""Display devices and accelerators on the PCI bus: what is there even without a driver."""

from __future__ import annotations

import msgspec

from mlenv.facts.gpu import Gpu, PcieLink, Vendor
from mlenv.probe.log import Log, peek, try_folder
from mlenv.system.host import Host

DEVICES = "/sys/bus/pci/devices"
_VENDORS: dict[str, Vendor] = {"10de": "nvidia", "1002": "amd", "8086": "intel", "1ae0": "google"}
# Display controllers, and processing accelerators (AMD Instinct since MI300).
_DISPLAY = "03"
_ACCELERATOR = "12"
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
INTEL_INTEGRATED = "0000:00:02.0"


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


class _Identity(msgspec.Struct, frozen=True):
    """What a device is: ``kind`` is its class in six digits; ``driver`` is None where that is not said."""

    vendor: str
    device: str
    kind: str
    driver: str | None


def read_displays(host: Host, log: Log) -> tuple[Display, ...] | None:
    """The display devices and accelerators of known vendors, None where the bus cannot be listed."""
    if host.identity.system != "linux":
        log.not_asked("gpus.pci", DEVICES, "only Linux shows it")
        return None
    addresses = try_folder(host, log, "gpus.pci", DEVICES, missing="this system has no PCI bus")
    if not addresses:
        return None if addresses is None else ()
    found = (_read_display(host, addresses, address) for address in addresses)
    displays = tuple(display for display in found if display)
    if not displays:
        log.absent("gpus.pci", DEVICES)
        return ()
    log.found("gpus.pci", DEVICES, ", ".join(f"{item.address} {item.pci_id}" for item in displays))
    return _name_displays(host, log, displays)


def _name_displays(host: Host, log: Log, displays: tuple[Display, ...]) -> tuple[Display, ...]:
    from mlenv.probe.accelerators.pci_names import read_names

    names = read_names(host, log, [item.pci_id for item in displays])
    return tuple(msgspec.structs.replace(item, name=names.get(item.pci_id)) for item in displays)


def _read_display(host: Host, addresses: list[str], address: str) -> Display | None:
    folder = f"{DEVICES}/{address}"
    # One file says all of it; machines have a hundred devices and more.
    identity = parse_event(peek(host, f"{folder}/uevent") or "") or _read_identity(host, addresses, folder)
    vendor = find_vendor(identity)
    if identity is None or vendor is None:
        return None
    from mlenv.probe.accelerators.pci_link import read_link, read_node

    return Display(
        address=address,
        vendor=vendor,
        pci_id=f"{identity.vendor}:{identity.device}",
        driver=identity.driver,
        link=read_link(host, folder, identity.vendor),
        numa_node=read_node(host, folder),
    )


# The lines DRIVER=amdgpu, PCI_CLASS=30000, PCI_ID=1002:687F and PCI_SLOT_NAME=0000:09:00.0 among others.
def parse_fields(text: str) -> dict[str, str]:
    """The fields of a device's event file."""
    pairs = (line.partition("=") for line in text.splitlines())
    return {key: value.strip() for key, mark, value in pairs if mark}


def parse_event(text: str) -> _Identity | None:
    """What a device is by its event file; the line of the driver is missing where none is bound."""
    fields = parse_fields(text)
    vendor, _, device = fields.get("PCI_ID", "").lower().partition(":")
    kind = fields.get("PCI_CLASS", "").lower().zfill(6)
    known = len(vendor) == 4 and len(device) == 4 and len(kind) == 6
    return _Identity(vendor, device, kind, fields.get("DRIVER", "")) if known else None


def _read_identity(host: Host, addresses: list[str], folder: str) -> _Identity | None:
    """The same from a file each."""
    vendor, kind = ((peek(host, f"{folder}/{name}") or "").strip()[2:] for name in ("vendor", "class"))
    if vendor not in _VENDORS:
        return None
    device = (peek(host, f"{folder}/device") or "").strip()[2:]
    driver = _read_driver(host, folder)
    if driver is None and any(_read_driver(host, f"{DEVICES}/{address}") for address in addresses):
        driver = ""
    return _Identity(vendor, device, kind, driver)


def _read_driver(host: Host, folder: str) -> str | None:
    """The target of the link; None where there is no link, which a copied tree may lack altogether."""
    name = host.real_path(f"{folder}/driver").rsplit("/", 1)[-1]
    return None if name == "driver" else name


def find_vendor(identity: _Identity | None) -> Vendor | None:
    """The vendor of a device that is a GPU or a TPU; Intel's processing accelerators are NPUs."""
    vendor = _VENDORS.get(identity.vendor) if identity else None
    if identity is None or vendor is None:
        return None
    if vendor == "google":
        return vendor if identity.device in _TPUS else None
    kinds = (_DISPLAY,) if vendor == "intel" else (_DISPLAY, _ACCELERATOR)
    return vendor if identity.kind.startswith(kinds) else None


def display_gpus(displays: tuple[Display, ...], vendor: Vendor) -> tuple[Gpu, ...]:
    """The devices of one vendor as GPUs of which little but the place and the id is known."""
    return tuple(
        Gpu(
            vendor=vendor,
            name=item.name or (_TPUS.get(item.pci_id[5:]) if vendor == "google" else None),
            pci_address=item.address,
            memory_bytes=item.memory_bytes,
            integrated=_is_integrated(item),
            pci_id=item.pci_id,
            driver=item.driver,
            numa_node=item.numa_node,
            link=item.link,
        )
        for item in displays
        if item.vendor == vendor
    )


def _is_integrated(display: Display) -> bool | None:
    """By the place of Intel's; AMD's processors have ``AMD Radeon 780M Graphics``, which no card is called."""
    if display.vendor == "amd" and (display.name or "").endswith(" Graphics"):
        return True
    known = display.vendor == "intel" and display.address is not None
    return display.address == INTEL_INTEGRATED if known else None
