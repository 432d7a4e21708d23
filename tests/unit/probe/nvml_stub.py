"""A pynvml of which every call is a function of the test's own."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

GIB = 1024**3


class NVMLError(Exception):
    """The base of pynvml's exceptions."""

    value = 999


def make_error(name: str, code: int) -> type[NVMLError]:
    """An exception as pynvml makes it for a code."""
    return type(f"NVMLError_{name}", (NVMLError,), {"value": code})


InvalidArgument = make_error("InvalidArgument", 2)
NotSupported = make_error("NotSupported", 3)
NoPermission = make_error("NoPermission", 4)
NotFound = make_error("NotFound", 6)
FunctionNotFound = make_error("FunctionNotFound", 13)
GpuIsLost = make_error("GpuIsLost", 15)


def failing(error: type[NVMLError], words: str = "no") -> Callable[..., Any]:
    """A call that always raises."""

    def fail(*_: object) -> Any:
        raise error(words)

    return fail


class FabricInfo(ctypes.Structure):
    """pynvml's structure, joined and well."""

    _fields_ = [("status", ctypes.c_uint), ("state", ctypes.c_uint)]


def join_fabric(_: object, place: Any) -> int:
    place._obj.state, place._obj.status = 3, 0
    return 0


def refuse_fabric(_: object, place: Any) -> int:
    place._obj.state, place._obj.status = 3, 19
    return 0


def read_fields(_: object, numbers: list[int]) -> list[Any]:
    """Two NVLinks of 25 GB/s, and a GPU that wants a reset."""
    known = {90: 25000, 91: 2, 230: 1}
    return [
        SimpleNamespace(nvmlReturn=0, valueType=1, value=SimpleNamespace(uiVal=known[number])) for number in numbers
    ]


def reads(value: Any) -> Callable[..., Any]:
    """A call that always gives the same."""
    return lambda *_: value


def fields(**values: Any) -> Callable[..., Any]:
    """A call that gives a structure."""
    return reads(SimpleNamespace(**values))


def a100(**calls: Any) -> Any:
    """A pynvml that knows everything of one A100, with other calls in place of its own."""
    device = "nvmlDeviceGet"
    process = SimpleNamespace(pid=4242, usedGpuMemory=GIB)
    known: dict[str, Any] = {
        "nvmlSystemGetDriverVersion": reads("580.95.05"),
        "nvmlSystemGetNVMLVersion": reads("13.580.95.05"),
        "nvmlSystemGetCudaDriverVersion_v2": reads(13000),
        "nvmlSystemGetProcessName": reads("python"),
        "nvmlErrorString": reads("Success"),
        "c_nvmlGpuFabricInfo_t": FabricInfo,
        f"{device}Count": reads(1),
        f"{device}HandleByIndex": lambda index: f"gpu {index}",
        f"{device}Name": reads("NVIDIA A100-SXM4-40GB"),
        f"{device}UUID": reads("GPU-0a"),
        f"{device}PciInfo": fields(busId=b"00000000:07:00.0", pciDeviceId=0x20B010DE),
        f"{device}CudaComputeCapability": reads((8, 0)),
        f"{device}Architecture": reads(7),
        f"{device}MemoryInfo": fields(total=40 * GIB, free=39 * GIB),
        f"{device}BAR1MemoryInfo": fields(bar1Total=64 * GIB, bar1Free=63 * GIB),
        f"{device}MigMode": reads([0, 1]),
        f"{device}Temperature": reads(34),
        f"{device}PerformanceState": reads(0),
        f"{device}CurrentClocksEventReasons": reads(0x41),
        f"{device}CurrPcieLinkGeneration": reads(4),
        f"{device}MaxPcieLinkGeneration": reads(4),
        f"{device}CurrPcieLinkWidth": reads(8),
        f"{device}MaxPcieLinkWidth": reads(16),
        f"{device}PowerUsage": reads(52_500),
        f"{device}EnforcedPowerLimit": reads(400_000),
        f"{device}PowerManagementDefaultLimit": reads(400_000),
        f"{device}PowerManagementLimitConstraints": reads([100_000, 400_000]),
        f"{device}ClockInfo": lambda _, kind: {0: 210, 2: 1215}[kind],
        f"{device}MaxClockInfo": lambda _, kind: {0: 1410, 2: 1215}[kind],
        f"{device}VbiosVersion": reads("92.00.45.00.03"),
        f"{device}GspFirmwareVersion": reads(b"580.95.05"),
        f"{device}PersistenceMode": reads(1),
        f"{device}DisplayActive": reads(0),
        f"{device}ComputeMode": reads(3),
        f"{device}VirtualizationMode": reads(1),
        f"{device}AddressingMode": reads(1),
        f"{device}EccMode": reads([1, 1]),
        f"{device}TotalEccErrors": lambda _, kind, span: 10 * kind + span,
        f"{device}RemappedRows": reads((1, 2, 1, 0)),
        f"{device}FieldValues": read_fields,
        f"{device}NvLinkState": lambda _, place: 1 - place,
        f"{device}NvLinkVersion": reads(4),
        f"{device}NvLinkRemotePciInfo": fields(busId=b"00000000:C4:00.0"),
        f"{device}NvLinkRemoteDeviceType": reads(2),
        f"{device}GpuFabricInfo": join_fabric,
        f"{device}ComputeRunningProcesses_v3": reads([process]),
        f"{device}GraphicsRunningProcesses_v3": reads([process]),
        f"{device}TopologyCommonAncestor": reads(20),
    }
    return SimpleNamespace(**{**known, **calls})
