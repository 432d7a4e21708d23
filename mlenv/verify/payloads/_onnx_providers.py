"""What ONNX Runtime computes on: its providers, the devices of each, and why one does not work."""

import ctypes
import os
import re
import sys
import typing

from ._drivers import count_amd, see_nvidia
from ._verdicts import Failure

CPU = "CPUExecutionProvider"


class Place(typing.NamedTuple):
    """A provider with its options, and our label of its device.

    ``seen`` is whether something else than the provider's being listed speaks for the device.
    """

    provider: str
    label: str
    options: dict
    about: str = ""
    seen: bool = True


# Provider, our kind of device, and the distribution that brings it.
KINDS = {
    "CUDAExecutionProvider": ("cuda", "onnxruntime-gpu"),
    "TensorrtExecutionProvider": ("cuda", "onnxruntime-gpu"),
    "NvTensorRTRTXExecutionProvider": ("cuda", "onnxruntime-gpu"),
    "MIGraphXExecutionProvider": ("rocm", "onnxruntime-migraphx"),
    "ROCMExecutionProvider": ("rocm", "onnxruntime-rocm"),
    "OpenVINOExecutionProvider": ("xpu", "onnxruntime-openvino"),
    "DmlExecutionProvider": ("dml", "onnxruntime-directml"),
    "CoreMLExecutionProvider": ("mps", "onnxruntime"),
}
# These need libraries that their wheel does not promise: they are listed wherever the GPU build is.
EXTRAS = ("TensorrtExecutionProvider", "NvTensorRTRTXExecutionProvider")
_LIBRARIES = {
    "CUDAExecutionProvider": "cuda",
    "TensorrtExecutionProvider": "tensorrt",
    "MIGraphXExecutionProvider": "migraphx",
    "ROCMExecutionProvider": "rocm",
    "OpenVINOExecutionProvider": "openvino",
}


def list_places(available, asked, thorough):
    """The devices to compute on, by what is listed and asked for; the CPU's own is not among them.

    Where it is not ``thorough``, one device of a kind is enough, and extras are left out.
    """
    places = []
    for provider in available:
        kind = KINDS.get(provider, ("",))[0]
        if not kind or not wants(asked, kind) or (provider in EXTRAS and not thorough):
            continue
        found = list_devices(provider, kind)
        places += found if thorough else found[:1]
    return places


def wants(asked, kind):
    """Whether a kind of device is meant; ``xpu`` is Intel's, which DirectML drives as well."""
    return asked in ("auto", "gpu", kind) or (asked in ("xpu", "cuda", "rocm") and kind == "dml")


def list_devices(provider, kind):
    """All devices of a provider; at least one, so that its absence shows."""
    if kind == "cuda":
        gpus = enumerate(see_nvidia().gpus)
        places = [Place(provider, gpu.label, {"device_id": str(i)}, gpu.about) for i, gpu in gpus]
    elif kind == "rocm":
        places = [Place(provider, f"rocm:{i}", {"device_id": str(i)}) for i in range(count_amd())]
    else:
        places = []
    if kind in ("cuda", "rocm"):
        return places or [Place(provider, f"{kind}:0", {"device_id": "0"}, seen=False)]
    if kind == "xpu":
        return list_openvino(provider)
    return [Place(provider, f"{kind}:0", {})]


def list_openvino(provider):
    """The devices of the OpenVINO inside: ``CPU``, ``GPU`` or ``GPU.1``, ``NPU``."""
    try:
        from onnxruntime.capi import _pybind_state as state

        names = state.get_available_openvino_device_ids()
    except (ImportError, AttributeError):
        names = ["CPU"]
    return [Place(provider, label_openvino(name), {"device_type": name}) for name in names or ["CPU"]]


def label_openvino(name):
    """``GPU.1`` is ``xpu:1``, ``CPU`` is ``cpu``."""
    kind, _, number = name.partition(".")
    return f"xpu:{number or 0}" if kind == "GPU" else kind.lower()


def refuse(asked, available, version):
    """The failure where no provider for the device that was asked for is in this build."""
    wheels = sorted({wheel for kind, wheel in KINDS.values() if kind == asked or (asked == "gpu" and kind != "mps")})
    listed = ", ".join(available)
    text = f"{asked} was asked for, and this ONNX Runtime {version} has no provider for it (it has {listed})"
    return Failure("device-missing", text + (f": such a build is {' or '.join(wheels)}" if wheels else ""))


# libcublasLt.so.12: cannot open shared object file: No such file or directory
_MISSING = re.compile(r"(\S+): cannot open shared object file|Could not find module '([^']+)'")


def find_missing_library(package, provider, load=ctypes.CDLL, platform=sys.platform):
    """The library without which a provider does not load, asked of the system's loader; else empty."""
    name = _LIBRARIES.get(provider)
    pattern = "onnxruntime_providers_{}.dll" if platform == "win32" else "libonnxruntime_providers_{}.so"
    path = os.path.join(package, "capi", pattern.format(name))
    if name is None or not os.path.exists(path):
        return ""
    try:
        load(path)
    except OSError as error:
        found = _MISSING.search(str(error))
        return next((group for group in found.groups() if group), "") if found else ""
    return ""
