"""Machines of which one thing is wrong, and what is said of them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from mlenv.facts.drivers import Nvidia
from mlenv.facts.gpu import Clocks, Ecc, EccCounts, Fabric, Gpu, NvLink, PcieLink, Power, RowRemaps
from mlenv.facts.machine import Machine
from mlenv.facts.reading import Reading
from mlenv.facts.system import DeviceNode, KernelEvent, OperatingSystem
from mlenv.formats.kernel_log import parse_kernel_log
from mlenv.health.find import find_signals
from mlenv.health.signal import Signal
from mlenv.matrix.load import Matrix

TABLE = Matrix().health
H100 = Gpu(
    vendor="nvidia",
    name="NVIDIA H100 80GB HBM3",
    index=0,
    uuid="GPU-0",
    pci_address="0000:1b:00.0",
    driver="nvidia",
    compute_capability="9.0",
    memory_bytes=80 << 30,
    memory_free_bytes=79 << 30,
    integrated=False,
    mig=False,
    mig_pending=False,
    link=PcieLink(generation=5, largest_generation=5, width=16, largest_width=16),
    power=Power(draw_watts=70.0, limit_watts=700.0, default_limit_watts=700.0),
    clocks=Clocks(graphics_mhz=1980),
    clock_events=(),
    temperature_celsius=40,
    persistence=True,
    virtualization="none",
    ecc=Ecc(enabled=True, pending=True, volatile=EccCounts(corrected=0, uncorrected=0), aggregate=EccCounts()),
    row_remaps=RowRemaps(corrected=0, uncorrected=0, pending=False, failed=False),
    nvlinks=tuple(NvLink(link=number, active=True, speed=26.562) for number in range(18)),
    fabric=Fabric(state="completed", status="success"),
    recovery_action="none",
    processes=(),
)
NODES = tuple(
    DeviceNode(path=f"/dev/{name}", readable=True, writable=True) for name in ("nvidiactl", "nvidia-uvm", "nvidia0")
)
NVIDIA = Nvidia(driver="580.95.05", kernel_module="580.95.05", nvml="ok", cuda_init="ok")
PCI = Reading(id="gpus.pci", source="/sys/bus/pci/devices", outcome="found")


def make_machine(*gpus: Gpu, nvidia: Nvidia | None = NVIDIA, log: str | None = "", **changes: Any) -> Machine:
    """A healthy bare-metal Linux machine with these GPUs; ``log`` is the kernel's, None where it was not read."""
    events: tuple[KernelEvent, ...] | None = None if log is None else parse_kernel_log(log)
    given = {"device_nodes": NODES, "readings": (PCI,), **changes}
    system = given.pop("os", OperatingSystem(family="linux", wsl=0, container=""))
    return Machine(os=system, gpus=gpus, nvidia=nvidia, kernel_events=events, **given)


def judge(machine: Machine, name: str, *, under_load: bool = False) -> list[Signal]:
    """The signals with an id."""
    return [signal for signal in find_signals(machine, TABLE, under_load=under_load) if signal.id == name]


def only(machine: Machine, name: str, *, under_load: bool = False) -> Signal:
    """The one signal with an id."""
    found = judge(machine, name, under_load=under_load)
    assert len(found) == 1, found
    return found[0]


def with_gpu(**changes: Any) -> Machine:
    """The healthy machine with one H100 that differs so."""
    return make_machine(replace(H100, **changes))
