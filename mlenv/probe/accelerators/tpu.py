"""Google's TPUs: what the machine announces, the device files and the library of the system.

The metadata server of the cloud would know more; it is on the network, and not asked.
"""

from __future__ import annotations

from mlenv.facts.drivers import Tpu
from mlenv.facts.pattern import lazy
from mlenv.probe.log import Log, names_in, peek
from mlenv.system.host import Host

DEVICES = "/dev"
GROUPS = "/sys/kernel/iommu_groups"
PCI = "/sys/bus/pci/devices"
LIBRARIES = ("/lib/libtpu.so", "/usr/lib/libtpu.so", "/usr/share/tpu/libtpu.so")
TYPE = "TPU_ACCELERATOR_TYPE"
BOUNDS = "TPU_CHIPS_PER_HOST_BOUNDS"
# Set for programs that are to use TPUs; they tell nothing of this machine.
WISHES = ("TPU_NAME", "COLAB_TPU_ADDR", "XRT_TPU_CONFIG", "TPU_WORKER_HOSTNAMES")
_GOOGLE = "0x1ae0"
_BOUNDS = lazy(r"([0-9]{1,3}),([0-9]{1,3}),([0-9]{1,3})")
# Mass storage and network adapters of Google's virtual machines share its vendor id.
_OTHER_CLASSES = ("0x01", "0x02")


def read_tpu(host: Host, log: Log) -> Tpu | None:
    """The TPUs of this machine and their system software, None where there is no sign of them."""
    if host.identity.system != "linux":
        return None
    accelerator = host.environ.get(TYPE, "").strip() or None
    if accelerator:
        log.found("tpu.accelerator", TYPE, accelerator)
    chips = _count_chips(host, log) or find_chips(host.environ.get(BOUNDS, ""))
    library = _read_library(host, log)
    if accelerator is None and chips is None and library is None:
        wished = [name for name in WISHES if host.environ.get(name)]
        log.absent("tpu", f"{DEVICES}/accel*", f"{', '.join(wished)} set for TPUs elsewhere" if wished else "")
        return None
    return Tpu(accelerator=accelerator, chips=chips, library=library)


def _count_chips(host: Host, log: Log) -> int | None:
    """One device file for each chip: of Google's driver on older machines, of VFIO on newer ones."""
    names, source = names_in(host, DEVICES), f"{DEVICES}/accel*"
    chips = sum(name.startswith("accel") and name[5:].isdigit() for name in names)
    if not chips and "vfio" in names:
        source = f"{DEVICES}/vfio"
        chips = sum(_is_tpu(host, name) for name in names_in(host, source) if name.isdigit())
    if chips:
        log.found("tpu", source, f"{chips} chips")
    return chips or None


def _is_tpu(host: Host, group: str) -> bool:
    """Whether a VFIO group holds a device of Google's that is no disk and no network card."""
    folders = [f"{PCI}/{address}" for address in names_in(host, f"{GROUPS}/{group}/devices")]
    google = [folder for folder in folders if (peek(host, f"{folder}/vendor") or "").strip() == _GOOGLE]
    return any(not (peek(host, f"{folder}/class") or "").startswith(_OTHER_CLASSES) for folder in google)


# 2,2,1
def find_chips(bounds: str) -> int | None:
    """The chips of one host, as the product of the bounds that Google's images announce."""
    match = _BOUNDS.fullmatch(bounds.strip())
    return int(match[1]) * int(match[2]) * int(match[3]) or None if match else None


def _read_library(host: Host, log: Log) -> str | None:
    """The system's libtpu; the one of a Python environment is that environment's."""
    named = host.environ.get("TPU_LIBRARY_PATH", "")
    if named and not host.exists(named):
        log.absent("tpu.library", "TPU_LIBRARY_PATH", named)
    path = next((path for path in (named, *LIBRARIES) if path and host.exists(path)), None)
    if path:
        log.found("tpu.library", path)
    return path
