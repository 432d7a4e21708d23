"""Where the libraries of NVIDIA's driver lie, found without loading them."""

from __future__ import annotations

import re

from mlenv.facts.pattern import lazy
from mlenv.probe.log import Log
from mlenv.probe.paths import is_windows, join
from mlenv.system.host import Host

LINKER_CACHE = "/etc/ld.so.cache"
LINKER_CACHE_BYTES = 4 * 1024 * 1024
NVML = "libnvidia-ml.so.1"
CUDA = "libcuda.so.1"
_WINDOWS_NAMES = {NVML: "nvml.dll", CUDA: "nvcuda.dll"}
_FOLDERS = (
    "/usr/lib/wsl/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/lib64",
    "/usr/lib",
    "/usr/lib/aarch64-linux-gnu/nvidia",
    "/usr/lib/aarch64-linux-gnu/tegra",
    "/usr/local/nvidia/lib64",
    "/run/opengl-driver/lib",
)
# WSL and Jetson have a libcuda.so.1.1, whose name is no version of the driver.
_VERSION = lazy(r"\.so\.([0-9]{2,6}\.[0-9]{1,6}(?:\.[0-9]{1,6})?)$")


def find_library(host: Host, log: Log, subject: str, name: str) -> str | None:
    """The path of a driver library; where it is nowhere, starting a child to load it is no use."""
    path = _find_windows(host, name) if is_windows(host) else _find_linux(host, name)
    if path is None:
        log.absent(subject, _WINDOWS_NAMES[name] if is_windows(host) else name, "the library is not on this machine")
    return path


def _find_windows(host: Host, name: str) -> str | None:
    root = host.environ.get("SYSTEMROOT") or host.environ.get("SystemRoot") or "C:\\Windows"
    programs = host.environ.get("PROGRAMFILES") or "C:\\Program Files"
    folders = (join(host, root, "System32"), join(host, programs, "NVIDIA Corporation", "NVSMI"))
    paths = (join(host, folder, _WINDOWS_NAMES[name]) for folder in folders)
    return next((path for path in paths if host.exists(path)), None)


def _find_linux(host: Host, name: str) -> str | None:
    own = [folder for folder in host.environ.get("LD_LIBRARY_PATH", "").split(":") if folder.startswith("/")]
    for folder in (*own, *_FOLDERS):
        path = join(host, folder, name)
        if host.exists(path):
            return path
    try:
        return find_in_cache(host.read_bytes(LINKER_CACHE, LINKER_CACHE_BYTES), name)
    except OSError:
        return None


# ...libnvidia-ml.so.1\0/usr/lib/x86_64-linux-gnu/nvidia/current/libnvidia-ml.so.1\0...
def find_in_cache(cache: bytes, name: str) -> str | None:
    """The path that the dynamic linker's cache holds for a library."""
    match = re.search(rb"\0(/[^\0]*/" + re.escape(name.encode()) + rb")\0", cache)
    return match[1].decode("utf-8", "replace") if match else None


def library_version(real_path: str) -> str | None:
    """``libnvidia-ml.so.580.65.06`` says the version of the user-space driver."""
    match = _VERSION.search(real_path)
    return match[1] if match else None
