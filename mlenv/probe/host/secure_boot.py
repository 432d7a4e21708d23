"""Secure Boot: whether the firmware, and with it Linux, loads nothing that is not signed."""

from __future__ import annotations

from mlenv.probe.log import Log, names_in
from mlenv.system.host import Host

BOOT_REGISTRY = r"HKLM\SYSTEM\CurrentControlSet\Control\SecureBoot\State"
VARIABLES = "/sys/firmware/efi/efivars"
SECURE_BOOT = f"{VARIABLES}/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
# Linux takes Secure Boot for off where the user told the first loader, shim, to check nothing:
# drivers/firmware/efi/libstub/secureboot.c
SHIM_STATE = f"{VARIABLES}/MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23"


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
