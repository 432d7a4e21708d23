"""The kernel's log and the PCI bus: dmesg, journalctl, lspci."""

from __future__ import annotations

from mlenv.facts.pattern import lazy
from mlenv.facts.system import OperatingSystem
from mlenv.formats.kernel_kinds import MARKS
from mlenv.formats.kernel_log import parse_kernel_log
from mlenv.formats.lspci import parse_lspci
from mlenv.intake.forms.blocks import find_blocks, lines_of
from mlenv.intake.forms.form import Form, Told

_SLOT = lazy(r"\s{0,4}(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\s+(?:\"|[A-Z0-9][^\n:]{2,60}: )")
_TAGGED = lazy(
    r"\s{0,4}(?:Slot|Class|Vendor|Device|SVendor|SDevice|Rev|Driver|Module|NUMANode|IOMMUGroup|ProgIf|PhySlot):\s"
)
_DETAIL = lazy(
    r"\s{1,12}(?:Subsystem|Kernel driver in use|Kernel modules|Flags|Memory at|Capabilities|LnkCap|LnkSta|NUMA node"
    r"|DeviceName|I/O ports|Control|Status|Region|Physical Slot|Latency|Interrupt|Expansion ROM|IOMMU group)\b"
)
# Where runs of spaces were made one, a day of one digit has lost its second.
_DAY = lazy(r"(?m)^([A-Z][a-z]{2}) ([1-9] [0-9]{2}:)")
_BOOT = lazy(r"Linux version (?P<kernel>[2-9]\.[0-9]{1,3}\.[\w.+~-]{1,100}) \(")


def find_logs(text: str) -> list[str]:
    """The lines of the kernel's log that have to do with accelerators, memory and modules."""
    marks = [mark for mark in MARKS if mark in text]
    if not marks and "Linux version" not in text:
        return []
    # The words of other programs that speak of the same go through too: the parser knows its messages.
    kept = [line for line in lines_of(text) if any(mark in line for mark in marks) or "Linux version" in line]
    part = _DAY.sub(r"\1  \2", "\n".join(kept))
    return [part] if _BOOT.search(part) or parse_kernel_log(part) else []


def read_log(part: str) -> Told:
    """The events, and the kernel that ran."""
    boot = _BOOT.search(part)
    return Told(
        kernel_events=parse_kernel_log(part) or None,
        os=OperatingSystem(family="linux", kernel=boot["kernel"]) if boot else None,
    )


def find_lspci(text: str) -> list[str]:
    """Answers of lspci, in any of its forms."""
    if ": " not in text:
        return []
    blocks = find_blocks(
        text,
        lambda line: _SLOT.match(line) or line.lstrip().startswith("Slot:"),
        lambda line: _SLOT.match(line) or _DETAIL.match(line) or _TAGGED.match(line),
        gap=1,
    )
    return [block for block in blocks if "\n" in block or _SLOT.match(block)]


def read_lspci(part: str) -> Told:
    """The GPUs on the bus and the drivers that are bound to them."""
    return Told(gpus=parse_lspci(part) or None)


FORMS: tuple[Form, ...] = (
    Form(name="kernel_log", find=find_logs, read=read_log, raw=True),
    Form(name="lspci", find=find_lspci, read=read_lspci, raw=True),
)
