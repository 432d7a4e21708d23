"""Room on disks and in memory, and limits: ``df``, ``free``, ``ulimit``."""

from __future__ import annotations

from mlenv.facts.hardware import Disk, DiskPurpose, Memory
from mlenv.facts.pattern import lazy
from mlenv.facts.system import ResourceLimit
from mlenv.formats.memory_table import parse_memory_table
from mlenv.intake.forms.blocks import answers_to, find_blocks, gather, lines_of
from mlenv.intake.forms.form import Form, Told

_SIZE = r"[0-9]{1,15}(?:[.,][0-9]{1,3})?(?:[KMGTP]i?B?|B)?"
# shm 1.0G 883M 142M 87% /dev/shm
_DF = lazy(
    rf"\s{{0,8}}(?P<source>\S.{{0,200}}?)\s+(?P<total>{_SIZE})\s+(?P<used>{_SIZE})\s+"
    rf"(?P<free>{_SIZE})\s+[0-9]{{1,3}}%\s+(?P<point>/\S{{0,200}})\s*"
)
_DF_HEAD = lazy(r"\s{0,8}Filesystem\s+(?P<unit>\S{1,12})")
_DF_TYPE = lazy(r"\s(?P<type>ext[234]|xfs|btrfs|tmpfs|overlay|zfs|nfs4?|vfat|fuse\S{0,20}|9p|drvfs|lustre|gpfs)$")
_FREE_HEAD = lazy(r"\s{0,8}total\s+used\s+free\b.{0,60}")
_FREE = lazy(
    rf"\s{{0,8}}(?P<name>Mem|Swap"
    rf"|Total): ?\s*(?P<total>{_SIZE})\s+(?P<used>{_SIZE})\s+(?P<free>{_SIZE})(?P<rest>.{{0,80}})"
)
_NUMBER = lazy(r"([0-9]{1,15}(?:[.,][0-9]{1,3})?)([KMGTP]?)(?:i?B?)")
_LIMIT = lazy(
    r"\s{0,8}(?P<name>open files|max locked memory|max memory size|stack size|virtual memory|max user processes"
    r"|file size)"
    r"\s+\((?:(?P<unit>kbytes|blocks|bytes), )?-\w\)\s+(?P<value>unlimited|[0-9]{1,18})\s*"
)
_MEMINFO = ("MemTotal:", "MemAvailable:", "SwapTotal:", "SwapFree:")
_UNITS = {"1K-blocks": 1024, "1024-blocks": 1024, "512-blocks": 512, "1M-blocks": 1024**2, "1MB-blocks": 10**6}
_PURPOSES: dict[str, DiskPurpose] = {
    "/": "environment",
    "/home": "cache",
    "/root": "cache",
    "/tmp": "temporary",  # noqa: S108 - the name of the place, nothing is written there
    "/var/tmp": "temporary",  # noqa: S108
    "/dev/shm": "shared-memory",  # noqa: S108
}
_LIMITS = {
    "open files": "open-files",
    "max locked memory": "locked-memory",
    "stack size": "stack",
    "virtual memory": "address-space",
    "max user processes": "processes",
    "file size": "file-size",
}
_FACTORS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4, "P": 1024**5}
# free without a unit counts in KiB; where that gives less than any machine has, somebody asked for another.
_LEAST_KIB = 4_000_000


