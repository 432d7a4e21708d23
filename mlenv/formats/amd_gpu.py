"""What AMD's programs have in common: names of targets, identities, and what is integrated."""

from __future__ import annotations

import re

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import lazy
from mlenv.formats.measures import hexadecimal

# Processors with graphics, by the target of their GPU; the others of these families are cards.
# https://llvm.org/docs/AMDGPUUsage.html#processors
# fmt: off
_INTEGRATED = frozenset(
    (
        "gfx700", "gfx703", "gfx705", "gfx801", "gfx810", "gfx902", "gfx909", "gfx90c", "gfx1013", "gfx1033",
        "gfx1035", "gfx1036", "gfx1103", "gfx1150", "gfx1151", "gfx1152", "gfx1153",
    )
)
_CARDS = frozenset(
    (
        "gfx600", "gfx601", "gfx602", "gfx701", "gfx702", "gfx704", "gfx802", "gfx803", "gfx805", "gfx900", "gfx904",
        "gfx906", "gfx908", "gfx90a", "gfx940", "gfx941", "gfx950", "gfx1010", "gfx1011", "gfx1012", "gfx1030",
        "gfx1031", "gfx1032", "gfx1034", "gfx1100", "gfx1101", "gfx1102", "gfx1200", "gfx1201",
    )
)
# fmt: on
# gfx942 is both: only the MI300A shares its memory with processor cores.
_MI300 = "gfx942"
_MI300A = 0x74A0
_TARGET = lazy(r"gfx[0-9a-f]{3,4}(?![0-9a-z])", re.ASCII)
_RELEASE = lazy(r"\d{1,4}\.\d{1,4}(?:\.\d{1,4})*", re.ASCII)
_NO_VALUE = ("", "n/a", "na", "none", "unknown", "not supported")


class AmdReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one of AMD's tools says.

    ``driver`` is the version of an amdgpu module that did not come with the kernel, ``rocm`` that
    of the ROCm user space.
    """

    gpus: tuple[Gpu, ...] = ()
    driver: str | None = None
    rocm: str | None = None


def known(value: object) -> str | None:
    """A text that says something; None for ``N/A``, ``[N/A]`` and the like."""
    text = value.strip() if isinstance(value, str) else ""
    return None if text.lower() in _NO_VALUE or text.startswith("[") else text


# AMD Instinct MI300X ; 0x1002 is the number of a vendor and no name
def card_name(value: object) -> str | None:
    """The name of a card; old tools print a number where they have none."""
    text = known(value)
    return None if text is None or text.lower().startswith("0x") else text


# gfx942 ; gfx90a:sramecc+:xnack- ; amdgcn-amd-amdhsa--gfx900:xnack-
def target(value: object) -> str | None:
    """The compiler's name of a GPU, without the features that follow it."""
    match = _TARGET.search(value.lower()) if isinstance(value, str) else None
    return match[0] if match else None


# 0x8d1457e2c20f59d2
def unique_uuid(value: object) -> str | None:
    """The unique number of a card as ROCm writes a UUID; zero stands for none."""
    unique = hexadecimal(value)
    return f"GPU-{unique:016x}" if unique else None


# 0x740f
def pci_id(device: object) -> str | None:
    """Vendor and device of an AMD card from the number of its device."""
    found = hexadecimal(device)
    return f"1002:{found:04x}" if found and found <= 0xFFFF else None


# 6.7.0 ; 6.14.0-24-generic is the kernel, whose own driver has no version
def module_version(value: object) -> str | None:
    """The version of a driver that is not the kernel's own."""
    text = known(value) or ""
    return text if _RELEASE.fullmatch(text) else None


def tell_integrated(gfx: str | None, device: int | None) -> bool | None:
    """Whether a GPU is part of a processor; None for targets that are not known here."""
    if device == _MI300A or gfx in _INTEGRATED:
        return True
    is_card = gfx in _CARDS or (gfx == _MI300 and device is not None)
    return False if is_card else None


# SPX, NPS1
def partition_name(compute: object, memory: object) -> str | None:
    """The modes of compute and memory in one word: ``CPX/NPS4``."""
    parts = [part for part in (known(compute), known(memory)) if part]
    return "/".join(parts) or None
