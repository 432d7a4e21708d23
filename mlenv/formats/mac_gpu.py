"""One GPU as macOS' ``system_profiler`` describes it, by the keys of the JSON and by the words of the text."""

from __future__ import annotations

from collections.abc import Mapping

from mlenv.facts.gpu import Gpu, Vendor
from mlenv.facts.pattern import lazy

Item = Mapping[str, object]

_VENDORS: dict[str, Vendor] = {
    "apple": "apple",
    "0x106b": "apple",
    "amd": "amd",
    "ati": "amd",
    "0x1002": "amd",
    "intel": "intel",
    "0x8086": "intel",
    "nvidia": "nvidia",
    "0x10de": "nvidia",
}
_PCI_VENDORS: dict[Vendor, str] = {"amd": "1002", "intel": "8086", "nvidia": "10de"}
_UNITS = {"KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
# Names for translation that some systems print in place of the translated ones.
_INTERNAL_NAMES = ("kHW_", "spdisplays_")
_WORD = lazy(r"[a-z0-9]+")
_SIZE = lazy(r"(\d{1,9}(?:\.\d{1,3})?) ?([KMGT]B)")
_DEVICE = lazy(r"0x([0-9a-f]{4})")
_METAL = lazy(r"metal ?(\d{1,2})")
_FAMILY = lazy(r"(?:mtl|metal )gpufamily ?(macos|mac|apple|common) ?(\d{1,2})")
_FEATURES = lazy(r"(?:metalfeaturesetfamily|gpufamily)(\d)(?: v)?(\d)")
_FAMILY_NAMES = {"mac": "macOS", "macos": "macOS", "apple": "Apple", "common": "Common"}


def value_of(item: Item, *keys: str) -> str | None:
    """The first of these keys that the item has, as text."""
    values = (item.get(key) for key in keys)
    return next((str(value).strip() for value in values if _is_plain(value)), None)


def _is_plain(value: object) -> bool:
    return bool(value.strip()) if isinstance(value, str) else type(value) is int and abs(value) < 2**63


# > "_name": "kHW_AMDRadeonPro5300MItem", "sppci_model": "AMD Radeon Pro 5300M", "sppci_bus": "spdisplays_pcie_device",
# > "spdisplays_vendor": "sppci_vendor_amd", "spdisplays_device-id": "0x7340", "spdisplays_vram": "4 GB",
# > "spdisplays_mtlgpufamilysupport": "spdisplays_metal3"
def make_gpu(item: Item) -> Gpu | None:
    """The GPU, None where its maker is none of those that frameworks know."""
    name = _name(item)
    vendor = _find_vendor(value_of(item, "spdisplays_vendor", "Vendor"), value_of(item, "spdisplays_vendor-id"), name)
    if vendor is None:
        return None
    integrated = _is_integrated(item, vendor)
    return Gpu(
        vendor=vendor,
        name=name,
        # An integrated GPU uses the main memory; what is named here is a limit of the driver.
        memory_bytes=None if integrated else parse_size(value_of(item, "spdisplays_vram", "VRAM (Total)") or ""),
        integrated=integrated,
        pci_id=_pci_id(item, vendor),
        metal=name_metal(_metal_text(item)),
        compute_units=_count(value_of(item, "sppci_cores", "Total Number of Cores")),
    )


def _name(item: Item) -> str | None:
    name = value_of(item, "_name")
    return value_of(item, "sppci_model", "Chipset Model") or name if not name or _is_internal(name) else name


def _is_internal(name: str) -> bool:
    return name.startswith(_INTERNAL_NAMES)


def _find_vendor(*texts: str | None) -> Vendor | None:
    """The maker in the first text that names one: ``sppci_vendor_amd``, ``AMD (0x1002)``, ``Intel``."""
    words = (word for text in texts if text for word in _WORD.findall(text.lower()))
    return next((_VENDORS[word] for word in words if word in _VENDORS), None)


def _is_integrated(item: Item, vendor: Vendor) -> bool | None:
    """Whether the GPU shares the main memory; Intel's in Macs do, and AMD's do not."""
    if vendor in ("intel", "amd"):
        return vendor == "intel"
    bus = (value_of(item, "sppci_bus", "Bus") or "").lower()
    if "pci" in bus:
        return False
    return True if "built" in bus or value_of(item, "spdisplays_vram_shared") else None


def _pci_id(item: Item, vendor: Vendor) -> str | None:
    device = _DEVICE.fullmatch((value_of(item, "spdisplays_device-id", "Device ID") or "").lower())
    return f"{_PCI_VENDORS[vendor]}:{device[1]}" if device and vendor in _PCI_VENDORS else None


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else None


# 1536 MB ; 4 GB ; 7 GB
def parse_size(text: str) -> int | None:
    """A size in bytes."""
    match = _SIZE.fullmatch(text.strip())
    return int(float(match[1]) * _UNITS[match[2]]) if match else None


def _metal_text(item: Item) -> str:
    keys = ("spdisplays_mtlgpufamilysupport", "Metal Support", "spdisplays_metalfamily", "Metal Family")
    return value_of(item, *keys, "spdisplays_metal", "Metal") or ""


# spdisplays_metal3 ; Metal 4 ; spdisplays_mtlgpufamilymac2 ; Supported, Metal GPUFamily Apple 7
# spdisplays_metalfeaturesetfamily14 ; Supported, feature set macOS GPUFamily1 v4 ; spdisplays_supported
def name_metal(text: str) -> str | None:
    """What macOS says of Metal, in the words of its text: ``Metal 3``, ``Metal GPUFamily Apple 7``, ``unsupported``.

    Systems before macOS 13 name the family of the GPU, those before 10.15 a set of features.
    """
    word = text.strip().lower().removeprefix("spdisplays_")
    if "supported" in word and "unsupported" in word.replace("not", "un").replace(" ", ""):
        return "unsupported"
    metal, family, features = _METAL.fullmatch(word), _FAMILY.search(word), _FEATURES.search(word)
    if metal:
        return f"Metal {metal[1]}"
    if family:
        return f"Metal GPUFamily {_FAMILY_NAMES[family[1]]} {family[2]}"
    if features:
        return f"Metal feature set macOS GPUFamily{features[1]} v{features[2]}"
    return "Metal" if word.startswith("supported") else None