def parse_amount(text: str, unit: int = 1) -> int | None:
    """``1.0G``, ``142M``, ``31Gi`` in bytes; a bare number counts units."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    amount = float(match[1].replace(",", "."))
    return round(amount * (_FACTORS[match[2]] if match[2] else unit))


def find_disks(text: str) -> list[str]:
    """Rows of ``df``, with the head where there is one."""
    return (
        gather(text, lambda line: ("%" in line and _DF.fullmatch(line)) or _DF_HEAD.match(line)) if "%" in text else []
    )


def read_disks(part: str) -> Told:
    """The room of those places that installers and frameworks write to."""
    unit = 1024
    disks: dict[str, Disk] = {}
    for line in lines_of(part):
        if head := _DF_HEAD.match(line):
            unit = _UNITS.get(head["unit"], 1024)
        elif match := _DF.fullmatch(line):
            purpose = _PURPOSES.get(match["point"])
            kind = _DF_TYPE.search(match["source"])
            if purpose:
                disks.setdefault(
                    purpose,
                    Disk(
                        purpose=purpose,
                        path=match["point"],
                        total_bytes=parse_amount(match["total"], unit),
                        free_bytes=parse_amount(match["free"], unit),
                        filesystem=kind["type"] if kind else None,
                    ),
                )
    return Told(disks=tuple(disks.values()))


def find_memory(text: str) -> list[str]:
    """Answers of ``free``, with the unit that the command asked for in front."""
    if "Mem:" not in text:
        return []
    asked = [
        "\n".join([f"unit {_asked_unit(command)}", *answer])
        for command, answer, _ in answers_to(text, "free")
        if command.split()[0] == "free" and any(_FREE.fullmatch(line) for line in answer)
    ]
    return asked or find_blocks(text, lambda line: _FREE_HEAD.fullmatch(line) or _FREE.fullmatch(line), _FREE.fullmatch)


def _asked_unit(command: str) -> str:
    words = command.split()
    letters = {"-k": "K", "-m": "M", "-g": "G", "--mega": "M", "--giga": "G", "-b": "B"}
    return next((letters[word] for word in words if word in letters), "")


def read_memory(part: str) -> Told:
    """Total and available memory, and swap."""
    unit = {"unit K": 1024, "unit M": 1024**2, "unit G": 1024**3, "unit B": 1}.get(part.split("\n", 1)[0])
    rows = {match["name"]: match for line in lines_of(part) if (match := _FREE.fullmatch(line))}
    memory, swap = rows.get("Mem"), rows.get("Swap")
    if memory is None:
        return Told()
    unit = unit or _guess_unit(memory["total"])
    if unit is None:
        return Told()
    last = memory["rest"].split()
    return Told(
        memory=Memory(
            total_bytes=parse_amount(memory["total"], unit),
            available_bytes=parse_amount(last[2], unit) if len(last) == 3 else None,
            swap_bytes=parse_amount(swap["total"], unit) if swap else None,
            swap_free_bytes=parse_amount(swap["free"], unit) if swap else None,
        )
    )


def _guess_unit(total: str) -> int | None:
    """KiB for a large bare number, MiB for one of thousands; None where it could be either."""
    if not total.isdigit():
        return 1
    return 1024 if int(total) >= _LEAST_KIB else 1024**2 if int(total) >= 1000 else None


def find_meminfo(text: str) -> list[str]:
    """The file /proc/meminfo."""
    return gather(text, lambda line: line.lstrip().startswith(_MEMINFO)) if "MemTotal:" in text else []


def read_meminfo(part: str) -> Told:
    """Main memory and swap."""
    memory = parse_memory_table("\n".join(line.strip() for line in lines_of(part)))
    return Told(memory=memory) if memory != Memory() else Told()


def find_limits(text: str) -> list[str]:
    """Answers of ``ulimit -a``."""
    return gather(text, _LIMIT.fullmatch) if "(kbytes" in text or "open files" in text else []


def read_limits(part: str) -> Told:
    """The soft limits."""
    limits = [
        ResourceLimit(name=_LIMITS[match["name"]], soft=_limit(match["value"], match["unit"]))
        for line in lines_of(part)
        if (match := _LIMIT.fullmatch(line)) and match["name"] in _LIMITS
    ]
    return Told(limits=tuple(limits) or None)


def _limit(value: str, unit: str | None) -> int | None:
    return None if value == "unlimited" else int(value) * (1024 if unit == "kbytes" else 512 if unit == "blocks" else 1)


FORMS: tuple[Form, ...] = (
    Form(name="df", find=find_disks, read=read_disks),
    Form(name="free", find=find_memory, read=read_memory),
    Form(name="meminfo", find=find_meminfo, read=read_meminfo),
    Form(name="ulimit", find=find_limits, read=read_limits),
)
