"""The text of deviceQuery, a sample of the CUDA toolkit: the GPUs as the CUDA runtime sees them."""

from __future__ import annotations

from mlenv.facts.gpu import Clocks, ComputeMode, Ecc, Gpu
from mlenv.facts.pattern import lazy
from mlenv.formats.nvidia_report import MOST_GPUS, NvidiaReport
from mlenv.formats.nvidia_values import compute_capability, known, natural, plain_line, switch, version

_LONGEST = 500
_TITLE = "CUDA Device Query"
_CAPABILITY = "CUDA Capability"
_DEVICE = lazy(r'Device ([0-9]{1,4}): "(.{0,200})"')
_BYTES = lazy(r"\(([0-9]{1,18}) bytes\)")
_PLACE = lazy(r"([0-9]{1,6})\s*/\s*([0-9]{1,3})\s*/\s*([0-9]{1,2})")
_MODEL = lazy(r"WDDM|TCC|MCDM")
_PROCESSORS = lazy(r"\(\s{0,6}([0-9]{1,6})\) Multiprocessors")
_MODES: dict[str, ComputeMode] = {
    "< Default": "default",
    "< Exclusive Process": "exclusive-process",
    "< Exclusive": "exclusive-thread",
    "< Prohibited": "prohibited",
}


# Device 0: "NVIDIA L4"
#   CUDA Driver Version / Runtime Version          12.4 / 11.8
#   CUDA Capability Major/Minor version number:    8.9
#   Total amount of global memory:                 22478 MBytes (23570219008 bytes)
#   (058) Multiprocessors, (128) CUDA Cores/MP:    7424 CUDA Cores
def parse_device_query(text: str) -> NvidiaReport | None:
    """The GPUs in CUDA's order, and the newest CUDA of the driver; the driver's own version is not said.

    The memory is what CUDA can give, somewhat less than nvidia-smi's total.
    """
    if _TITLE not in text and _CAPABILITY not in text:
        return None
    is_query = False
    devices: list[dict[str, str]] = []
    for raw in text.splitlines():
        line = plain_line(raw[:_LONGEST]).strip()
        is_query = is_query or _TITLE in line
        match = _DEVICE.fullmatch(line)
        if match is not None:
            devices.append({"index": match[1], "name": match[2]})
        elif devices:
            _take_line(devices[-1], line)
    if not is_query and not any("capability" in device for device in devices):
        return None
    cuda = next((found for device in devices if (found := version(device.get("cuda")))), None)
    return NvidiaReport(cuda=cuda, gpus=tuple(_make_gpu(device) for device in devices[:MOST_GPUS]))


_LABELS = {
    "CUDA Driver Version / Runtime Version": "cuda",
    "CUDA Driver Version": "cuda",
    "CUDA Capability Major/Minor version number": "capability",
    "Total amount of global memory": "memory",
    "GPU Max Clock rate": "clock",
    "GPU Clock rate": "clock",
    "Memory Clock rate": "memory_clock",
    "Integrated GPU sharing Host Memory": "integrated",
    "Device has ECC support": "ecc",
    "Device PCI Domain ID / Bus ID / location ID": "place",
    "CUDA Device Driver Mode (TCC or WDDM)": "model",
}


def _take_line(device: dict[str, str], line: str) -> None:
    processors = _PROCESSORS.match(line)
    mode = next((mode for words, mode in _MODES.items() if line.startswith(words)), None)
    if processors is not None:
        device.setdefault("processors", processors[1])
    elif mode is not None:
        device.setdefault("mode", mode)
    elif (label := next((label for label in _LABELS if line.startswith(label)), None)) is not None:
        device.setdefault(_LABELS[label], line[len(label) :].lstrip(": "))


def _make_gpu(device: dict[str, str]) -> Gpu:
    ask = device.get
    memory = _BYTES.search(ask("memory", ""))
    clocks = Clocks(
        largest_graphics_mhz=natural(ask("clock", "").partition("(")[0]),
        largest_memory_mhz=natural(ask("memory_clock")),
    )
    ecc, model = switch(ask("ecc")), _MODEL.match(ask("model", ""))
    return Gpu(
        vendor="nvidia",
        index=natural(ask("index")),
        name=known(ask("name")),
        pci_address=_read_place(ask("place", "")),
        compute_capability=compute_capability(ask("capability")),
        memory_bytes=int(memory[1]) if memory else None,
        integrated=switch(ask("integrated")),
        compute_units=natural(ask("processors")),
        clocks=clocks if clocks != Clocks() else None,
        compute_mode=next((mode for mode in _MODES.values() if mode == ask("mode")), None),
        driver_model=model[0] if model else None,
        ecc=Ecc(enabled=ecc) if ecc is not None else None,
    )


# 0 / 212 / 0
def _read_place(text: str) -> str | None:
    """A PCI address from decimal numbers."""
    match = _PLACE.fullmatch(text.strip())
    domain, bus, device = (int(number) for number in match.groups()) if match else (-1, 0, 0)
    return f"{domain:04x}:{bus:02x}:{device:02x}.0" if 0 <= domain <= 0xFFFFFFFF and bus < 256 and device < 32 else None
