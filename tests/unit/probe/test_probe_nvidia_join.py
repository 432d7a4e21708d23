"""One list of GPUs out of what several sources know."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mlenv.facts.drivers import FabricManager, GpuPath, Nvidia
from mlenv.facts.gpu import Gpu, PcieLink
from mlenv.probe.accelerators.amd import AmdAnswer
from mlenv.probe.accelerators.cuda_driver import CudaDriver
from mlenv.probe.accelerators.intel import IntelAnswer
from mlenv.probe.accelerators.joining import Sources, join_nvidia, list_gpus, unlisted
from mlenv.probe.accelerators.nvidia import NvidiaAnswer
from mlenv.probe.accelerators.nvidia_kernel import KernelAnswer, KernelModule
from mlenv.probe.accelerators.nvidia_services import NvidiaServices
from mlenv.probe.accelerators.pci import Display

GIB = 1024**3
DISPLAY = Display(address="0000:01:00.0", vendor="nvidia", pci_id="10de:2684")
FROM_BUS = Gpu(vendor="nvidia", pci_address="0000:01:00.0", pci_id="10de:2684")
FROM_KERNEL = Gpu(vendor="nvidia", name="NVIDIA RTX", pci_address="0000:01:00.0", pci_id="10de:2684")
FROM_CUDA = Gpu(vendor="nvidia", name="NVIDIA RTX", compute_capability="8.9", uuid="GPU-0a", integrated=False)


def change(value: Any, **facts: Any) -> Any:
    return msgspec.structs.replace(value, **facts)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (Sources(), ()),
        (Sources(nvidia=NvidiaAnswer(nvml="SIGSEGV", gpus=None)), None),
        (Sources(nvidia=NvidiaAnswer(nvml="ok", gpus=None)), None),
        (Sources(nvidia=NvidiaAnswer(nvml="ok", gpus=()), displays=(DISPLAY,)), ()),
        (Sources(nvidia=NvidiaAnswer(nvml="timeout", gpus=None), displays=(DISPLAY,)), (FROM_BUS,)),
        (Sources(nvidia=NvidiaAnswer(nvml="ok", gpus=None), displays=(DISPLAY,)), (FROM_BUS,)),
        (Sources(kernel=KernelAnswer(gpus=(FROM_KERNEL,)), displays=(DISPLAY,)), (FROM_KERNEL,)),
        (Sources(cuda=CudaDriver(gpus=(FROM_CUDA,)), kernel=KernelAnswer(gpus=(FROM_KERNEL,))), (FROM_CUDA,)),
        (Sources(apple=None), None),
    ],
)
def test_order_of_sources(sources: Sources, expected: tuple[Gpu, ...] | None) -> None:
    assert list_gpus(sources) == expected


def test_libcuda_completes_what_nvml_cannot_say() -> None:
    spark = Gpu(vendor="nvidia", index=0, uuid="GPU-0b", compute_capability="12.1")
    device = Gpu(vendor="nvidia", index=3, uuid="GPU-0b", memory_bytes=120 * GIB, integrated=True, compute_units=48)
    sources = Sources(nvidia=NvidiaAnswer(nvml="ok", gpus=(spark,)), cuda=CudaDriver(gpus=(device,)))
    assert (change(spark, memory_bytes=120 * GIB, integrated=True, compute_units=48),) == list_gpus(sources)


def test_a_device_without_a_uuid_is_known_by_its_address() -> None:
    gpu = change(FROM_BUS, uuid="GPU-0a", index=0)
    device = Gpu(vendor="nvidia", pci_address="0000:01:00.0", compute_units=128)
    cuda = CudaDriver(init="ok", gpus=(device,), devices=(None,))
    sources = Sources(nvidia=NvidiaAnswer(nvml="ok", gpus=(gpu,)), cuda=cuda)
    assert (change(gpu, compute_units=128),) == list_gpus(sources)
    joined = join_nvidia(sources)
    assert joined is not None
    assert ("GPU-0a",) == joined.cuda_devices


def test_a_part_of_a_gpu_says_nothing_of_the_whole() -> None:
    gpu = change(FROM_BUS, uuid="GPU-0a", mig=True)
    part = Gpu(vendor="nvidia", uuid="GPU-0a", mig=True, memory_bytes=5 * GIB, compute_units=14)
    cuda = CudaDriver(init="ok", gpus=(part,), devices=("MIG-0b",))
    assert (gpu,) == list_gpus(Sources(nvidia=NvidiaAnswer(nvml="ok", gpus=(gpu,)), cuda=cuda))


def test_the_bus_adds_driver_link_and_node() -> None:
    link = PcieLink(width=16)
    display = change(DISPLAY, driver="nvidia", link=link, numa_node=1, name="other", memory_bytes=1)
    gpu = Gpu(vendor="nvidia", name="RTX", pci_address="0000:01:00.0", memory_bytes=GIB)
    sources = Sources(nvidia=NvidiaAnswer(nvml="ok", gpus=(gpu,)), displays=(display,))
    assert (change(gpu, pci_id="10de:2684", driver="nvidia", link=link, numa_node=1),) == list_gpus(sources)


@pytest.mark.parametrize("driver", ["nouveau", "nova_core", "vfio-pci", ""])
def test_gpus_without_nvidias_driver_are_named(driver: str) -> None:
    (gpu,) = list_gpus(Sources(displays=(change(DISPLAY, driver=driver),))) or ()
    assert ("0000:01:00.0", "10de:2684", driver) == (gpu.pci_address, gpu.pci_id, gpu.driver)


def test_what_the_kernel_module_does_not_have_is_added_from_the_bus() -> None:
    displays = (
        change(DISPLAY, driver="nvidia"),
        Display(address="0000:02:00.0", vendor="nvidia", pci_id="10de:1b06", driver="nouveau"),
        Display(address="0000:03:00.0", vendor="nvidia", pci_id="10de:1b06", driver="nvidia"),
    )
    found = list_gpus(Sources(kernel=KernelAnswer(gpus=(FROM_KERNEL,)), displays=displays)) or ()
    assert [("0000:01:00.0", "nvidia"), ("0000:02:00.0", "nouveau")] == [(gpu.pci_address, gpu.driver) for gpu in found]


def test_other_vendors_come_after_nvidia() -> None:
    arc = Gpu(vendor="intel", name="Arc", pci_address="0000:03:00.0")
    radeon = Gpu(vendor="amd", name="Radeon", pci_address="0000:04:00.0")
    sources = Sources(
        nvidia=NvidiaAnswer(nvml="ok", gpus=(FROM_CUDA,)),
        intel=IntelAnswer(gpus=(arc,)),
        amd=AmdAnswer(gpus=(radeon,)),
        displays=(Display(address="0000:00:02.0", vendor="intel", pci_id="8086:46a6"),),
    )
    found = list_gpus(sources) or ()
    assert (FROM_CUDA, radeon, arc) == found[:3]
    assert ["0000:00:02.0"] == [gpu.pci_address for gpu in found[3:]]


def test_which_is_which_is_unknown_without_an_address() -> None:
    radeon = Gpu(vendor="amd", gfx="gfx906")
    display = Display(address="0000:04:00.0", vendor="amd", pci_id="1002:66a1")
    assert (radeon,) == list_gpus(Sources(amd=AmdAnswer(gpus=(radeon,)), displays=(display,)))


def test_facts_of_the_driver() -> None:
    path = GpuPath(first=0, second=1, level="NV4")
    manager = FabricManager(version="580.95.05", running=True)
    sources = Sources(
        nvidia=NvidiaAnswer(nvml="ok", driver="580.95.05", library="1.2", cuda="13.0", topology=(path,)),
        kernel=KernelAnswer(module=KernelModule(version="580.95.05", is_open=True), module_on_disk="590.10.01"),
        cuda=CudaDriver(init="ok", version="12.9", library="575.57.08", devices=()),
        services=NvidiaServices(fabric_manager=manager, persistence_daemon=True, mps=False),
    )
    assert join_nvidia(sources) == Nvidia(
        driver="580.95.05",
        kernel_module="580.95.05",
        open_kernel_module=True,
        module_on_disk="590.10.01",
        library="575.57.08",
        cuda="13.0",
        nvml="ok",
        cuda_init="ok",
        cuda_devices=(),
        topology=(path,),
        fabric_manager=manager,
        persistence_daemon=True,
        mps=False,
    )
    assert join_nvidia(Sources()) is None


def test_devices_of_unknown_identity_are_unknown_together() -> None:
    cuda = CudaDriver(init="ok", gpus=(FROM_CUDA, FROM_BUS), devices=("GPU-0a", None))
    joined = join_nvidia(Sources(cuda=cuda))
    assert joined is not None
    assert joined.cuda_devices is None


def test_windows_knows_the_driver_without_its_libraries() -> None:
    joined = join_nvidia(Sources(displays=(change(DISPLAY, driver_version="580.97"),)))
    assert Nvidia(driver="580.97") == joined


def test_readings_of_what_the_driver_does_not_list() -> None:
    nowhere = change(DISPLAY, address=None)
    assert () == unlisted((FROM_BUS,), (DISPLAY, nowhere))
    assert ["0000:01:00.0 10de:2684 is on the bus, and the driver does not list it"] == [
        reading.detail for reading in unlisted((), (DISPLAY, nowhere))
    ]
