"""The reports of macOS' ``system_profiler``: graphics, hardware and software, in its three forms.

``-json`` and ``-xml`` have the same keys; the text for people has its own words and indentation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import lazy
from mlenv.formats.mac_gpu import Item, make_gpu, parse_size, value_of

_SECTIONS = {
    "Graphics/Displays": "SPDisplaysDataType",
    "Hardware": "SPHardwareDataType",
    "Software": "SPSoftwareDataType",
}
_TYPES = frozenset(_SECTIONS.values())
_LONGEST_LINE = 1000
_XML = ("<?xml", "<!DOCTYPE", "<plist")
_SYSTEM = lazy(r"(?:macOS|OS X|Mac OS X) (\d[\d.]{0,20})")
_KERNEL = lazy(r"Darwin (\d[\d.]{0,20})")
_CORES = lazy(r"(?:proc )?(\d{1,5})\b")
Sections = dict[str, list[Item]]


class MacReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a report says of a Mac; sizes in bytes.

    ``model`` is Apple's identifier (``MacBookPro18,2``), ``chip`` the name of the processor,
    ``version`` the release of macOS.  ``gpus`` is None where the report has no part on graphics.
    """

    model: str | None = None
    chip: str | None = None
    cores: int | None = None
    memory_bytes: int | None = None
    version: str | None = None
    kernel: str | None = None
    gpus: tuple[Gpu, ...] | None = None


# > {"SPDisplaysDataType": [{"_name": "Apple M2", "sppci_cores": "10", "sppci_bus": "spdisplays_builtin"}]}
#
# > <plist version="1.0"><array><dict>
# >   <key>_items</key><array><dict><key>sppci_model</key><string>Intel UHD Graphics 630</string></dict></array>
# >   <key>_dataType</key><string>SPDisplaysDataType</string>
# > </dict></array></plist>
#
# > Graphics/Displays:
# >
# >     Apple M2:
# >
# >       Chipset Model: Apple M2
# >       Total Number of Cores: 10
def parse_system_profiler(text: str) -> MacReport | None:
    """The Mac that a report of any form describes, None where the text is none."""
    sections = _read_sections(text.lstrip("\ufeff \t\r\n"))
    if not sections:
        return None
    hardware, software = _first(sections, "SPHardwareDataType"), _first(sections, "SPSoftwareDataType")
    chip = value_of(hardware, "chip_type", "cpu_type", "Chip", "Processor Name")
    return MacReport(
        model=value_of(hardware, "machine_model", "Model Identifier"),
        chip=chip if chip != "Unknown" else None,
        cores=_number(value_of(hardware, "Total Number of Cores", "number_processors")),
        memory_bytes=parse_size(value_of(hardware, "physical_memory", "Memory") or ""),
        version=_search(_SYSTEM.search, value_of(software, "os_version", "System Version")),
        kernel=_search(_KERNEL.search, value_of(software, "kernel_version", "Kernel Version")),
        gpus=_list_gpus(sections.get("SPDisplaysDataType")),
    )


def _first(sections: Sections, kind: str) -> Item:
    return next(iter(sections.get(kind, [])), {})


def _search(search: Callable[[str], re.Match[str] | None], text: str | None) -> str | None:
    match = search(text[:_LONGEST_LINE]) if text else None
    return match[1] if match else None


# proc 8:4:4 ; 4 ; 8 (4 performance and 4 efficiency)
def _number(text: str | None) -> int | None:
    match = _CORES.match(text) if text else None
    return int(match[1]) if match else None


def _list_gpus(items: list[Item] | None) -> tuple[Gpu, ...] | None:
    """The GPUs of known makers, each maker's counted from 0."""
    if items is None:
        return None
    counts: dict[str, int] = {}
    gpus: list[Gpu] = []
    for gpu in filter(None, map(make_gpu, items)):
        index = counts[gpu.vendor] = counts.get(gpu.vendor, -1) + 1
        gpus.append(msgspec.structs.replace(gpu, index=index))
    return tuple(gpus)


def _read_sections(text: str) -> Sections:
    if text.startswith("{"):
        return _read_json(text)
    return _read_plist(text) if text.startswith(_XML) else _read_text(text)


def _read_json(text: str) -> Sections:
    try:
        document = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        return {}
    return {kind: _items(items) for kind, items in document.items() if kind in _TYPES}


def _read_plist(text: str) -> Sections:
    import plistlib

    try:
        document = plistlib.loads(text.encode("utf-8", "replace"))
    except Exception:  # noqa: BLE001 - what is no property list raises nine kinds of errors there
        return {}
    parts = document if isinstance(document, list) else []
    return {kind: _items(part.get("_items")) for part in parts for kind in _kinds(part)}


def _kinds(part: object) -> Iterator[str]:
    """The kind of one part; old systems name it among the arguments of the command only."""
    if isinstance(part, dict):
        arguments = part.get("_SPCommandLineArguments")
        words = [part.get("_dataType"), *(arguments if isinstance(arguments, list) else [])]
        yield from [word for word in words if isinstance(word, str) and word in _TYPES][:1]


def _items(items: object) -> list[Item]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _read_text(text: str) -> Sections:
    """Headings and values by their indentation; what lies deeper than an item's values is of its displays."""
    sections: Sections = {}
    items: list[Item] | None = None
    item: dict[str, object] = {}
    heading, depth = -1, -1
    for indent, key, value in _lines(text):
        if not value and key in _SECTIONS:
            items = sections.setdefault(_SECTIONS[key], [])
            heading, depth = -1, -1
        elif items is None:
            continue
        elif not value and (heading < 0 or indent <= heading):
            item = {"_name": key}
            items.append(item)
            heading, depth = indent, -1
        elif value and indent > heading >= 0 and depth in (-1, indent):
            item.setdefault(key, value)
            depth = indent
    return sections


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Indentation, key and value of each line that has a colon."""
    for line in text.splitlines():
        key, colon, value = line[:_LONGEST_LINE].partition(":")
        if colon and key.strip():
            yield len(key) - len(key.lstrip()), key.strip(), value.strip()
