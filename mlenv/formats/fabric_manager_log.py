"""The log of NVIDIA's fabric manager, ``/var/log/fabricmanager.log``."""

from __future__ import annotations

import msgspec

from mlenv.facts.pattern import lazy

MOST_ERRORS = 100
ERROR_LENGTH = 500
_VERSION = lazy(r"Fabric Manager version ([0-9]{1,5}(?:\.[0-9]{1,5}){1,3})\b")
_ERROR = lazy(r"^\[[^\]\n]{8,40}\] \[(?:ERROR|CRITICAL)\] (?:\[tid [0-9]{1,12}\] )?([^\n]{1,500})")


class FabricManagerLog(msgspec.Struct, frozen=True, kw_only=True):
    """The version that wrote the log last, and the errors in it, without their time; the last hundred of them."""

    version: str | None = None
    errors: tuple[str, ...] = ()


# [Mar 04 2025 10:11:12] [INFO] [tid 812] Fabric Manager version 570.86.15 is running with the following configuration
# [Mar 04 2025 10:15:40] [ERROR] [tid 830] detected NVSwitch fatal error 20034 on fid 0 on NVSwitch pci bus id ...
def parse_fabric_manager_log(text: str) -> FabricManagerLog:
    """Version and errors; empty where nothing is of this form."""
    version, errors = None, []
    for line in text.split("\n"):
        if "] [ERROR]" in line or "] [CRITICAL]" in line:
            match = _ERROR.match(line)
            errors += [match[1].strip()] if match else []
        elif "Fabric Manager version" in line:
            found = _VERSION.search(line[:1000])
            version = found[1] if found else version
    return FabricManagerLog(version=version, errors=tuple(errors[-MOST_ERRORS:]))
