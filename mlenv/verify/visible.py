"""Which NVIDIA GPUs a child sees, by UUID and in the order of its devices."""

from __future__ import annotations

from collections.abc import Mapping

from mlenv.facts.machine import Machine


def visible_gpus(machine: Machine, environ: Mapping[str, str]) -> tuple[str, ...]:
    """UUIDs by PCI address, as CUDA counts them with ``CUDA_DEVICE_ORDER=PCI_BUS_ID``; empty where unsure.

    ``CUDA_VISIBLE_DEVICES`` chooses among them by number or UUID; CUDA stops at the first entry that
    names none.  The slices of a split GPU (MIG) are devices of their own, which this does not name.
    """
    gpus = sorted(machine.gpus_of("nvidia"), key=lambda gpu: gpu.pci_address or "")
    if any(gpu.uuid is None or gpu.pci_address is None or gpu.mig for gpu in gpus):
        return ()
    if environ.get("CUDA_DEVICE_ORDER", "PCI_BUS_ID") != "PCI_BUS_ID":
        return ()
    uuids = [gpu.uuid for gpu in gpus if gpu.uuid]
    chosen = environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return tuple(uuids)
    found: list[str] = []
    for entry in (part.strip() for part in chosen.split(",")):
        match = _find(entry, uuids)
        if match is None:
            break
        found.append(match)
    return tuple(found)


def _find(entry: str, uuids: list[str]) -> str | None:
    """The UUID that an entry names: by number, in full, or by its beginning."""
    if entry.isdecimal():
        return uuids[int(entry)] if int(entry) < len(uuids) else None
    matches = [uuid for uuid in uuids if entry and uuid.lower().startswith(entry.lower())]
    return matches[0] if len(matches) == 1 else None
