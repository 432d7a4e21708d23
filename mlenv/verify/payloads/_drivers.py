"""The GPUs that NVIDIA's or AMD's driver lists, asked without any framework."""

import contextlib
import ctypes
import sys
import typing

from ._verdicts import Failure, Skipped

_CUDA = {"linux": ["libcuda.so.1"], "win32": ["nvcuda.dll"]}
_HIP = {
    "linux": ["libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so"],
    "win32": ["amdhip64_7.dll", "amdhip64_6.dll"],
}
_NO_DEVICE = 100


class Gpu(typing.NamedTuple):
    """``label`` is ours (``cuda:0``), ``about`` the UUID as the driver's tools write it."""

    label: str
    name: str
    about: str


class Sight(typing.NamedTuple):
    """The GPUs that this process may use, and why there are none; ``driver`` where one is installed."""

    gpus: list
    reason: str
    driver: bool


def see_nvidia(load=ctypes.CDLL, platform=sys.platform):
    """What the NVIDIA driver lists, in the order of CUDA's devices."""
    library = load_cuda(load, platform)
    if library is None:
        return Sight([], "there is no NVIDIA driver here", driver=False)
    status = library.cuInit(0)
    count = ctypes.c_int(0)
    status = status or library.cuDeviceGetCount(ctypes.byref(count))
    if status in (0, _NO_DEVICE) and not count.value:
        return Sight([], "the NVIDIA driver lists no GPU", driver=True)
    if status:
        return Sight([], f"the NVIDIA driver cannot be used ({name_error(library, status)})", driver=True)
    return Sight([describe_gpu(library, index) for index in range(count.value)], "", driver=True)


def load_cuda(load=ctypes.CDLL, platform=sys.platform):
    """The NVIDIA driver's own library, None where it is not there."""
    return load_first(_CUDA.get(platform, []), load)


def load_first(names, load):
    """The first library of several names that is there, else None."""
    for name in names:
        with contextlib.suppress(OSError):
            return load(name)
    return None


def name_error(library, status):
    """``CUDA_ERROR_SYSTEM_DRIVER_MISMATCH 803``."""
    text = ctypes.c_char_p()
    known = library.cuGetErrorName(status, ctypes.byref(text)) == 0 and text.value
    return f"{text.value.decode()} {status}" if known else f"error {status}"


def describe_gpu(library, index):
    device = ctypes.c_int(0)
    library.cuDeviceGet(ctypes.byref(device), index)
    name = ctypes.create_string_buffer(100)
    library.cuDeviceGetName(name, 100, device)
    raw = (ctypes.c_ubyte * 16)()
    # The second version tells the slices of a split GPU apart.
    ask = getattr(library, "cuDeviceGetUuid_v2", None) or library.cuDeviceGetUuid
    ask(ctypes.byref(raw), device)
    return Gpu(f"cuda:{index}", name.value.decode("utf-8", "replace"), word_uuid(bytes(raw)))


# GPU-0c2f1d7e-7bd5-4a52-8d1f-1f0f6b7d1c55
def word_uuid(raw):
    text = raw.hex()
    return "GPU-" + "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def count_amd(load=ctypes.CDLL, platform=sys.platform):
    """How many GPUs AMD's runtime sees; 0 without it."""
    library = load_first(_HIP.get(platform, []), load)
    count = ctypes.c_int(0)
    if library is None or library.hipGetDeviceCount(ctypes.byref(count)):
        return 0
    return count.value


def require_nvidia(session, name, sight=None):
    """The check ``device`` of a framework that is nothing without an NVIDIA GPU: all that are there."""
    with session.check("device") as note:
        sight = sight or see_nvidia()
        if session.asked not in ("auto", "gpu", "cuda"):
            raise refuse(session.asked, name)
        if not sight.gpus:
            raise miss_nvidia(session.asked, name, sight)
        note.device = ", ".join(gpu.label for gpu in sight.gpus)
        note.detail = f"{len(sight.gpus)} seen: " + ", ".join(gpu.name for gpu in sight.gpus)
    return sight.gpus


def refuse(asked, name):
    """What to say where a device was asked for that a framework for NVIDIA GPUs does not have."""
    if asked == "cpu":
        return Skipped(f"{name} computes on GPUs alone, and the CPU was asked for")
    return Failure("device-missing", f"{asked} was asked for, which {name} does not have")


def miss_nvidia(asked, name, sight):
    """What to say of a framework for NVIDIA GPUs where there is none; one that is there and unusable fails."""
    if asked == "auto" and (not sight.driver or sight.reason.endswith("no GPU")):
        return Skipped(f"{name} needs an NVIDIA GPU, and {sight.reason}")
    return Failure("device-missing", f"{name} needs an NVIDIA GPU, and {sight.reason}")
