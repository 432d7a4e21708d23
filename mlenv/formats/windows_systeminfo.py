"""The text of Windows' ``systeminfo``, in English."""

from __future__ import annotations

import msgspec

from mlenv.facts.pattern import lazy
from mlenv.facts.system import Architecture

_VERSION = lazy(r"\d{1,4}\.\d{1,4}\.\d{1,6}")
_SIZE = lazy(r"(\d[\d.,\s]{0,30}?)\s?MB")
_NOT_DIGIT = lazy(r"[^0-9]")
_ARCHITECTURES: dict[str, Architecture] = {"x64": "x86_64", "x86": "x86", "arm64": "arm64"}
_HYPERVISOR = "A hypervisor has been detected"


class SystemInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What systeminfo says of a computer; sizes in bytes.

    ``version`` is ``10.0.19042``, as the release of the kernel is given elsewhere.  ``hypervisor``
    tells that one runs below this system: a virtual machine, or Windows' own security features.
    """

    name: str | None = None
    version: str | None = None
    maker: str | None = None
    model: str | None = None
    architecture: Architecture | None = None
    total_bytes: int | None = None
    available_bytes: int | None = None
    hypervisor: bool | None = None


# > OS Name:                   Microsoft Windows 10 Enterprise
# > OS Version:                10.0.19042 N/A Build 19042
# > System Manufacturer:       VMware, Inc.
# > System Model:              VMware7,1
# > System Type:               x64-based PC
# > Total Physical Memory:     2,047 MB
# > Hyper-V Requirements:      A hypervisor has been detected. Features required for Hyper-V will not be displayed.
def parse_systeminfo(text: str) -> SystemInfo | None:
    """The computer, None where the text is no answer of systeminfo in English."""
    fields = _fields(text)
    if "OS Name" not in fields or "OS Version" not in fields:
        return None
    version = _VERSION.match(fields["OS Version"])
    requirements = fields.get("Hyper-V Requirements")
    return SystemInfo(
        name=fields["OS Name"] or None,
        version=version[0] if version else None,
        maker=fields.get("System Manufacturer") or None,
        model=fields.get("System Model") or None,
        architecture=_ARCHITECTURES.get(fields.get("System Type", "").partition("-")[0].lower()),
        total_bytes=parse_megabytes(fields.get("Total Physical Memory", "")),
        available_bytes=parse_megabytes(fields.get("Available Physical Memory", "")),
        hypervisor=requirements.startswith(_HYPERVISOR) if requirements else None,
    )


def _fields(text: str) -> dict[str, str]:
    """The first value of each key; lines that are indented belong to the lists of cards and fixes."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and key and not key[0].isspace():
            fields.setdefault(key, value.strip())
    return fields


# 32,503 MB ; 32.503 MB ; 32 503 MB
def parse_megabytes(text: str) -> int | None:
    """A size in bytes; how thousands are set apart depends on the region."""
    match = _SIZE.fullmatch(text.strip()[:40])
    digits = _NOT_DIGIT.sub("", match[1]) if match else ""
    return int(digits) * 1024**2 if digits else None
