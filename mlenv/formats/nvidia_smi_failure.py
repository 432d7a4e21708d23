"""What nvidia-smi prints when the driver does not answer, in NVML's names of the errors."""

from __future__ import annotations

from mlenv.facts.pattern import lazy

_LONGEST = 200
# NVML's words for its errors (nvmlErrorString), as nvidia-smi puts them behind its own.
_WORDS = {
    "driver/library version mismatch": "LibRmVersionMismatch",
    "rm has detected an nvml/rm version mismatch": "LibRmVersionMismatch",
    "driver not loaded": "DriverNotLoaded",
    "insufficient permissions": "NoPermission",
    "insufficient external power": "InsufficientPower",
    "gpu is lost": "GpuIsLost",
    "gpu requires reset": "ResetRequired",
    "gpu requires restart": "ResetRequired",
    "gpu access blocked by the operating system": "OperatingSystem",
    "the operating system has blocked the request": "OperatingSystem",
    "nvml shared library not found": "LibraryNotFound",
    "function not found": "FunctionNotFound",
    "interrupt request issue": "IrqIssue",
    "corrupted inforom": "CorruptedInforom",
    "insufficient memory": "Memory",
    "not supported": "NotSupported",
    "uninitialized": "Uninitialized",
    "timeout": "Timeout",
    "not found": "NotFound",
    "unknown error": "Unknown",
}
_OPENINGS = ("failed to initialize nvml:", "unable to determine the device handle for gpu")
# nvidia-smi's own sentences; the second is that of Windows.
_SENTENCES = (
    ("couldn't find libnvidia-ml", "LibraryNotFound"),
    ("couldn't find nvml.dll", "LibraryNotFound"),
    ("couldn't communicate with the nvidia driver", "DriverNotLoaded"),
    ("do not have permission", "NoPermission"),
    ("not have enough permission", "NoPermission"),
)
_LIBRARY = lazy(r"NVML library version:\s{0,10}([0-9]{1,6}(?:\.[0-9]{1,6}){1,3})")


# Failed to initialize NVML: Driver/library version mismatch
# NVML library version: 535.161
#
# NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that ...
#
# Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.  Reboot the system ...
def parse_nvidia_smi_failure(text: str) -> str | None:
    """NVML's name of the first failure in a text, such as ``DriverNotLoaded``; None where there is none."""
    answers = (_parse_line(line) for line in text.splitlines())
    return next((answer for answer in answers if answer), None)


def parse_nvml_library_version(text: str) -> str | None:
    """The version of the NVML library, which newer ones print below a mismatch (``535.161``)."""
    match = _LIBRARY.search(text)
    return match[1] if match else None


def _parse_line(line: str) -> str | None:
    lowered = line.lower().replace("\u2019", "'")
    for opening in _OPENINGS:
        _before, found, rest = lowered.partition(opening)
        if found:
            return next((name for words, name in _WORDS.items() if words in rest[:_LONGEST]), "Unknown")
    if "nvidia-smi" in lowered:
        return next((name for words, name in _SENTENCES if words in lowered), None)
    return None
