"""Intel's GPUs and the software that computes on them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mlenv.facts.drivers import IntelCompute
from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import lazy
from mlenv.probe.accelerators.pci import INTEL_INTEGRATED, parse_fields
from mlenv.probe.log import Log, names_in, peek
from mlenv.probe.paths import find_program
from mlenv.system.host import Host

CARDS = "/sys/class/drm"
OPENCL = "/etc/OpenCL/vendors/intel.icd"
# Windows' GPUs below WSL have no card here.
_WSL_DEVICE = "/dev/dxg"
_LOADER = "libze_loader.so.1"
# Graphics before Xe (Gen8 to Gen11) have a driver in packages of their own, named legacy1.
_DRIVERS = ("libze_intel_gpu.so.1", "libze_intel_gpu_legacy1.so.1")
_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib", "/usr/local/lib64")
_CARD = lazy(r"card[0-9]{1,4}")
_VERSION = lazy(r"\.so\.([0-9]{1,6}\.[0-9]{1,6}(?:\.[0-9]{1,8}){0,2})")
_TILES = lazy(r"tile[0-9]{1,2}")


class IntelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The compute runtime, and the GPUs that a driver of Intel's serves."""

    software: IntelCompute | None = None
    gpus: tuple[Gpu, ...] = ()


def read_intel(host: Host, log: Log) -> IntelAnswer:
    """What is known of Intel; nothing is looked for where there is no card of theirs."""
    if host.identity.system == "windows":
        return IntelAnswer(gpus=_ask_tool(host, log, ()))
    if host.identity.system != "linux":
        return IntelAnswer()
    gpus = tuple(_read_cards(host))
    if gpus:
        log.found("gpus.intel", CARDS, ", ".join(f"{gpu.pci_address} {gpu.driver}" for gpu in gpus))
    elif not host.exists(_WSL_DEVICE):
        return IntelAnswer()
    return IntelAnswer(software=_read_software(host, log), gpus=_ask_tool(host, log, gpus))


def _ask_tool(host: Host, log: Log, cards: tuple[Gpu, ...]) -> tuple[Gpu, ...]:
    """The cards with what xpu-smi adds to them, where it is installed."""
    if find_program(host, "xpu-smi") is None:
        return cards
    from mlenv.probe.accelerators.xpu_smi import read_xpu_smi

    return read_xpu_smi(host, log, cards)


def _read_cards(host: Host) -> Iterable[Gpu]:
    for name in names_in(host, CARDS):
        if _CARD.fullmatch(name) and (gpu := _read_card(host, f"{CARDS}/{name}")):
            yield gpu


def _read_card(host: Host, card: str) -> Gpu | None:
    fields = parse_fields(peek(host, f"{card}/device/uevent") or "")
    vendor, _, device = fields.get("PCI_ID", "").lower().partition(":")
    address = fields.get("PCI_SLOT_NAME")
    if vendor != "8086" or not address:
        return None
    driver = fields.get("DRIVER", "")
    memory = _read_memory(host, card, driver)
    return Gpu(
        vendor="intel",
        pci_address=address,
        memory_bytes=memory,
        integrated=memory is None and address == INTEL_INTEGRATED,
        pci_id=f"8086:{device}",
        driver=driver,
    )


def _read_memory(host: Host, card: str, driver: str) -> int | None:
    """The memory of a card of its own, in bytes: xe shows it for each tile, Intel's packaged i915 as a whole.

    The i915 of the kernel itself shows none.
    """
    if driver != "xe":
        return _number(host, f"{card}/lmem_total_bytes")
    tiles = (name for name in names_in(host, f"{card}/device") if _TILES.fullmatch(name))
    files = [f"{card}/device/{tile}/physical_vram_size_bytes" for tile in tiles]
    return sum(_number(host, path) or 0 for path in files) or None


def _number(host: Host, path: str) -> int | None:
    from mlenv.formats.measures import size

    return size((peek(host, path) or "").strip())


def _read_software(host: Host, log: Log) -> IntelCompute | None:
    software = IntelCompute(
        level_zero=_find_version(host, log, "intel.level_zero", (_LOADER,)),
        compute_runtime=_find_version(host, log, "intel.compute_runtime", _DRIVERS),
        opencl=_read_opencl(host, log),
    )
    return software if software != IntelCompute() else None


def _find_version(host: Host, log: Log, subject: str, names: tuple[str, ...]) -> str | None:
    """The version in the real name of the first of these libraries that is there; empty where it has none."""
    own = [folder for folder in host.environ.get("LD_LIBRARY_PATH", "").split(":") if folder.startswith("/")]
    for path in (f"{folder.rstrip('/')}/{name}" for name in names for folder in (*own, *_FOLDERS)):
        if host.exists(path):
            log.found(subject, path)
            return parse_library_version(host.real_path(path)) or ""
    log.absent(subject, names[0], "the library is not on this machine")
    return None


# libze_loader.so.1.17.6 ; libze_intel_gpu.so.1.6.33578
def parse_library_version(path: str) -> str | None:
    """The version at the end of a library's real path."""
    match = _VERSION.search(path[-100:])
    return match[1] if match else None


def _read_opencl(host: Host, log: Log) -> str | None:
    """The library that OpenCL's registry names for Intel's GPUs."""
    path = (peek(host, OPENCL) or "").strip()
    note = log.found if path else log.absent
    note("intel.opencl", OPENCL)
    return path or None
