"""Asks libcuda itself: NVML can be fine while cuInit fails, and the reverse."""

from __future__ import annotations

import ctypes
import json
import sys
import uuid
from typing import Any

# https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html
ERROR_NAMES = {
    1: "CUDA_ERROR_INVALID_VALUE",
    2: "CUDA_ERROR_OUT_OF_MEMORY",
    3: "CUDA_ERROR_NOT_INITIALIZED",
    34: "CUDA_ERROR_STUB_LIBRARY",
    46: "CUDA_ERROR_DEVICE_UNAVAILABLE",
    100: "CUDA_ERROR_NO_DEVICE",
    101: "CUDA_ERROR_INVALID_DEVICE",
    304: "CUDA_ERROR_OPERATING_SYSTEM",
    802: "CUDA_ERROR_SYSTEM_NOT_READY",
    803: "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
    804: "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE",
    999: "CUDA_ERROR_UNKNOWN",
}
INTEGRATED, MAJOR, MINOR = 18, 75, 76
TEXT_BYTES = 256


def main() -> None:
    """Print ``mlenv-cuda_driver:`` and what libcuda says as JSON."""
    print(f"\nmlenv-cuda_driver:{json.dumps(read_libcuda())}", flush=True)


def read_libcuda() -> dict[str, Any]:
    """``init`` (``ok`` or the error's name) with its ``code``, the CUDA version, and the devices."""
    try:
        library = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        code = int(library.cuInit(0))
    except (AttributeError, OSError) as error:
        return {"init": "LibraryNotLoaded", "detail": str(error)}
    answer = {"init": "ok" if code == 0 else name_error(library, code), "code": code}
    answer["version"] = read_version(library)
    answer["devices"] = read_devices(library) if code == 0 else []
    return answer


def name_error(library: ctypes.CDLL, code: int) -> str:
    """The name that the library gives a result, else the documented one."""
    name = ctypes.c_char_p()
    try:
        if library.cuGetErrorName(code, ctypes.byref(name)) == 0 and name.value:
            return name.value.decode("ascii", "replace")
    except AttributeError:
        pass
    return ERROR_NAMES.get(code, f"CUDA_ERROR_{code}")


def read_version(library: ctypes.CDLL) -> str | None:
    """The newest CUDA of this driver, ``13.0``."""
    version = ctypes.c_int()
    if not ask(library, "cuDriverGetVersion", ctypes.byref(version)):
        return None
    return f"{version.value // 1000}.{version.value % 1000 // 10}"


def read_devices(library: ctypes.CDLL) -> list[dict[str, Any]]:
    """The devices that CUDA shows this process; CUDA_VISIBLE_DEVICES holds here."""
    count = ctypes.c_int()
    ask(library, "cuDeviceGetCount", ctypes.byref(count))
    return [read_device(library, place) for place in range(count.value)]


def read_device(library: ctypes.CDLL, place: int) -> dict[str, Any]:
    """One device; what a call does not give is None.  Sizes are in bytes."""
    device = ctypes.c_int()
    if not ask(library, "cuDeviceGet", ctypes.byref(device), place):
        return {"index": place}
    memory = ctypes.c_size_t()
    known = ask(library, "cuDeviceTotalMem_v2", ctypes.byref(memory), device)
    major, minor = read_attribute(library, MAJOR, device), read_attribute(library, MINOR, device)
    integrated = read_attribute(library, INTEGRATED, device)
    return {
        "index": place,
        "name": read_text(library, "cuDeviceGetName", device),
        "uuid": read_uuid(library, device),
        "pci_address": read_text(library, "cuDeviceGetPCIBusId", device),
        "compute_capability": None if major is None or minor is None else f"{major}.{minor}",
        "memory_bytes": memory.value if known else None,
        "integrated": None if integrated is None else bool(integrated),
    }


def read_text(library: ctypes.CDLL, function: str, device: ctypes.c_int) -> str | None:
    """What a call writes into a buffer."""
    buffer = ctypes.create_string_buffer(TEXT_BYTES)
    return buffer.value.decode("utf-8", "replace") if ask(library, function, buffer, TEXT_BYTES, device) else None


def read_attribute(library: ctypes.CDLL, attribute: int, device: ctypes.c_int) -> int | None:
    """One device attribute by number."""
    value = ctypes.c_int()
    return value.value if ask(library, "cuDeviceGetAttribute", ctypes.byref(value), attribute, device) else None


def read_uuid(library: ctypes.CDLL, device: ctypes.c_int) -> str | None:
    """``GPU-`` and the UUID, as NVML writes it."""
    buffer = ctypes.create_string_buffer(16)
    return f"GPU-{uuid.UUID(bytes=buffer.raw)}" if ask(library, "cuDeviceGetUuid", buffer, device) else None


def ask(library: ctypes.CDLL, function: str, *arguments: Any) -> bool:
    """Whether the library has a function and it succeeds."""
    try:
        return int(getattr(library, function)(*arguments)) == 0
    except AttributeError:
        return False
