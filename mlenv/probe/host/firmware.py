"""What the firmware says of this computer: its model, its cloud and Secure Boot."""

from __future__ import annotations

import msgspec

from mlenv.facts.system import Cloud
from mlenv.probe.log import Log, names_in, peek
from mlenv.system.host import Host

FOLDER = "/sys/class/dmi/id"
DEVICE_TREE_MODEL = "/proc/device-tree/model"
REGISTRY = r"HKLM\HARDWARE\DESCRIPTION\System\BIOS"
# https://learn.microsoft.com/en-us/azure/virtual-machines/extensions/agent-windows
AZURE_AGENT = r"HKLM\SYSTEM\CurrentControlSet\Services\WindowsAzureGuestAgent"
BOOT_REGISTRY = r"HKLM\SYSTEM\CurrentControlSet\Control\SecureBoot\State"
VARIABLES = "/sys/firmware/efi/efivars"
SECURE_BOOT = f"{VARIABLES}/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
# Linux takes Secure Boot for off where the user told the first loader, shim, to check nothing:
# drivers/firmware/efi/libstub/secureboot.c
SHIM_STATE = f"{VARIABLES}/MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23"

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

# The provider, the field of the firmware and what it begins with, in lower case.
# https://github.com/canonical/cloud-init/blob/main/tools/ds-identify and the providers' own pages.
_CLOUDS = (
    ("aws", "vendor", "amazon ec2"),
    ("gcp", "product", "google compute engine"),
    ("azure", "asset_tag", "7783-7084-3265-9085-8269-3286-77"),
    ("oci", "asset_tag", "oraclecloud.com"),
    ("alibaba", "vendor", "alibaba cloud"),
    ("tencent", "vendor", "tencent cloud"),
    ("huawei", "asset_tag", "huaweicloud"),
    ("hetzner", "vendor", "hetzner"),
    ("digitalocean", "vendor", "digitalocean"),
    ("akamai", "vendor", "akamai"),
    ("akamai", "vendor", "linode"),
    ("vultr", "vendor", "vultr"),
    ("scaleway", "vendor", "scaleway"),
    ("upcloud", "vendor", "upcloud"),
    ("exoscale", "product", "exoscale"),
    ("openstack", "vendor", "openstack foundation"),
    ("openstack", "product", "openstack"),
)
# The providers whose product name is the kind of machine that was rented.
_INSTANCE_IS_PRODUCT = ("aws", "scaleway")
# Services that run notebooks and jobs, by a variable that each sets, and the one that names the machine.
_SERVICES = (
    ("colab", "COLAB_RELEASE_TAG", ""),
    ("colab", "COLAB_GPU", ""),
    ("kaggle", "KAGGLE_KERNEL_RUN_TYPE", ""),
    ("sagemaker", "SM_CURRENT_INSTANCE_TYPE", "SM_CURRENT_INSTANCE_TYPE"),
    ("sagemaker", "SAGEMAKER_APP_TYPE", ""),
    ("sagemaker", "SAGEMAKER_REGION", ""),
    ("databricks", "DATABRICKS_RUNTIME_VERSION", ""),
    ("runpod", "RUNPOD_DC_ID", ""),
    ("runpod", "RUNPOD_POD_ID", ""),
    ("modal", "MODAL_IS_REMOTE", ""),
    ("vast.ai", "VAST_CONTAINERLABEL", ""),
    ("paperspace", "PAPERSPACE_CLUSTER_ID", ""),
    ("codespaces", "CODESPACES", ""),
)


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


def read_cloud(host: Host, log: Log) -> Cloud | None:
    """The service or cloud that this machine belongs to, from variables and firmware; the network is not asked."""
    for provider, variable, kind in _SERVICES:
        if variable in host.environ:
            log.found("cloud", variable)
            return Cloud(provider=provider, instance=host.environ.get(kind) or None)
    firmware, source = read_firmware(host)
    cloud = find_cloud(firmware)
    if cloud is None and _runs_azure_agent(host):
        cloud, source = Cloud(provider="azure"), AZURE_AGENT
    if cloud:
        log.found("cloud", source)
    elif firmware.vendor or firmware.product:
        log.absent("cloud", source)
    return cloud


def _runs_azure_agent(host: Host) -> bool:
    """Whether Azure's agent is at work: Windows does not show the tag of the chassis by which Azure is known."""
    if host.identity.system != "windows":
        return False
    try:
        host.list_registry(AZURE_AGENT)
    except OSError:
        return False
    return True


def find_cloud(firmware: Firmware) -> Cloud | None:
    """The cloud that the firmware's names stand for; old instances of AWS run on Xen and say so in the version."""
    for provider, field, words in _CLOUDS:
        if getattr(firmware, field).lower().startswith(words):
            instance = firmware.product if provider in _INSTANCE_IS_PRODUCT else None
            return Cloud(provider=provider, instance=instance or None)
    return Cloud(provider="aws") if "amazon" in firmware.bios.lower() else None


def read_secure_boot(host: Host, log: Log) -> bool | None:
    """Whether the firmware loads signed systems only, so that Linux takes signed modules only; None where unknown."""
    if host.identity.system == "windows":
        return _read_boot_registry(host, log)
    if host.identity.system != "linux":
        return None
    try:
        data = host.read_bytes(SECURE_BOOT, 5)
    except (FileNotFoundError, NotADirectoryError):
        return _explain_missing(host, log)
    except OSError as error:
        log.unreadable("os.secure_boot", SECURE_BOOT, type(error).__name__)
        return None
    enabled = parse_boot_variable(data)
    if enabled is None:
        log.unreadable("os.secure_boot", SECURE_BOOT, "it is not five bytes long")
    else:
        log.found("os.secure_boot", SECURE_BOOT)
    return _heed_shim(host, log) if enabled else enabled


# 06 00 00 00 01: four bytes of attributes, then the value
def parse_boot_variable(data: bytes) -> bool | None:
    """A switch of UEFI as Linux shows it; None for what is not of its form."""
    return data[4] == 1 if len(data) == len("attr1") else None


def _heed_shim(host: Host, log: Log) -> bool:
    try:
        checks_nothing = parse_boot_variable(host.read_bytes(SHIM_STATE, 5))
    except OSError:
        return True
    if checks_nothing:
        log.found("os.secure_boot", SHIM_STATE, "shim is told to check nothing")
    return not checks_nothing


def _explain_missing(host: Host, log: Log) -> bool | None:
    """False on a machine that does not start by UEFI; None where a container hides the firmware."""
    names = names_in(host, "/sys/firmware")
    if "efi" in names:
        log.unreadable("os.secure_boot", VARIABLES, "the variables are not mounted")
        return None
    if not names:
        log.unreadable("os.secure_boot", "/sys/firmware", "it is hidden")
        return None
    log.absent("os.secure_boot", "/sys/firmware/efi", "this machine did not start by UEFI")
    return False


def _read_boot_registry(host: Host, log: Log) -> bool | None:
    try:
        value = host.read_registry(BOOT_REGISTRY).get("UEFISecureBootEnabled")
    except FileNotFoundError:
        log.absent("os.secure_boot", BOOT_REGISTRY)
        return False
    except OSError as error:
        log.unreadable("os.secure_boot", BOOT_REGISTRY, type(error).__name__)
        return None
    log.found("os.secure_boot", BOOT_REGISTRY)
    return None if value is None else value == 1
