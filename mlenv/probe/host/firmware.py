"""What the firmware says of this computer, and its model."""

from __future__ import annotations

import msgspec

from mlenv.probe.log import Log, names_in, peek
from mlenv.system.host import Host

FOLDER = "/sys/class/dmi/id"
DEVICE_TREE_MODEL = "/proc/device-tree/model"
REGISTRY = r"HKLM\HARDWARE\DESCRIPTION\System\BIOS"
# What makers of boards leave in fields that the maker of the computer should fill.
_PLACEHOLDERS = frozenset(
    {
        "to be filled by o.e.m.",
        "system manufacturer",
        "system product name",
        "system version",
        "default string",
        "not specified",
        "not applicable",
        "o.e.m.",
        "oem",
        "unknown",
        "none",
        "invalid",
        "n/a",
    }
)
_LEGAL_FORMS = frozenset({"inc", "inc.", "inc.,", "corporation", "corp.", "co.", "co.,", "ltd", "ltd.", "gmbh"})
_MAKERS = {
    "asustek computer": "ASUS",
    "gigabyte technology": "Gigabyte",
    "hewlett-packard": "HP",
    "lenovo": "Lenovo",
    "micro-star international": "MSI",
}


class Firmware(msgspec.Struct, frozen=True, kw_only=True):
    """The names in the tables of the firmware; empty where there are none."""

    vendor: str = ""
    product: str = ""
    version: str = ""
    board_vendor: str = ""
    board: str = ""
    asset_tag: str = ""
    bios: str = ""


_FILES = {
    "vendor": "sys_vendor",
    "product": "product_name",
    "version": "product_version",
    "board_vendor": "board_vendor",
    "board": "board_name",
    "asset_tag": "chassis_asset_tag",
    "bios": "bios_version",
}
_VALUES = {
    "vendor": "SystemManufacturer",
    "product": "SystemProductName",
    "version": "SystemVersion",
    "board_vendor": "BaseBoardManufacturer",
    "board": "BaseBoardProduct",
    "bios": "BIOSVersion",
}


def read_firmware(host: Host) -> tuple[Firmware, str]:
    """The names and where they stand; serial numbers are not read."""
    if host.identity.system == "windows":
        try:
            values = host.read_registry(REGISTRY)
        except OSError:
            values = {}
        return Firmware(**{name: str(values.get(key, "")).strip() for name, key in _VALUES.items()}), REGISTRY
    there = names_in(host, FOLDER)
    texts = {name: peek(host, f"{FOLDER}/{file}") or "" for name, file in _FILES.items() if file in there}
    return Firmware(**{name: text.strip() for name, text in texts.items()}), FOLDER


def read_model(host: Host, log: Log) -> str | None:
    """The computer as people call it: ``Dell PowerEdge R750xa``, ``Lenovo ThinkPad T480``, ``MacBookPro18,2``."""
    if host.identity.system == "macos":
        from mlenv.probe.accelerators.apple import read_mac_model

        return read_mac_model(host, log)
    firmware, source = read_firmware(host)
    model = name_model(firmware)
    if not model and host.identity.system == "linux":
        model, source = (peek(host, DEVICE_TREE_MODEL) or "").strip("\0 \n"), DEVICE_TREE_MODEL
    note = log.found if model else log.absent
    note("model", source)
    return model or None


def name_model(firmware: Firmware) -> str:
    """Maker and product; the board where nobody named the computer, and empty where nothing is named.

    Lenovo has the number of the model for a product, and its name for a version.
    """
    maker = name_maker(firmware.vendor)
    product = _plain(firmware.product)
    if maker == "Lenovo":
        product = _plain(firmware.version) or product
    if not product:
        maker, product = name_maker(firmware.board_vendor), _plain(firmware.board)
    if not product or product.lower().startswith(maker.lower()):
        return product
    return f"{maker} {product}"


# LENOVO ; Dell Inc. ; ASUSTeK COMPUTER INC. ; Micro-Star International Co., Ltd.
def name_maker(vendor: str) -> str:
    """A maker without its legal form; empty for what is no name."""
    words = _plain(vendor).split()
    while len(words) > 1 and words[-1].lower() in _LEGAL_FORMS:
        words.pop()
    name = " ".join(words).rstrip(",")
    return _MAKERS.get(name.lower(), name)


def _plain(name: str) -> str:
    name = " ".join(name.split())
    return "" if name.lower() in _PLACEHOLDERS else name
