"""Names of devices on the PCI bus, from the list that distributions install with pciutils or hwdata.

https://pci-ids.ucw.cz/
"""

from __future__ import annotations

from mlenv.probe.log import Log
from mlenv.system.host import Host

LISTS = ("/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids", "/usr/share/pci.ids")
_MAKERS = {"10de": "NVIDIA", "1002": "AMD", "8086": "Intel"}


def read_names(host: Host, log: Log, pci_ids: list[str]) -> dict[str, str]:
    """The names of devices by their ids (``10de:2684``); those that the list does not have are left out."""
    for path in LISTS:
        found = _read_list(host, log, path, pci_ids)
        if found is not None:
            return found
    log.absent("gpus.names", LISTS[0])
    return {}


def _read_list(host: Host, log: Log, path: str, pci_ids: list[str]) -> dict[str, str] | None:
    names: dict[str, str] = {}
    for vendor in sorted({pci_id[:4] for pci_id in pci_ids} & _MAKERS.keys()):
        devices = sorted({pci_id[5:] for pci_id in pci_ids if pci_id.startswith(f"{vendor}:")})
        try:
            lines = host.find_lines(path, f"{vendor}  ", [f"\t{device}  " for device in devices])
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            log.unreadable("gpus.names", path, type(error).__name__)
            return {}
        maker = _MAKERS[vendor]
        named = {line[1:5]: name_of(line).removeprefix(f"{maker} ") for line in lines}
        names.update({f"{vendor}:{device}": f"{maker} {name}" for device, name in named.items() if name})
    log.found("gpus.names", path, ", ".join(names.values()))
    return names


# \t2684  AD102 [GeForce RTX 4090]
def name_of(line: str) -> str:
    """What people call a device: the words in brackets, else the name of its chip."""
    name = line[5:].strip()
    opening = name.find("[")
    return name[opening + 1 : -1].strip() if opening >= 0 and name.endswith("]") else name
