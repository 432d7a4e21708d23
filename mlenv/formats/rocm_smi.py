"""``rocm-smi`` as JSON and CSV: its fields change their names with every release."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping

from mlenv.facts.gpu import Clocks, Gpu, PcieLink, Power
from mlenv.facts.pattern import lazy
from mlenv.formats.amd_gpu import (
    AmdReport,
    card_name,
    known,
    module_version,
    partition_name,
    pci_id,
    target,
    tell_integrated,
    unique_uuid,
)
from mlenv.formats.json_text import as_object, find_json
from mlenv.formats.measures import count, hexadecimal, number, pcie_generation, pcie_link, pcie_width, size
from mlenv.formats.pci_address import plain_address
from mlenv.formats.rocm_smi_text import read_tables

_CARD = lazy(r"card([0-9]{1,3})")
_SPEED = lazy(r"\(([0-9.]{1,8})\s?GT/s x([0-9]{1,2})\)")
_CLOCK = lazy(r"\(([0-9]{1,6})Mhz\)")
# A node that is known to be none is printed as a number of 32 bits.
_LARGEST_NODE = 4095
_DRAW = ("Average Graphics Package Power (W)", "Current Socket Graphics Package Power (W)")
_TEMPERATURE = ("Temperature (Sensor edge) (C)", "Temperature (Sensor junction) (C)")
Fields = Mapping[str, str]


def parse_rocm_smi(text: str) -> AmdReport | None:
    """What rocm-smi says in any of its forms; None where this is none of them."""
    return _parse_json(text) or _parse_csv(text) or _parse_tables(text)


def _parse_json(text: str) -> AmdReport | None:
    document = as_object(find_json(text))
    cards = [(match, as_object(value)) for key, value in document.items() if (match := _CARD.fullmatch(key))]
    system = as_object(document.get("system"))
    if not cards and "Driver version" not in system:
        return None
    gpus = tuple(make_gpu(int(match[1]), _texts(card)) for match, card in cards)
    return AmdReport(gpus=gpus, driver=module_version(system.get("Driver version")))


def _texts(card: Mapping[str, object]) -> dict[str, str]:
    return {key.strip().rstrip(":"): value for key, value in card.items() if isinstance(value, str)}


# device,Card Series,Card Model,Card Vendor,Card SKU,GFX Version
# card0,AMD Radeon AI PRO R9700,0x7551,Advanced Micro Devices Inc. [AMD/ATI],APM107573,gfx1201
def _parse_csv(text: str) -> AmdReport | None:
    """The cards of every table: rocm-smi prints one for each thing that it was asked."""
    cards: dict[int, dict[str, str]] = {}
    header: list[str] = []
    for row in _rows(text):
        match = _CARD.fullmatch(row[0])
        if row[0] == "device":
            header = row
        elif match and header:
            cards.setdefault(int(match[1]), {}).update(zip(header, row, strict=False))
    return AmdReport(gpus=tuple(make_gpu(index, card) for index, card in sorted(cards.items()))) if cards else None


def _rows(text: str) -> Iterable[list[str]]:
    lines = (line for line in text.replace("\0", "").splitlines() if line.startswith(("card", "device,")))
    try:
        yield from (row for line in lines for row in csv.reader([line]) if row)
    except csv.Error:
        return


def _parse_tables(text: str) -> AmdReport | None:
    tables = read_tables(text)
    if tables is None:
        return None
    gpus = tuple(make_gpu(index, card) for index, card in sorted(tables.cards.items()))
    return AmdReport(gpus=gpus, driver=module_version(tables.driver))


# "Card series": "0x1002" ; "Card Series": "Navi 22 [Radeon RX 6700/6700 XT / 6800M]" ; "Device Name": ...
def make_gpu(index: int, fields: Fields) -> Gpu:
    """A GPU from the fields of its card."""
    device = next((fields[key] for key in ("Device ID", "GPU ID") if key in fields), None)
    gfx = target(fields.get("GFX Version"))
    total, used = size(fields.get("VRAM Total Memory (B)")), count(fields.get("VRAM Total Used Memory (B)"))
    return Gpu(
        vendor="amd",
        index=index,
        name=_name(fields),
        uuid=unique_uuid(fields.get("Unique ID")),
        pci_address=plain_address(fields.get("PCI Bus", "")),
        gfx=gfx,
        memory_bytes=total,
        memory_free_bytes=None if total is None or used is None else max(0, total - used),
        integrated=tell_integrated(gfx, hexadecimal(device)),
        pci_id=pci_id(device),
        partition=partition_name(fields.get("Compute Partition"), fields.get("Memory Partition")),
        numa_node=_node(fields),
        link=_link(fields.get("pcie clock level", "")),
        power=_power(fields),
        clocks=_clocks(fields),
        temperature_celsius=_temperature(fields),
        vbios=known(fields.get("VBIOS version")),
    )


def _name(fields: Fields) -> str | None:
    """ROCm 4 and 5 write ``Card series``, ROCm 6 and newer ``Card Series``, some also ``Device Name``."""
    keys = ("Card series", "Card Series", "Device Name", "Card model", "Card Model")
    return next((name for key in keys if (name := card_name(fields.get(key)))), None)


def _node(fields: Fields) -> int | None:
    """The NUMA node that the kernel gives; the other field says 0 on machines without nodes as well."""
    node = count(fields.get("(Topology) Numa Affinity"))
    return node if node is not None and node <= _LARGEST_NODE else None


# 1 (16.0GT/s x16)
def _link(level: str) -> PcieLink | None:
    match = _SPEED.search(level)
    return pcie_link(pcie_generation(match[1]), pcie_width(match[2])) if match else None


def _power(fields: Fields) -> Power | None:
    draw = next((found for key in _DRAW if (found := number(fields.get(key))) is not None), None)
    limit = number(fields.get("Max Graphics Package Power (W)"))
    return None if draw is None and limit is None else Power(draw_watts=draw, limit_watts=limit)


# (500Mhz)
def _clocks(fields: Fields) -> Clocks | None:
    graphics, memory = (_CLOCK.search(fields.get(f"{name} clock speed", "")) for name in ("sclk", "mclk"))
    if not graphics and not memory:
        return None
    return Clocks(graphics_mhz=int(graphics[1]) if graphics else None, memory_mhz=int(memory[1]) if memory else None)


def _temperature(fields: Fields) -> int | None:
    found = next((degrees for key in _TEMPERATURE if (degrees := number(fields.get(key))) is not None), None)
    return None if found is None else round(found)
