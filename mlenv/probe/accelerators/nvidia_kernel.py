"""The NVIDIA kernel module, as /proc and /sys show it; this works while NVML does not."""

from __future__ import annotations

import re

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import lazy
from mlenv.formats.pci_address import plain_address
from mlenv.probe.log import Log, names_in, peek
from mlenv.system.host import Host

VERSION_FILE = "/proc/driver/nvidia/version"
MODULE_VERSION = "/sys/module/nvidia/version"
GPU_FOLDER = "/proc/driver/nvidia/gpus"
MODULES = "/lib/modules"
MODULE_TAINT = "/sys/module/nvidia/taint"
_MODULE_LINE = lazy(
    r"^NVRM version:[^\n]{0,200}?Kernel Module(?: for [\w-]{1,40})?\s+(?P<version>\d[\d.]{0,40})",
    re.MULTILINE | re.ASCII,
)
_VERSION = lazy(r"[0-9]{1,6}(?:\.[0-9]{1,6}){1,3}")
_UUID = lazy(r"GPU-[0-9a-fA-F-]{36}")


class KernelModule(msgspec.Struct, frozen=True, kw_only=True):
    """The loaded module; ``is_open`` is None where the source does not tell."""

    version: str
    is_open: bool | None = None


class KernelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the kernel knows: the loaded module, the GPUs that it has found, the version of the module's file."""

    module: KernelModule | None = None
    module_on_disk: str | None = None
    gpus: tuple[Gpu, ...] = ()


def read_kernel(host: Host, log: Log) -> KernelAnswer:
    """The kernel's side of the driver.

    A container shows that of its host, and is none the better for it without the libraries.
    """
    if host.identity.system != "linux":
        log.not_asked("nvidia.kernel_module", VERSION_FILE, "only Linux shows it")
        return KernelAnswer()
    return KernelAnswer(
        module=_read_module(host, log), module_on_disk=_read_module_file(host, log), gpus=_read_gpus(host, log)
    )


def _read_module_file(host: Host, log: Log) -> str | None:
    """The version of the module on disk; containers have no modules."""
    if not host.exists(f"{MODULES}/{host.identity.release}"):
        return None
    from mlenv.probe.accelerators.nvidia_module_file import read_module_file

    return read_module_file(host, log)


def _read_module(host: Host, log: Log) -> KernelModule | None:
    module = parse_module(peek(host, VERSION_FILE) or "")
    if module:
        log.found("nvidia.kernel_module", VERSION_FILE)
        return module
    version = (peek(host, MODULE_VERSION) or "").strip()
    if _VERSION.fullmatch(version):
        log.found("nvidia.kernel_module", MODULE_VERSION)
        return KernelModule(version=version, is_open=_is_open(peek(host, MODULE_TAINT)))
    log.absent("nvidia.kernel_module", VERSION_FILE)
    return None


# POE ; OE
def _is_open(taint: str | None) -> bool | None:
    """Whether a module left the kernel free of the mark of a proprietary one."""
    return None if taint is None else "P" not in taint


# NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (builder@host)
# NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024
def parse_module(text: str) -> KernelModule | None:
    """Version and kind of the module."""
    match = _MODULE_LINE.search(text)
    if not match:
        return None
    return KernelModule(version=match["version"].rstrip("."), is_open="Open Kernel Module" in match[0])


def _read_gpus(host: Host, log: Log) -> tuple[Gpu, ...]:
    """The GPUs that the module has found; it does not know their compute capability."""
    names = names_in(host, GPU_FOLDER)
    if names:
        log.found("gpus.nvidia", GPU_FOLDER)
    return tuple(parse_information(peek(host, f"{GPU_FOLDER}/{name}/information") or "", name) for name in names)


# Model: 		 NVIDIA GeForce RTX 3090
# GPU UUID: 	 GPU-01234567-89ab-cdef-0123-456789abcdef
# Bus Location: 	 0000:65:00.0
def parse_information(text: str, folder: str) -> Gpu:
    """One GPU; an uninitialised one has question marks for a UUID."""
    pairs = (line.partition(":") for line in text.splitlines())
    fields = {key.strip(): value.strip() for key, _, value in pairs}
    uuid = _UUID.fullmatch(fields.get("GPU UUID", ""))
    model = fields.get("Model", "")
    return Gpu(
        vendor="nvidia",
        name=model if model and model != "Unknown" else None,
        uuid=uuid[0] if uuid else None,
        pci_address=plain_address(fields.get("Bus Location") or folder),
    )
