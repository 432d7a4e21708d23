"""``xpu-smi`` in a child: names, identities and memory that the kernel does not show."""

from __future__ import annotations

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.formats.xpu_smi import parse_xpu_smi
from mlenv.probe.answers import explain
from mlenv.probe.log import Log
from mlenv.system.host import Host

_PROGRAM = "xpu-smi"
_LIST = ("discovery", "-j")
_SUBJECT = "gpus.intel"


def read_xpu_smi(host: Host, log: Log, cards: tuple[Gpu, ...]) -> tuple[Gpu, ...]:
    """The cards that the kernel shows with what xpu-smi adds to them; its own list where there are none."""
    listed = _ask(host, log, _LIST)
    known = tuple(_with_details(host, log, gpu) if _wants_memory(gpu, cards) else gpu for gpu in listed)
    if not cards:
        return known
    return tuple(_merge(card, known) for card in cards)


def _ask(host: Host, log: Log, arguments: tuple[str, ...]) -> tuple[Gpu, ...]:
    completed = host.run((_PROGRAM, *arguments), timeout=log.seconds_left)
    report = parse_xpu_smi(completed.stdout)
    if report is None:
        log.unreadable(_SUBJECT, " ".join((_PROGRAM, *arguments)), explain(completed))
        return ()
    log.found(_SUBJECT, " ".join((_PROGRAM, *arguments)))
    return report.gpus


def _wants_memory(gpu: Gpu, cards: tuple[Gpu, ...]) -> bool:
    """Processors with graphics have no memory of their own to ask for."""
    card = next((item for item in cards if item.pci_address == gpu.pci_address), None)
    known = gpu.memory_bytes or (card and (card.memory_bytes or card.integrated))
    return not known and gpu.index is not None


def _with_details(host: Host, log: Log, gpu: Gpu) -> Gpu:
    details = _ask(host, log, ("discovery", "-d", str(gpu.index), "-j"))
    return _merge(gpu, details)


def _merge(gpu: Gpu, others: tuple[Gpu, ...]) -> Gpu:
    """A GPU with what another source knows of the same address, where it does not know it itself."""
    same = next((item for item in others if item.pci_address == gpu.pci_address), None)
    if same is None:
        return gpu
    unknown = (name for name in Gpu.__struct_fields__ if getattr(gpu, name) is None)
    return msgspec.structs.replace(gpu, **{name: getattr(same, name) for name in unknown})
