"""The loaded kernel modules that have to do with accelerators."""

from __future__ import annotations

from mlenv.facts.system import KernelModule
from mlenv.formats.loaded_modules import parse_loaded_modules
from mlenv.probe.log import Log, peek
from mlenv.system.host import Host

MODULES = "/proc/modules"
FOLDER = "/sys/module"
SUBJECT = "kernel_modules"
WANTED = frozenset(
    {
        "nvidia",
        "nvidia_uvm",
        "nvidia_modeset",
        "nvidia_drm",
        "nvidia_peermem",
        "nvidia_fs",
        "gdrdrv",
        "nouveau",
        "nova_core",
        "nova_drm",
        "nvgpu",
        "nvmap",
        "amdgpu",
        "amdkfd",
        "radeon",
        "i915",
        "xe",
        "intel_vpu",
        "amdxdna",
        "gasket",
        "apex",
        "vfio_pci",
        "ib_uverbs",
        "mlx5_core",
    }
)


def read_kernel_modules(host: Host, log: Log) -> tuple[KernelModule, ...] | None:
    """Those of :data:`WANTED` that are loaded, by name; a container sees those of its host."""
    if host.identity.system != "linux":
        log.not_asked(SUBJECT, MODULES, "only Linux shows it")
        return None
    names = _read_names(host, log)
    return None if names is None else tuple(_describe(host, name) for name in sorted(WANTED.intersection(names)))


def _read_names(host: Host, log: Log) -> tuple[str, ...] | None:
    """A kernel without loadable modules has no table of them; what is built in has a folder all the same."""
    names: tuple[str, ...] | None
    try:
        names, source = parse_loaded_modules(host.read_text(MODULES)), MODULES
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            log.unreadable(SUBJECT, MODULES, type(error).__name__)
        names, source = _list_folder(host), FOLDER
    if names is None:
        log.absent(SUBJECT, FOLDER)
        return None
    found = ", ".join(sorted(WANTED.intersection(names)))
    if found:
        log.found(SUBJECT, source, found)
    else:
        log.absent(SUBJECT, source, "no module of an accelerator is loaded")
    return names


def _list_folder(host: Host) -> tuple[str, ...] | None:
    try:
        return tuple(host.list_directory(FOLDER))
    except OSError:
        return None


def _describe(host: Host, name: str) -> KernelModule:
    """Modules that come with the kernel state no version."""
    version = (peek(host, f"{FOLDER}/{name}/version") or "").strip()
    return KernelModule(name=name, version=version or None)
