"""``rocminfo``: the agents that ROCm's runtime shows this user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import lazy
from mlenv.formats.amd_gpu import card_name, known, pci_id, target, tell_integrated
from mlenv.formats.kfd import name_address
from mlenv.formats.measures import count, hexadecimal

_AGENT = lazy(r"Agent [0-9]{1,4}")
_HEADINGS = ("HSA System Attributes", "ROCk module")
_KIBIBYTE = 1024


class _Agent(msgspec.Struct):
    """The fields of one agent, and the sizes of its global pools of memory in bytes."""

    fields: dict[str, str]
    pools: list[int]


def parse_rocminfo(text: str) -> tuple[Gpu, ...] | None:
    """The GPUs among the agents; None where this is not rocminfo's output.

    Without the kernel's driver, or without permission, it says so and lists none.
    """
    agents = [agent for agent in _split(text) if agent.fields.get("Device Type") == "GPU"]
    if not agents and not any(heading in text for heading in _HEADINGS):
        return None
    return _without_doubt([_make_gpu(index, agent) for index, agent in enumerate(agents)])


def _split(text: str) -> Iterator[_Agent]:
    agent: _Agent | None = None
    in_global = False
    for line in text.splitlines():
        words = line.strip()
        if _AGENT.fullmatch(words):
            if agent:
                yield agent
            agent = _Agent(fields={}, pools=[])
        elif agent:
            key, _, value = words.partition(":")
            # The fields of an agent come before those of its pools and targets, which repeat their names.
            agent.fields.setdefault(key, value.strip())
            if key == "Segment":
                in_global = value.strip().startswith("GLOBAL")
            elif key == "Size" and in_global:
                agent.pools.append(_pool_bytes(value))
                in_global = False
    if agent:
        yield agent


# 16760832(0xffc000) KB
def _pool_bytes(value: str) -> int:
    return (count(value.partition("(")[0].strip()) or 0) * _KIBIBYTE


# Name: gfx942 ; Uuid: GPU-8d1457e2c20f59d2 ; Marketing Name: AMD Instinct MI300X ; Chip ID: 29857(0x74a1) ;
# Compute Unit: 304 ; BDFID: 9728
def _make_gpu(index: int, agent: _Agent) -> Gpu:
    fields = agent.fields
    gfx, chip = target(fields.get("Name")), fields.get("Chip ID", "").partition("(")[2].rstrip(") ")
    uuid = known(fields.get("Uuid"))
    return Gpu(
        vendor="amd",
        index=index,
        name=card_name(fields.get("Marketing Name")),
        uuid=None if uuid == "GPU-XX" else uuid,
        pci_address=_address(gfx, fields.get("BDFID", "")),
        gfx=gfx,
        memory_bytes=max(agent.pools, default=0) or None,
        integrated=tell_integrated(gfx, hexadecimal(chip)),
        pci_id=pci_id(chip),
        compute_units=count(fields.get("Compute Unit")) or None,
    )


def _address(gfx: str | None, location: str) -> str | None:
    """The BDFID is the location of KFD's node, whose target says whether it counts partitions."""
    split = 90402 if gfx in ("gfx942", "gfx950") else 0
    return name_address({"location_id": count(location) or 0, "gfx_target_version": split})


def _without_doubt(gpus: list[Gpu]) -> tuple[Gpu, ...]:
    """Without addresses that several boards share: rocminfo leaves out the domain."""
    boards = Counter(address for address, _ in {(gpu.pci_address, gpu.uuid) for gpu in gpus})
    return tuple(
        msgspec.structs.replace(gpu, pci_address=None) if gpu.uuid and boards[gpu.pci_address] > 1 else gpu
        for gpu in gpus
    )
