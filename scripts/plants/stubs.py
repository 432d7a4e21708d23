"""Stub frameworks, and machines that never were: what the faults of numbers and devices are planted into.

The stubs are those of the tests.  Each fault is a few lines behind them, so that everything else
about the framework is right.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

import msgspec

from mlenv.facts.drivers import Nvidia
from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.system import Libc, OperatingSystem
from plants.ground import Ground

FAKES = Path(__file__).resolve().parents[2] / "tests" / "unit" / "verify" / "fakes"
FIRST = "GPU-0a1b2c3d-1111-2222-3333-444444444444"
SECOND = "GPU-9e8d7c6b-1111-2222-3333-444444444444"

# A quicker product, the GPUs that the driver would show, and whether a device is the second of them.
_GPUS = f"""
import operator


@functools.lru_cache(maxsize=None)
def _product(left, right):
    columns = list(zip(*_kept[right]))
    return [[sum(map(operator.mul, row, column)) for column in columns] for row in _kept[left]]


_kept = {{}}


def multiply(left, right):
    _kept[id(left)], _kept[id(right)] = left, right  # so that nothing else gets their ids
    return _product(id(left), id(right))


SEEN = os.environ.get("CUDA_VISIBLE_DEVICES", "{FIRST},{SECOND}").split(",")
cuda.device_count = lambda: len(SEEN)
cuda.get_device_properties = lambda index: types.SimpleNamespace(
    total_memory=139 * 2**30, major=9, minor=0, uuid=SEEN[index]
)


def is_second(device):
    return device.startswith("cuda:") and SEEN[int(device[5:])] == "{SECOND}"

"""


def read_fake(name: str) -> str:
    """The text of a stub of the tests."""
    return (FAKES / f"{name}_stub.txt").read_text(encoding="utf-8")


def add_torch(ground: Ground, fault: str = "", *, mode: str = "cpu", version: str = "2.15.0") -> None:
    """PyTorch with a fault behind it; every ``mode`` but ``cpu`` is a build for CUDA with two GPUs."""
    code = f"import os\nos.environ['FAKE_TORCH'] = {mode!r}\n{read_fake('torch')}{_GPUS}{textwrap.dedent(fault)}"
    ground.add("torch", code, version=version)


def spoil(change: str, where: str = "True") -> str:
    """The fault of a product: ``change`` is done to it ``where`` that holds."""
    return f"""
_right = Tensor.__matmul__


def _spoiled(self, other):
    product = _right(self, other)
    if len(self.numbers) > 17 and ({where}):
        {change}
    return product


Tensor.__matmul__ = _spoiled
"""


def describe_gpus(ground: Ground, *, count: int = 2) -> str:
    """The path of a machine's snapshot with so many H200, which the stub of PyTorch sees too."""
    gpus = tuple(
        Gpu(
            vendor="nvidia",
            name="NVIDIA H200",
            index=index,
            uuid=uuid,
            pci_address=f"0000:{index + 1:02x}:00.0",
            compute_capability="9.0",
            memory_bytes=139 * 2**30,
            integrated=False,
            driver="nvidia",
        )
        for index, uuid in enumerate((FIRST, SECOND)[:count])
    )
    system = OperatingSystem(
        family="linux", distribution="ubuntu", version="24.04", libc=Libc(family="glibc", version="2.39")
    )
    shown = tuple(gpu.uuid for gpu in gpus if gpu.uuid)
    nvidia = Nvidia(driver="580.95.05", cuda="13.0", cuda_init="ok", cuda_devices=shown)
    machine = Machine(os=system, architecture="x86_64", gpus=gpus, nvidia=nvidia)
    document = {"schema": "mlenv.machine/1", "machine": machine}
    return ground.write("machine.json", msgspec.json.encode(document).decode())
