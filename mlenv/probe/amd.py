"""AMD GPUs as the kernel's compute driver describes them, and the ROCm user space."""

from __future__ import annotations

import re

import msgspec

from mlenv.facts.drivers import Rocm
from mlenv.facts.gpu import Gpu
from mlenv.probe.log import Log, names_in, peek
from mlenv.system.host import Host

NODES = "/sys/class/kfd/kfd/topology/nodes"
DEVICE = "/dev/kfd"
_RELEASE = re.compile(r"\d+\.\d+(\.\d+)?")
# Kinds of memory banks: 1 and 2 are the memory of the GPU, of which the host sees the first.
_GPU_MEMORY = (1, 2)


class AmdAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of AMD here; ``gpus`` is None where the compute driver cannot be asked."""

    rocm: Rocm | None = None
    gpus: tuple[Gpu, ...] | None = None


def read_amd(host: Host, log: Log) -> AmdAnswer:
    """The GPUs that ROCm could use, and the installed ROCm."""
    if host.identity.system != "linux":
        log.not_asked("gpus.amd", NODES, "only Linux shows it")
        return AmdAnswer()
    return AmdAnswer(rocm=_read_rocm(host, log), gpus=_read_gpus(host, log))


def _read_gpus(host: Host, log: Log) -> tuple[Gpu, ...] | None:
    try:
        names = host.list_directory(NODES)
    except FileNotFoundError:
        log.absent("gpus.amd", NODES)
        return None
    except OSError as error:
        log.unreadable("gpus.amd", NODES, type(error).__name__)
        return None
    found = [_read_node(host, log, f"{NODES}/{name}") for name in sorted(names, key=_as_number)]
    gpus = [gpu for gpu in found if gpu]
    note = log.found if gpus else log.absent
    note("gpus.amd", NODES)
    if gpus:
        _read_access(host, log)
    return tuple(msgspec.structs.replace(gpu, index=index) for index, gpu in enumerate(gpus))


def _read_access(host: Host, log: Log) -> None:
    """Whether this user may open the compute device; containers often lack it, users the group."""
    if not host.exists(DEVICE):
        log.absent("gpus.amd.device", DEVICE)
    elif not host.writable(DEVICE):
        log.unreadable("gpus.amd.device", DEVICE, "this user may not open it")
    else:
        log.found("gpus.amd.device", DEVICE)


def _as_number(name: str) -> int:
    return int(name) if name.isascii() and name.isdigit() else -1


def _read_node(host: Host, log: Log, folder: str) -> Gpu | None:
    try:
        values = parse_properties(host.read_text(f"{folder}/properties"))
    except OSError as error:
        log.unreadable("gpus.amd", f"{folder}/properties", type(error).__name__)
        return None
    if not values.get("simd_count"):
        return None  # a processor
    gpu = make_gpu(values, _read_memory(host, folder))
    name = peek(host, f"/sys/bus/pci/devices/{gpu.pci_address}/product_name") if gpu.pci_address else None
    return msgspec.structs.replace(gpu, name=name.strip()) if name and name.strip() else gpu


# cpu_cores_count 0
# simd_count 416
# gfx_target_version 90010
# location_id 17152
def parse_properties(text: str) -> dict[str, int]:
    """The numbers of one node or memory bank by name."""
    pairs = (line.split() for line in text.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isascii() and pair[1].isdigit()}


def make_gpu(values: dict[str, int], memory: int | None) -> Gpu:
    """A GPU from the properties of its node and the size of its memory in bytes."""
    unique, device = values.get("unique_id", 0), values.get("device_id", 0)
    return Gpu(
        vendor="amd",
        gfx=name_gfx(values.get("gfx_target_version", 0)),
        uuid=f"GPU-{unique:016x}" if unique else None,
        pci_address=name_address(values),
        pci_id=f"{values.get('vendor_id', 0x1002):04x}:{device:04x}" if device else None,
        memory_bytes=memory,
        integrated=True if values.get("cpu_cores_count") else None,
    )


# 110000 is gfx1100, 90010 is gfx90a, 90402 is gfx942
def name_gfx(version: int) -> str | None:
    """The compiler's name of a target; minor and stepping are hexadecimal digits."""
    if version <= 0:
        return None
    return f"gfx{version // 10000}{version // 100 % 100:x}{version % 100:x}"


def name_address(values: dict[str, int]) -> str | None:
    """The PCI address: bus in the upper byte of the location, device and function in the lower."""
    location = values.get("location_id", 0)
    if not location:
        return None
    domain = values.get("domain", 0)
    return f"{domain:04x}:{location >> 8 & 0xFF:02x}:{location >> 3 & 0x1F:02x}.{location & 7}"


def _read_memory(host: Host, folder: str) -> int | None:
    banks = [
        parse_properties(peek(host, f"{folder}/mem_banks/{name}/properties") or "")
        for name in names_in(host, f"{folder}/mem_banks")
    ]
    return sum(bank.get("size_in_bytes", 0) for bank in banks if bank.get("heap_type") in _GPU_MEMORY) or None


def _read_rocm(host: Host, log: Log) -> Rocm | None:
    for folder in _rocm_folders(host):
        path = f"{folder}/.info/version"
        version = parse_release(peek(host, path) or "")
        if version:
            log.found("rocm.version", path)
            return Rocm(version=version)
    log.absent("rocm.version", "/opt/rocm/.info/version")
    return None


def _rocm_folders(host: Host) -> list[str]:
    named = [host.environ[name] for name in ("ROCM_PATH", "ROCM_HOME") if host.environ.get(name)]
    versioned = [f"/opt/{name}" for name in names_in(host, "/opt") if name.startswith("rocm-")]
    return [folder.rstrip("/") for folder in (*named, "/opt/rocm", *reversed(versioned))]


# 6.4.1-83
def parse_release(text: str) -> str | None:
    """The release without the number of its build."""
    match = _RELEASE.match(text.strip())
    return match[0] if match else None
