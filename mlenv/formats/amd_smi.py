"""``amd-smi``: ``static``, ``list`` and ``version``, as JSON and as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlenv.facts.gpu import Ecc, Gpu, PcieLink, Power
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
from mlenv.formats.json_text import as_list, as_object, find_json
from mlenv.formats.measures import (
    count,
    hexadecimal,
    number,
    pcie_generation,
    pcie_link,
    pcie_width,
    size_with_unit,
)
from mlenv.formats.pci_address import plain_address

_START = lazy(r"(GPU|CPU):\s*([0-9]{1,3})")
_VERSIONS = lazy(r"(ROCm|amdgpu) version:\s*([\w.+-]{1,60})")
# Each of its forms holds one of these; looking for them is a hundred times faster than reading lines.
_WORDS = ("GPU:", '"gpu"', "AMDSMI")
_DEEPEST = 6
# Keys are joined with dots and written small: asic.market_name
Fields = Mapping[str, object]


def parse_amd_smi(text: str) -> AmdReport | None:
    """What amd-smi says in any of its forms; None where this is none of them."""
    if not any(word in text for word in _WORDS):
        return None
    cards = list(_json_cards(find_json(text))) or list(_text_cards(text))
    gpus = tuple(_make_gpu(index, card) for index, card in enumerate(cards) if _is_card(card))
    versions = {match[1]: match[2] for match in _VERSIONS.finditer(text)}
    if not gpus and not ("AMDSMI" in text and versions):
        return None
    stated = next((version for card in cards if (version := module_version(card.get("driver.version")))), None)
    return AmdReport(
        gpus=gpus, driver=stated or module_version(versions.get("amdgpu")), rocm=module_version(versions.get("ROCm"))
    )


def _is_card(card: Fields) -> bool:
    return any(key in card for key in ("asic.market_name", "asic.device_id", "bdf", "bus.bdf", "vram.size"))


def _json_cards(document: object) -> Iterator[dict[str, object]]:
    """Newer releases wrap the list of cards in ``gpu_data``."""
    wrapped = as_object(document).get("gpu_data", document)
    for card in as_list(wrapped):
        if isinstance(card, dict) and "gpu" in card:
            yield dict(_flatten(card))


def _flatten(value: Mapping[str, object], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, object]]:
    """``{"vram": {"size": {"value": 1, "unit": "MB"}}}`` gives ``vram.size`` and ``1 MB``."""
    for key, item in value.items():
        name = f"{prefix}{key.lower()}"
        if not isinstance(item, dict):
            yield name, item
        elif "value" in item and "unit" in item:
            yield name, f"{item['value']} {item['unit']}"
        elif depth < _DEEPEST:
            yield from _flatten(item, f"{name}.", depth + 1)


# A line "GPU: 0", below it, four spaces in, "ASIC:", and below that "MARKET_NAME: MI300A" eight spaces in.
def _text_cards(text: str) -> Iterator[dict[str, object]]:
    """The fields of each card; the indentation says to which heading a line belongs."""
    card: dict[str, object] | None = None
    headings: list[tuple[int, str]] = []
    for line in text.splitlines():
        words = line.strip()
        if match := _START.fullmatch(words):
            if card:
                yield card
            card, headings = ({"gpu": match[2]} if match[1] == "GPU" else None), []
        elif card is not None and ":" in words:
            depth = len(line) - len(line.lstrip())
            headings = [heading for heading in headings[:_DEEPEST] if heading[0] < depth]
            key, _, value = words.partition(":")
            name = ".".join([*(title for _, title in headings), key.strip().lower()])
            card.setdefault(name, value.strip())
            headings.append((depth, key.strip().lower()))
    if card:
        yield card


def _make_gpu(index: int, card: Fields) -> Gpu:
    device = card.get("asic.device_id")
    gfx = target(card.get("asic.target_graphics_version"))
    position = count(card.get("gpu"))
    return Gpu(
        vendor="amd",
        index=index if position is None else position,
        name=card_name(card.get("asic.market_name")) or card_name(card.get("board.product_name")),
        uuid=known(card.get("uuid")) or unique_uuid(card.get("asic.asic_serial")),
        pci_address=plain_address(known(card.get("bus.bdf")) or known(card.get("bdf")) or ""),
        gfx=gfx,
        memory_bytes=size_with_unit(card.get("vram.size")),
        integrated=tell_integrated(gfx, hexadecimal(device)),
        pci_id=pci_id(device),
        compute_units=count(card.get("asic.num_compute_units")) or None,
        partition=_partition(card),
        numa_node=count(card.get("numa.node")),
        link=_link(card),
        power=_power(card),
        vbios=_vbios(card),
        ecc=_ecc(card),
    )


def _partition(card: Fields) -> str | None:
    compute = known(card.get("partition.accelerator_partition")) or card.get("partition.compute_partition")
    return partition_name(compute, card.get("partition.memory_partition"))


def _link(card: Fields) -> PcieLink | None:
    return pcie_link(
        largest_generation=pcie_generation(card.get("bus.max_pcie_speed")),
        largest_width=pcie_width(card.get("bus.max_pcie_width")),
    )


def _power(card: Fields) -> Power | None:
    limit, largest = number(card.get("limit.socket_power")), number(card.get("limit.max_power"))
    return None if limit is None and largest is None else Power(limit_watts=limit, largest_limit_watts=largest)


def _vbios(card: Fields) -> str | None:
    keys = ("vbios.part_number", "ifwi.part_number", "vbios.version")
    return next((found for key in keys if (found := known(card.get(key)))), None)


def _ecc(card: Fields) -> Ecc | None:
    """The block UMC is the memory's controller."""
    state = {"ENABLED": True, "DISABLED": False}.get(known(card.get("ras.ecc_block_state.umc")) or "")
    return None if state is None else Ecc(enabled=state)
