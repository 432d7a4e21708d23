"""/proc/cpuinfo of Linux, which every architecture fills in its own way."""

from __future__ import annotations

import re

from mlenv.facts.hardware import Cpu
from mlenv.facts.pattern import lazy
from mlenv.formats.arm_parts import name_arm_core, name_arm_maker
from mlenv.formats.cpu_flags import name_level

# With 256 processors the table has half a megabyte: each pattern begins with a literal, so that
# the search for it leaps from one place to the next.
_PROCESSOR = lazy(r"\nprocessor[ \t]*:[ \t]*[0-9]", re.ASCII)
_PHYSICAL = lazy(r"\nphysical id[ \t]*:[ \t]*([0-9]+)", re.ASCII)
_CORE = lazy(r"\ncore id[ \t]*:[ \t]*([0-9]+)", re.ASCII)
_IMPLEMENTER = lazy(r"\nCPU implementer[ \t]*:[ \t]*(\w+)", re.ASCII)
_PART = lazy(r"\nCPU part[ \t]*:[ \t]*(\w+)", re.ASCII)
_MAINFRAME = lazy(r"\nprocessor [0-9]+: [^\n]*machine = ([0-9]{4})", re.ASCII)
# IBM's machine types, as its announcements state them.
_MAINFRAMES = {
    "2964": "IBM z13",
    "2965": "IBM z13s",
    "3906": "IBM z14",
    "3907": "IBM z14 ZR1",
    "8561": "IBM z15",
    "8562": "IBM z15 T02",
    "3931": "IBM z16",
    "3932": "IBM z16 A02",
    "9175": "IBM z17",
}
_LONGEST_NUMBER = 9


# > processor	: 0
# > vendor_id	: GenuineIntel
# > model name	: Intel(R) Xeon(R) Platinum 8480C
# > physical id	: 0
# > core id		: 0
# > flags		: fpu vme de pse avx avx2 avx512f amx_tile
# >
# > processor	: 1
def parse_cpu_table(text: str) -> Cpu:
    """The processor that the table describes: the first one's model and flags, and how many there are."""
    text = f"\n{text.strip()}\n"
    fields = _read_fields(text)
    flags = _read_flags(fields)
    sockets, physical = _count_x86(text) if "physical id" in fields else (None, None)
    return Cpu(
        model=_name_model(text, fields),
        vendor=_name_vendor(fields),
        physical_cores=physical,
        logical_cores=len(_PROCESSOR.findall(text)) or _number(fields.get("# processors")),
        flags=flags,
        level=name_level(flags),
        sockets=sockets,
    )


def _read_fields(text: str) -> dict[str, str]:
    """The first value of each key of the first block, and of the last one, which old Arm kernels put all into."""
    fields: dict[str, str] = {}
    for block in (text[: text.find("\n\n")], text[text.rfind("\n\n") + 1 :]):
        for line in block.splitlines():
            key, colon, value = line.partition(":")
            if colon and value.strip():
                fields.setdefault(key.strip().lower(), value.strip())
    return fields


def _read_flags(fields: dict[str, str]) -> tuple[str, ...] | None:
    """Flags of x86, features of Arm and IBM Z; RISC-V writes ``rv64imafdc_zicsr_zba``."""
    listed = fields.get("flags") or fields.get("features")
    words = listed.split() if listed else fields.get("isa", "").split("_")
    return tuple(dict.fromkeys(word for word in words if word)) or None


def _name_model(text: str, fields: dict[str, str]) -> str | None:
    known = ("model name", "cpu model", "cpu", "uarch")
    # gVisor writes "unknown" for the name.
    named = (fields[key] for key in known if fields.get(key, "unknown") != "unknown")
    return _name_arm_cores(text, fields) or next(named, None) or _name_mainframe(text)


def _name_arm_cores(text: str, fields: dict[str, str]) -> str | None:
    """The kinds of cores; a big and a little one are ``Cortex-A53 + Cortex-A73``.

    Their model name, where 32-bit kernels give one, only says ``ARMv7 Processor rev 4 (v7l)``.
    """
    if "cpu part" not in fields:
        return None
    kinds = dict.fromkeys(zip(_IMPLEMENTER.findall(text), _PART.findall(text), strict=False))
    names = [name_arm_core(maker, part) for maker, part in kinds]
    return " + ".join(name for name in names if name) or None


def _name_mainframe(text: str) -> str | None:
    match = _MAINFRAME.search(text)
    return _MAINFRAMES.get(match[1], f"IBM {match[1]}") if match else None


def _name_vendor(fields: dict[str, str]) -> str | None:
    """As the table says it; RISC-V has it before the comma (``sifive,u74-mc``)."""
    maker, comma, _ = fields.get("uarch", "").partition(",")
    return fields.get("vendor_id") or name_arm_maker(fields.get("cpu implementer", "")) or (maker if comma else None)


def _count_x86(text: str) -> tuple[int | None, int | None]:
    """Packages, and cores in all of them; None where the table does not tell them for each processor."""
    packages, cores = _PHYSICAL.findall(text), _CORE.findall(text)
    physical = len(set(zip(packages, cores, strict=True))) if len(packages) == len(cores) else None
    return len(set(packages)) or None, physical


def _number(text: str | None) -> int | None:
    plain = text and text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return int(text) if text and plain else None
