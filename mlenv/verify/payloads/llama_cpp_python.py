"""llama.cpp for Python: a block of 8-bit numbers to the byte, and an exact product on each device.

No model is read: its own tensors are enough to prove the compiled library.
"""

import contextlib
import ctypes
import re
import struct
import typing

from . import _exact, _ggml
from ._torch.family import compare_list
from ._verdicts import Failure
from ._words import tidy

# A block of 32 numbers whose largest is 127 has the scale 1, so each is stored as it is.
BLOCK = [127, -127] + [7 * i - 100 for i in range(30)]
Q8_0 = 8  # GGML_TYPE_Q8_0
KINDS = {"cuda": "cuda", "rocm": "rocm", "hip": "rocm", "metal": "mps", "mtl": "mps", "sycl": "xpu"}
NOT_PROCESSORS = 3  # GGML_BACKEND_DEVICE_TYPE_ACCEL and what comes after it


class Device(typing.NamedTuple):
    handle: int
    label: str
    about: str


def check(session):
    llama_cpp = session.import_modules("llama_cpp")
    with session.check("library") as note:
        llama_cpp.llama_backend_init()
        ggml = _ggml.Ggml(load_libraries())
        note.detail = tidy(llama_cpp.llama_print_system_info().decode("utf-8", "replace"))[:500]
    with session.check("device") as note:
        devices = choose_devices(llama_cpp, list_devices(ggml), session.asked)
        note.device = ", ".join(device.label for device in devices)
        note.detail = ", ".join(f"{device.label} ({device.about})" for device in devices)
    with session.check("quantise", "cpu", vital=False) as note:
        note.detail = prove_block(ggml)
    left, right = _exact.make_matrices()
    for device in devices:
        with session.check("compute", device.label, vital=False) as note:
            found = _ggml.multiply(ggml, device.handle, left, right)
            _exact.compare(found, _exact.multiply(left, right), f"float32 on {device.label}")
            note.detail = f"{_exact.SHAPE} exact in float32"
    llama_cpp.llama_backend_free()


def load_libraries():
    """Its libraries for tensors; on Windows each function is only in the one that defines it."""
    from llama_cpp import _ggml as own
    from llama_cpp._ctypes_extensions import load_shared_library

    found = [own.libggml]
    for name in ("ggml-base", "ggml-cpu"):
        with contextlib.suppress(FileNotFoundError, OSError):
            found.append(load_shared_library(name, own.libggml_base_path))
    return found


def list_devices(ggml):
    """Every processor that llama.cpp found; a helper of the CPU such as BLAS is none."""
    handles = [ggml.backend_dev_get(index) for index in range(ggml.backend_dev_count())]
    handles = [handle for handle in handles if ggml.backend_dev_type(handle) < NOT_PROCESSORS]
    return [
        Device(handle, label_of(ggml.backend_dev_name(handle)), str_of(ggml.backend_dev_description(handle)))
        for handle in handles
    ]


def str_of(text):
    return tidy((text or b"").decode("utf-8", "replace"))


# CUDA0   ROCm1   Metal   MTL0   Vulkan0   CPU
def label_of(name):
    """``cuda:0`` for llama.cpp's CUDA0."""
    kind, index = re.fullmatch(r"(.*?)(\d*)", str_of(name).lower()).groups()
    return "cpu" if kind == "cpu" else f"{KINDS.get(kind, kind)}:{index or 0}"


def choose_devices(llama_cpp, devices, asked):
    """The devices that were asked for, the GPUs by default; :class:`Failure` where there are none."""
    gpus = [device for device in devices if device.label != "cpu"]
    if asked == "cpu" or (asked == "auto" and not gpus):
        chosen = [device for device in devices if device.label == "cpu"]
    else:
        chosen = [device for device in gpus if asked in ("auto", "gpu") or device.label.startswith(asked)]
    if chosen:
        return chosen
    text = f"{asked} was asked for, and this llama.cpp "
    if not llama_cpp.llama_supports_gpu_offload():
        raise Failure(
            "device-missing", text + "was compiled without any GPU: compile it anew with CMAKE_ARGS for yours"
        )
    raise Failure("device-missing", text + f"sees only {', '.join(device.label for device in devices) or 'no device'}")


def prove_block(ggml):
    numbers, room = _ggml.pack(BLOCK), ctypes.create_string_buffer(64)
    size = ggml.quantize_chunk(Q8_0, numbers, room, 0, 1, len(BLOCK), None)
    # The scale 1 as float16, then 32 numbers of 8 bits.
    expected = struct.pack("<e32b", 1.0, *BLOCK)
    compare_list(list(room.raw[:size]), list(expected), "a block of 8-bit numbers")
    return "32 whole numbers in a block of 8 bits are right to the byte"
