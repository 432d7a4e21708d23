r"""Display devices and accelerators on the PCI bus of Windows, from its registry.

``Enum\PCI`` keeps every device that was ever there, each with the place of its driver's settings in
``Control\Class``.  Which devices are there now, ``Services\<driver>\Enum`` says: Windows writes that
key anew at each start.  A device that is switched off may be missing there, and then looks like one
that was taken out; one that never had a driver cannot be asked about and counts as present.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.gpu import Vendor
from mlenv.facts.pattern import lazy
from mlenv.probe.accelerators.pci import Display
from mlenv.probe.log import Log
from mlenv.probe.registry import Values, keys_below, text_of, values_of
from mlenv.system.host import Host

DEVICES = r"HKLM\SYSTEM\CurrentControlSet\Enum\PCI"
CLASSES = r"HKLM\SYSTEM\CurrentControlSet\Control\Class"
SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
# https://learn.microsoft.com/en-us/windows-hardware/drivers/install/device-setup-classes
DISPLAY_CLASS = "{4d36e968-e325-11ce-bfc1-08002be10318}"
COMPUTE_CLASS = "{f01a9d53-3ff6-48d2-9f97-c8a7004be10c}"

_VENDORS: dict[str, Vendor] = {"10de": "nvidia", "1002": "amd", "8086": "intel"}
_DEVICE = lazy(r"ven_([0-9a-f]{4})&dev_([0-9a-f]{4})\b.*")
_PLACE = lazy(r"\(([0-9]{1,5}),([0-9]{1,3}),([0-7])\)$")
_NVIDIA_VERSION = lazy(r"[0-9]{1,5}\.[0-9]{1,5}\.[0-9]{0,4}([0-9])\.([0-9]{1,4})")
_BYTES = lazy(r"(?:[0-9a-f]{2}){1,8}")
_NUMBER = lazy(r"0x[0-9a-f]{1,16}")
_INTEL_INTEGRATED = "0000:00:02.0"
_OWN_DRIVERS = "microsoft"


def read_windows_displays(host: Host, log: Log) -> tuple[Display, ...] | None:
    """The display devices and accelerators of known vendors, None where the bus cannot be listed."""
    try:
        names = host.list_registry(DEVICES)
    except OSError as error:
        log.unreadable("gpus.pci", DEVICES, type(error).__name__)
        return None
    displays = tuple(display for name in names for display in _read_device(host, log, name))
    if displays:
        log.found("gpus.pci", DEVICES, ", ".join(f"{item.address} {item.pci_id}" for item in displays))
    else:
        log.absent("gpus.pci", DEVICES)
    return displays


def _read_device(host: Host, log: Log, name: str) -> Iterator[Display]:
    """One kind of device, of which several may be there."""
    match = _DEVICE.fullmatch(name.lower())
    vendor = _VENDORS.get(match[1]) if match else None
    if match is None or vendor is None:
        return
    for instance in keys_below(host, f"{DEVICES}\\{name}"):
        values = values_of(host, f"{DEVICES}\\{name}\\{instance}")
        if _is_display(vendor, values) and _is_present(host, log, values, f"PCI\\{name}\\{instance}"):
            yield _make_display(host, vendor, f"{match[1]}:{match[2]}", values)


def _is_display(vendor: Vendor, values: Values) -> bool:
    """By the class code among the ids of the device; the device's other parts, such as sound, have their own.

    Intel's processing accelerators are NPUs.
    """
    ids = f"{text_of(values, 'HardwareID')};{text_of(values, 'CompatibleIDs')}".upper()
    kind = text_of(values, "ClassGUID").lower()
    if vendor == "intel":
        return "&CC_03" in ids or kind == DISPLAY_CLASS
    return "&CC_03" in ids or "&CC_12" in ids or kind in (DISPLAY_CLASS, COMPUTE_CLASS)


def _is_present(host: Host, log: Log, values: Values, device: str) -> bool:
    service = text_of(values, "Service")
    if not service:
        return True
    key = f"{SERVICES}\\{service}\\Enum"
    try:
        present = host.read_registry(key).values()
    except FileNotFoundError:
        log.absent("gpus.pci", key, f"{device} was here, and its driver is not in use")
        return False
    except OSError as error:
        log.unreadable("gpus.pci", key, type(error).__name__)
        return True
    if device.lower() in (str(item).lower() for item in present):
        return True
    log.absent("gpus.pci", key, f"{device} was here, and is switched off or taken out")
    return False


def _make_display(host: Host, vendor: Vendor, pci_id: str, values: Values) -> Display:
    address = parse_location(text_of(values, "LocationInformation"))
    settings = values_of(host, f"{CLASSES}\\{text_of(values, 'Driver')}") if values.get("Driver") else {}
    foreign = text_of(settings, "ProviderName").lower() != _OWN_DRIVERS
    version = text_of(settings, "DriverVersion") if foreign else ""
    memory = parse_memory(_memory(settings))
    return Display(
        address=address,
        vendor=vendor,
        pci_id=pci_id,
        driver=text_of(values, "Service").lower(),
        name=(text_of(settings, "DriverDesc") or plain_description(text_of(values, "DeviceDesc"))) if foreign else None,
        # Intel's integrated GPUs name a share of the main memory there.
        memory_bytes=None if vendor == "intel" and address == _INTEL_INTEGRATED else memory,
        driver_version=(name_nvidia_driver(version) if vendor == "nvidia" else version) or None,
    )


def _memory(settings: Values) -> str:
    """The 64-bit value, else the older one, which ends at 4 GiB."""
    names = ("HardwareInformation.qwMemorySize", "HardwareInformation.MemorySize")
    value = next((settings[name] for name in names if name in settings), "")
    return f"{value:#x}" if isinstance(value, int) else value


# 0x5ff400000 (a number) ; 000040ff05000000 (bytes, the lowest first)
def parse_memory(text: str) -> int | None:
    """The size in bytes, which drivers write as a number or as bytes."""
    if _NUMBER.fullmatch(text):
        return int(text, 16) or None
    return int.from_bytes(bytes.fromhex(text), "little") or None if _BYTES.fullmatch(text) else None


# @System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3;(1,0,0) ; PCI bus 1, device 0, function 0
def parse_location(text: str) -> str | None:
    """The PCI address; the upper part of the bus number is that of the segment."""
    match = _PLACE.search(text[-100:])
    if not match:
        return None
    bus, device, function = (int(part) for part in match.groups())
    return f"{bus >> 8:04x}:{bus & 0xFF:02x}:{device:02x}.{function}"


# @oem12.inf,%nvidia_dev.2684%;NVIDIA GeForce RTX 4090
def plain_description(text: str) -> str | None:
    """The text behind the place of its translation."""
    return text.rpartition(";")[2].strip() or None


# 32.0.15.8097
def name_nvidia_driver(version: str) -> str | None:
    """NVIDIA's own number of a driver, ``580.97``: the last five digits of Windows'.

    Chromium reads it in the same way: https://crrev.com/1241aea53e75dab24b82f20e705fd290c5d445ea
    """
    match = _NVIDIA_VERSION.fullmatch(version)
    if not match:
        return None
    digits = f"{match[1]}{match[2]:0>4}"
    return f"{digits[:3]}.{digits[3:]}"
