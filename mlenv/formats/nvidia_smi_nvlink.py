"""``nvidia-smi nvlink -s``: the NVLinks of each GPU and their speed."""

from __future__ import annotations

import msgspec

from mlenv.facts.gpu import Gpu, NvLink
from mlenv.facts.pattern import lazy
from mlenv.formats.nvidia_report import MOST_GPUS, NvidiaReport
from mlenv.formats.nvidia_smi_list import parse_gpu_line
from mlenv.formats.nvidia_values import natural, plain_line

_LONGEST = 200
_LINK = lazy(r"Link\s{1,5}([0-9]{1,4}):\s{0,10}(?:([0-9]{1,6}(?:\.[0-9]{1,6})?)\s?GB/s|<?(inactive)>?)")
_NONE = "does not have or support nvlink"


# GPU 0: NVIDIA H200 (UUID: GPU-6d5b8f3a-0000-4f8e-9a51-1c1f0f0d3b0e)
#          Link 0: 26.562 GB/s
#          Link 1: <inactive>
def parse_nvidia_smi_nvlink(text: str) -> NvidiaReport | None:
    """The GPUs with their NVLinks; a sentence in the place of the links leaves them unknown.

    Only a GPU that is said to have no NVLink has none.
    """
    gpus: list[Gpu] = []
    links: list[list[NvLink] | None] = []
    is_status = False
    for raw in text.splitlines():
        line = plain_line(raw).strip()
        if (gpu := parse_gpu_line(line)) is not None and len(gpus) < MOST_GPUS:
            gpus.append(gpu)
            links.append(None)
        elif gpus and (link := _parse_link(line)) is not None:
            found = links[-1] = links[-1] or []
            found.append(link)
        elif gpus and _NONE in line[:_LONGEST].lower():
            links[-1] = []
        is_status = is_status or (bool(gpus) and "nvlink" in line[:_LONGEST].lower())
    if not is_status and all(found is None for found in links):
        return None
    return NvidiaReport(gpus=tuple(_link(gpu, found) for gpu, found in zip(gpus, links, strict=True)))


def _parse_link(line: str) -> NvLink | None:
    match = _LINK.fullmatch(line) if len(line) <= _LONGEST else None
    number = natural(match[1]) if match else None
    if match is None or number is None:
        return None
    return NvLink(link=number, active=match[3] is None, speed=float(match[2]) if match[2] else None)


def _link(gpu: Gpu, links: list[NvLink] | None) -> Gpu:
    return gpu if links is None else msgspec.structs.replace(gpu, nvlinks=tuple(links))
