"""``nvidia-smi --version``."""

from __future__ import annotations

from mlenv.formats.nvidia_report import NvidiaReport
from mlenv.formats.nvidia_values import plain_line, version

_LABELS = (
    "nvidia-smi version",
    "nvml version",
    "driver version",
    "cuda version",
    "kmd version",
    "cuda umd version",
)


# NVIDIA-SMI version  : 610.57.04
# NVML version        : 610.57
# DRIVER version      : Deprecated, see "KMD version" instead
# CUDA version        : Deprecated, see "CUDA UMD version" instead
# KMD version         : 610.57.04
# CUDA UMD version    : 13.3
def parse_nvidia_smi_version(text: str) -> NvidiaReport | None:
    """The versions alone."""
    found: dict[str, str] = {}
    for raw in text.splitlines():
        label, separator, value = plain_line(raw).partition(":")
        if separator and (name := label.strip().lower()) in _LABELS:
            found.setdefault(name, value)
    if "nvidia-smi version" not in found:
        return None
    kernel_module = version(found.get("kmd version"))
    return NvidiaReport(
        driver=version(found.get("driver version")) or kernel_module,
        kernel_module=kernel_module,
        cuda=version(found.get("cuda version")) or version(found.get("cuda umd version")),
    )
