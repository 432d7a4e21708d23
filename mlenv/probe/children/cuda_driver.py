"""Asks libcuda itself: NVML can be fine while cuInit fails, and the reverse."""

from __future__ import annotations

import ctypes
import sys

from mlenv.probe.children.answer import Answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
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
MULTIPROCESSORS, INTEGRATED, MAJOR, MINOR = 16, 18, 75, 76
TEXT_BYTES = 256
UUID_BYTES = 16


def main() -> None:
    """Print ``mlenv-cuda_driver:`` and what libcuda says as JSON, once for each stage."""
    answer = Answer("cuda_driver")
    for facts in start():
        answer.write(facts)
    answer.end()


def start() -> Iterator[dict[str, Any]]:
    """What :func:`read_libcuda` gives, or why the library cannot be loaded."""
    try:
        library = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError as error:
        yield {"init": "LibraryNotLoaded", "detail": str(error)}
        return
    yield from read_libcuda(library)


def read_libcuda(library: Any) -> Iterator[dict[str, Any]]:
    """What is known after each stage: the CUDA version, how cuInit went, the devices.

    ``init`` is ``ok`` or the error's name with its ``code``, None before cuInit returned.  ``stage`` is the one
    that is done; the last is ``complete``.
    """
    facts: dict[str, Any] = {"version": read_version(library)}
    yield {**facts, "stage": "version"}
    try:
        code = int(library.cuInit(0))
    except AttributeError as error:
        yield {**facts, "init": "LibraryNotLoaded", "detail": str(error), "stage": "complete"}
        return
    facts |= {"init": "ok" if code == 0 else describe_code(library, code), "code": code}
    if code == 0:
        yield {**facts, "stage": "cuInit"}
        facts["devices"] = read_devices(library)
    yield {**facts, "stage": "complete"}


def describe_code(library: Any, code: int) -> str:
    """The name that the library gives a result, else the documented one."""
    name = ctypes.c_char_p()
    try:
        if library.cuGetErrorName(code, ctypes.byref(name)) == 0 and name.value:
            return name.value.decode("ascii", "replace")
    except AttributeError:
        pass
    return ERROR_NAMES.get(code, f"CUDA_ERROR_{code}")


def read_version(library: Any) -> str | None:
    """The newest CUDA of this driver, ``13.0``; the library knows it before cuInit."""
    version = ctypes.c_int()
    if not ask(library, "cuDriverGetVersion", ctypes.byref(version)):
        return None
    return f"{version.value // 1000}.{version.value % 1000 // 10}"


def read_devices(library: Any) -> list[dict[str, Any]] | None:
    """The devices that CUDA shows this process (CUDA_VISIBLE_DEVICES holds here), None where it will not say."""
    count = ctypes.c_int()
    if not ask(library, "cuDeviceGetCount", ctypes.byref(count)):
        return None
    return [read_device(library, place) for place in range(count.value)]


def read_device(library: Any, place: int) -> dict[str, Any]:
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
        "mig_uuid": read_mig_uuid(library, device),
        "pci_address": read_text(library, "cuDeviceGetPCIBusId", device),
        "compute_capability": None if major is None or minor is None else f"{major}.{minor}",
        "memory_bytes": memory.value if known else None,
        "integrated": None if integrated is None else bool(integrated),
        "compute_units": read_attribute(library, MULTIPROCESSORS, device) or None,
    }


def read_text(library: Any, function: str, device: ctypes.c_int) -> str | None:
    """What a call writes into a buffer."""
    buffer = ctypes.create_string_buffer(TEXT_BYTES)
    return buffer.value.decode("utf-8", "replace") if ask(library, function, buffer, TEXT_BYTES, device) else None


def read_attribute(library: Any, attribute: int, device: ctypes.c_int) -> int | None:
    """One device attribute by number."""
    value = ctypes.c_int()
    return value.value if ask(library, "cuDeviceGetAttribute", ctypes.byref(value), attribute, device) else None


def read_uuid(library: Any, device: ctypes.c_int) -> str | None:
    """``GPU-`` and the UUID, as NVML writes it."""
    buffer = ctypes.create_string_buffer(UUID_BYTES)
    return f"GPU-{format_uuid(buffer.raw)}" if ask(library, "cuDeviceGetUuid", buffer, device) else None


def read_mig_uuid(library: Any, device: ctypes.c_int) -> str | None:
    """The UUID of the MIG device that stands for its GPU here, None for a whole GPU.

    The newer call gives that of the MIG device, the older one that of its GPU.
    https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__DEVICE.html
    """
    new, old = ctypes.create_string_buffer(UUID_BYTES), ctypes.create_string_buffer(UUID_BYTES)
    known = ask(library, "cuDeviceGetUuid_v2", new, device) and ask(library, "cuDeviceGetUuid", old, device)
    return f"MIG-{format_uuid(new.raw)}" if known and new.raw != old.raw else None


def format_uuid(raw: bytes) -> str:
    """Sixteen bytes as ``01234567-89ab-cdef-0123-456789abcdef``."""
    digits = raw.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def ask(library: Any, function: str, *arguments: Any) -> bool:
    """Whether the library has a function and it succeeds."""
    try:
        return int(getattr(library, function)(*arguments)) == 0
    except AttributeError:
        return False
