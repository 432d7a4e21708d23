"""Asks NVIDIA's management library; each question is guarded by itself.

An old driver lacks newer calls, a lost GPU fails every one, and the library may not start at
all: that is said in the answer, and the status is 0.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def main() -> None:
    """Print ``mlenv-nvml:`` and what NVML knows as JSON."""
    print(f"\nmlenv-nvml:{json.dumps(read_nvml())}", flush=True)


def read_nvml() -> dict[str, Any]:
    """``init`` (``ok`` or the error's name), versions, GPUs, and ``errors`` by question."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception as error:
        return {"init": name_error(error), "detail": describe(error)}
    errors: dict[str, str] = {}
    ask = Questions(errors)
    count = ask("count", pynvml.nvmlDeviceGetCount) or 0
    return {
        "init": "ok",
        "driver": ask("driver", lambda: text(pynvml.nvmlSystemGetDriverVersion())),
        "cuda": ask("cuda", lambda: dotted(read_cuda(pynvml))),
        "gpus": [read_gpu(pynvml, index) for index in range(count)],
        "errors": errors,
    }


def read_gpu(nvml: Any, index: int) -> dict[str, Any]:
    """What NVML knows of one GPU, by index; sizes in bytes."""
    errors: dict[str, str] = {}
    ask = Questions(errors)
    handle = ask("handle", lambda: nvml.nvmlDeviceGetHandleByIndex(index))
    answer: dict[str, Any] = {"index": index, "errors": errors}
    if handle is None:
        return answer
    memory = ask("memory", lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
    pci = ask("pci", lambda: nvml.nvmlDeviceGetPciInfo(handle))
    capability = ask("compute_capability", lambda: nvml.nvmlDeviceGetCudaComputeCapability(handle))
    mig = ask("mig", lambda: nvml.nvmlDeviceGetMigMode(handle))
    answer.update(
        name=ask("name", lambda: text(nvml.nvmlDeviceGetName(handle))),
        uuid=ask("uuid", lambda: text(nvml.nvmlDeviceGetUUID(handle))),
        pci_address=text(pci.busId) if pci else None,
        pci_id=f"{pci.pciDeviceId & 0xFFFF:04x}:{pci.pciDeviceId >> 16:04x}" if pci and pci.pciDeviceId else None,
        compute_capability=f"{capability[0]}.{capability[1]}" if capability else None,
        memory_bytes=memory.total if memory else None,
        memory_free_bytes=memory.free if memory else None,
        mig=bool(mig[0]) if mig else None,
    )
    return answer


def read_cuda(nvml: Any) -> int:
    """The newest CUDA of the driver as NVML counts it; the second call came later."""
    try:
        return int(nvml.nvmlSystemGetCudaDriverVersion_v2())
    except nvml.NVMLError:
        return int(nvml.nvmlSystemGetCudaDriverVersion())


class Questions:
    """Calls a question and notes what it raises under its name."""

    def __init__(self, errors: dict[str, str]) -> None:
        self._errors = errors

    def __call__(self, name: str, question: Callable[[], Any]) -> Any:
        """The answer, None where there is none."""
        try:
            return question()
        except Exception as error:
            self._errors[name] = describe(error)
            return None


def name_error(error: Exception) -> str:
    """``LibRmVersionMismatch`` of pynvml's class, or the name of another exception."""
    return type(error).__name__.replace("NVMLError_", "")


def describe(error: Exception) -> str:
    """``GpuIsLost (15): GPU is lost``."""
    code = getattr(error, "value", None)
    return f"{name_error(error)} ({code}): {error}" if code is not None else f"{name_error(error)}: {error}"


def text(value: str | bytes) -> str:
    """Older bindings give bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def dotted(version: int) -> str:
    """13000 is ``13.0``."""
    return f"{version // 1000}.{version % 1000 // 10}"
