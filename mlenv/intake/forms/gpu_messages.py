"""GPUs that the messages of frameworks name, with what they can, and what a build has code for."""

from __future__ import annotations

from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import lazy
from mlenv.facts.report import FrameworkView
from mlenv.intake.forms.blocks import gather, lines_of
from mlenv.intake.forms.form import Form, Told
from mlenv.intake.words.gpus import vendor_in

# NVIDIA RTX 5000 with CUDA capability sm_120 is not compatible with the current PyTorch installation.
_WITH = lazy(
    r"(?:^|\||: |\s)\s?(?P<name>(?:NVIDIA|Tesla|GeForce|Quadro|GRID|TITAN|GTX"
    r"|RTX)[ \w()./-]{0,60}?) with CUDA capability sm_(?P<target>[0-9]{2,3})\b"
)
# Found GPU0 Tesla K40m which is of cuda capability 3.5.
_FOUND = lazy(
    r"Found GPU(?P<index>[0-9]{1,3}) (?P<name>[\w ()./-]{2,60}?) which is of (?:cuda"
    r"|compute) capability (?P<capability>[0-9]{1,2}\.[0-9])"
)
# Your Tesla T4 GPU has compute capability 7.5.
_HAS = lazy(
    r"(?:Your|The) (?P<name>[\w ()/-]{2,60}?) GPU(?: only)? has compute capability (?P<capability>[0-9]{1,2}\.[0-9])"
)
# _CudaDeviceProperties(name='NVIDIA A10', major=8, minor=6, total_memory=22591MB, multi_processor_count=72)
_PROPERTIES = lazy(
    r"_CudaDeviceProperties\(name='(?P<name>[^'\n]{2,80})', major=(?P<major>[0-9]{1,2}), minor=(?P<minor>[0-9])"
)
_DETECTED = lazy(
    r"ROCm device detected: (?P<name>AMD [\w ()/-]{2,60})"
    r"|Device: cuda:(?P<index>[0-9]{1,3}) (?P<amd>AMD [\w ()/-]{2,60}?)(?: : |$)"
)
_SUPPORTS = lazy(
    r"current PyTorch install(?:ation)? supports CUDA capabilities (?P<list>(?:(?:sm"
    r"|compute)_[0-9]{2,3}[a-z]?\s?){1,40})"
)
_TARGET = lazy(r"(sm_[0-9]{2,3}[a-z]?)")


def find_messages(text: str) -> list[str]:
    """Lines with such a message."""
    if not any(word in text for word in ("capabilit", "ROCm device", "Device: cuda", "_CudaDeviceProperties")):
        return []
    patterns = (_WITH, _FOUND, _HAS, _PROPERTIES, _DETECTED, _SUPPORTS)
    return gather(text, lambda line: any(pattern.search(line) for pattern in patterns))


def read_messages(part: str) -> Told:
    """The GPUs, each once, and the targets that PyTorch has code for."""
    found: dict[tuple[str, str | None], Gpu] = {}
    targets: tuple[str, ...] | None = None
    for line in lines_of(part):
        for gpu in _gpus(line):
            found.setdefault((gpu.name or "", gpu.compute_capability), gpu)
        if match := _SUPPORTS.search(line):
            targets = tuple(_TARGET.findall(match["list"]))
    views = (FrameworkView(framework="torch", architectures=targets),) if targets else ()
    return Told(gpus=tuple(found.values()) or None, views=views)


def _gpus(line: str) -> list[Gpu]:
    gpus = []
    if match := _WITH.search(line):
        target = match["target"]
        gpus.append(Gpu(vendor="nvidia", name=match["name"].strip(), compute_capability=f"{target[:-1]}.{target[-1]}"))
    if match := _FOUND.search(line) or _HAS.search(line):
        gpus.append(Gpu(vendor="nvidia", name=match["name"].strip(), compute_capability=match["capability"]))
    if match := _PROPERTIES.search(line):
        capability, vendor = f"{match['major']}.{match['minor']}", vendor_in(match["name"]) or "nvidia"
        of_nvidia = vendor == "nvidia"
        gpus.append(Gpu(vendor=vendor, name=match["name"], compute_capability=capability if of_nvidia else None))
    if match := _DETECTED.search(line):
        gpus.append(Gpu(vendor="amd", name=(match["name"] or match["amd"]).strip()))
    return gpus


FORMS: tuple[Form, ...] = (Form(name="gpu_messages", find=find_messages, read=read_messages),)
