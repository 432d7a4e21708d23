"""The PCI Express link of a card and its place among the processors, as the kernel shows them."""

from __future__ import annotations

import msgspec

from mlenv.facts.gpu import PcieLink
from mlenv.formats.measures import count, pcie_generation, pcie_link, pcie_width
from mlenv.formats.pci_address import plain_address
from mlenv.probe.log import peek
from mlenv.system.host import Host

_INTEL = "8086"


def read_link(host: Host, folder: str, vendor: str) -> PcieLink | None:
    """The link between card and slot, None where the device has none.

    Radeon and Arc cards hold a switch, and their GPU's own link goes only that far; that of every
    Arc says x1 at 2.5 GT/s.  The port at the card's edge is the one to ask.
    https://www.intel.com/content/www/us/en/support/articles/000094587/graphics.html
    """
    path = host.real_path(folder)
    edge = _card_edge(host, path, vendor)
    card = _read_port(host, folder if edge == path else edge)
    if card is None or (edge == path and vendor == _INTEL and card.largest_generation == 1):
        return None
    slot = _read_port(host, _upstream(edge)) if _upstream(edge) else None
    if slot is None:
        return card
    return msgspec.structs.replace(
        card,
        largest_generation=_least(card.largest_generation, slot.largest_generation),
        largest_width=_least(card.largest_width, slot.largest_width),
    )


def read_node(host: Host, folder: str) -> int | None:
    """The NUMA node of a device; the kernel writes -1 where there is none."""
    return count((peek(host, f"{folder}/numa_node") or "").strip())


def _card_edge(host: Host, path: str, vendor: str) -> str:
    """The last port below the slot: upwards as long as the ports are of the card's own maker.

    The root port belongs to the processor, even where both are of the same maker.
    """
    edge, above = path, _upstream(path)
    while above and _upstream(above) and (peek(host, f"{above}/vendor") or "").strip()[2:] == vendor:
        edge, above = above, _upstream(above)
    return edge


# /sys/devices/pci0000:00/0000:00:01.1/0000:01:00.0 is below /sys/devices/pci0000:00/0000:00:01.1
def _upstream(path: str) -> str:
    """The folder of the port above a device; empty where there is none."""
    above = path.rpartition("/")[0]
    return above if plain_address(above.rpartition("/")[2]) else ""


def _read_port(host: Host, folder: str) -> PcieLink | None:
    names = ("current_link_speed", "current_link_width", "max_link_speed", "max_link_width")
    texts = [(peek(host, f"{folder}/{name}") or "").strip() for name in names]
    return pcie_link(
        generation=pcie_generation(texts[0]),
        width=pcie_width(texts[1]),
        largest_generation=pcie_generation(texts[2]),
        largest_width=pcie_width(texts[3]),
    )


def _least(card: int | None, slot: int | None) -> int | None:
    """What both can do; None where the card's own is unknown."""
    return card if slot is None or card is None else min(card, slot)
