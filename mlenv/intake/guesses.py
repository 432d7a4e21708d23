"""What a text shows without saying it: whose paths and files it names."""

from __future__ import annotations

from mlenv.facts.pattern import LazyPattern, lazy
from mlenv.facts.system import Architecture, OperatingSystem, SystemFamily
from mlenv.intake.forms.form import Told

_WINDOWS = lazy(
    r"(?i)dll load failed|"
    r"\b[a-z]:\\{1,2}\w|\.dll\b|win_amd64|win32\b|winerror|\.exe\b|microsoft visual c|powershell|appdata\\"
    r"|\[msc v\."
)
_MAC = lazy(
    r"(?i)macosx_\d|\.dylib\b|/opt/homebrew/|/users/[\w.-]+/|\bdarwin\b|\bmac ?os\b|\bmps backend\b|apple silicon"
    r"|\bintel[- ](?:based )?macs?\b|\bmac ?books?\b|\bmac ?mini\b|\bosx\b|\bos x\b"
    r"|/library/frameworks/|\[clang [\d.]{1,12} \(clang-"
)
_LINUX = lazy(
    r"(?i)manylinux|musllinux|linux_x86_64|/usr/(?:lib|local|bin)|/(?:root|home/[\w.-]+)/|\.so(?:\.\d+)*\b|/dev/|/proc/"
    r"|\bapt(?:-get)?\b"
    r"|\bdocker\b|\bdpkg\b|\bsudo\b|\bdkms\b|/opt/conda|/lib64?/"
)
# Packages that this Python took, and what people call a Mac with a processor of Intel's.
_INTEL_MAC = lazy(
    r"(?im)^ *(?:downloading|using cached|collecting) [^\n]{0,200}macosx_\d{1,2}_\d{1,2}_x86_64\.whl"
    r"|\bintel[- ](?:based )?(?:mac|mbp|imac)|\bosx-?64\b|\bmac(?: ?os(?: x)?|s|book)?[ ,(]{1,2}"
    r"(?:and |on |with |running |an? )?(?:\w{1,12} ){0,1}\(?(?:intel|x86(?:_64)?)\b"
)
_APPLE_PROCESSOR = lazy(r"(?i)\bm[1-6]\b|apple silicon|\barm64\b|aarch64|rosetta")
MOST = 40
"""Signs that are counted of each family."""


def guess_family(text: str) -> SystemFamily:
    """The family that most signs of a text are of; Linux where there are none."""
    head = text[:200_000]
    counts: dict[SystemFamily, int] = {
        "linux": _count(_LINUX, head),
        "windows": _count(_WINDOWS, head),
        "macos": _count(_MAC, head),
    }
    return max(counts, key=lambda family: counts[family])


def _count(pattern: LazyPattern, text: str) -> int:
    found = 0
    for _ in pattern.finditer(text):
        found += 1
        if found == MOST:
            break
    return found


def guess_architecture(told: Told, system: OperatingSystem, text: str = "") -> Architecture | None:
    """The architecture that certain hardware has, and x86_64 for other PCs; None for a Mac that tells nothing."""
    names = " ".join([told.model or "", *(gpu.name or "" for gpu in told.gpus or ())]).lower()
    if any(word in names for word in ("jetson", "orin", "xavier", "tegra", "gb200", "gb300", "gh200", "gb10", "thor")):
        return "aarch64"
    python = told.python.architecture if told.python else None
    if python == "x86_64":
        return "x86_64"
    if python in ("aarch64", "arm64"):
        return "aarch64"
    if system.family != "macos":
        return "x86_64"
    head = text[:200_000]
    return "x86_64" if _INTEL_MAC.search(head) and not _APPLE_PROCESSOR.search(head) else None
