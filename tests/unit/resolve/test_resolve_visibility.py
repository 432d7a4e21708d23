"""Which GPUs CUDA_VISIBLE_DEVICES and its like leave visible."""

from __future__ import annotations

from typing import Any

import pytest

from mlenv.facts.drivers import Nvidia
from mlenv.facts.gpu import Gpu, MigInstance
from mlenv.facts.machine import Machine
from mlenv.facts.system import OperatingSystem, Variable
from mlenv.resolve.visibility import View, view_of

LARGE = Gpu(vendor="nvidia", name="L", index=0, uuid="GPU-aa11", compute_capability="8.9", pci_address="0000:0a:00.0")
SMALL = Gpu(vendor="nvidia", name="S", index=1, uuid="GPU-ab22", compute_capability="6.1", pci_address="0000:02:00.0")
SPLIT = Gpu(
    vendor="nvidia",
    name="M",
    index=2,
    uuid="GPU-cc33",
    mig=True,
    mig_instances=(MigInstance(uuid="MIG-dd44"), MigInstance(uuid="MIG-ee55")),
)
TWINS = tuple(Gpu(vendor="nvidia", name="T", index=place, uuid=f"GPU-{place}") for place in range(3))
RADEONS = tuple(Gpu(vendor="amd", name="R", index=place, uuid=f"GPU-f{place}") for place in range(4))
ARCS = tuple(Gpu(vendor="intel", name="A", index=place) for place in range(2))


def look(*gpus: Gpu, shown: tuple[str, ...] | None = None, **variables: Any) -> View:
    machine = Machine(
        os=OperatingSystem(family="linux"),
        gpus=gpus,
        nvidia=Nvidia(cuda_devices=shown),
        variables=tuple(Variable(name=name, value=value) for name, value in variables.items()),
    )
    return view_of(machine, gpus[0].vendor)


def names(view: View) -> list[Any]:
    return [gpu.uuid or gpu.index for gpu in view.visible] if view.told else ["not told"]


def test_without_a_variable_all_are_visible() -> None:
    assert View(visible=(LARGE, SMALL)) == look(LARGE, SMALL)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("none", []),
        ("9", []),
        ("1", ["GPU-1"]),
        (" 2 , 0 ", ["GPU-2", "GPU-0"]),
        ("0,-1,1", ["GPU-0"]),
        ("0,7,1", ["GPU-0"]),
        ("GPU-1", ["GPU-1"]),
        ("GPU-1,GPU-9,GPU-0", ["GPU-1"]),
        ("0,0", ["not told"]),
        ("GPU-", ["not told"]),
        ("1" * 5000, []),
    ],
)
def test_equal_gpus_of_nvidia(value: str, expected: list[str]) -> None:
    assert expected == names(look(*TWINS, CUDA_VISIBLE_DEVICES=value))


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"CUDA_VISIBLE_DEVICES": "0"}, ["not told"]),
        ({"CUDA_VISIBLE_DEVICES": "1,0"}, ["GPU-aa11", "GPU-ab22"]),
        ({"CUDA_VISIBLE_DEVICES": "0", "CUDA_DEVICE_ORDER": "FASTEST_FIRST"}, ["not told"]),
        ({"CUDA_VISIBLE_DEVICES": "0", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}, ["GPU-ab22"]),
        ({"CUDA_VISIBLE_DEVICES": "GPU-aa"}, ["GPU-aa11"]),
        ({"CUDA_VISIBLE_DEVICES": "GPU-a"}, ["not told"]),
    ],
)
def test_different_gpus_of_nvidia(variables: dict[str, Any], expected: list[str]) -> None:
    """CUDA counts from the fastest unless told otherwise; here the slower one comes first on the bus."""
    assert expected == names(look(LARGE, SMALL, **variables))


@pytest.mark.parametrize("value", ["MIG-dd44", "MIG-GPU-cc33/1/0"])
def test_a_mig_device_shows_its_gpu(value: str) -> None:
    assert ["GPU-cc33"] == names(look(LARGE, SPLIT, CUDA_VISIBLE_DEVICES=value))


def test_what_cuda_itself_showed_outranks_the_reading_of_the_variable() -> None:
    assert ["GPU-ab22"] == names(look(LARGE, SMALL, shown=("GPU-ab22",), CUDA_VISIBLE_DEVICES="0"))


def test_a_gpu_without_uuid_cannot_be_told_by_one() -> None:
    unread = Gpu(vendor="nvidia", name="L")
    assert ["not told"] == names(look(unread, CUDA_VISIBLE_DEVICES="GPU-aa11"))


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"ROCR_VISIBLE_DEVICES": ""}, []),
        ({"ROCR_VISIBLE_DEVICES": "3,1"}, ["GPU-f3", "GPU-f1"]),
        ({"ROCR_VISIBLE_DEVICES": "2,3", "HIP_VISIBLE_DEVICES": "1"}, ["GPU-f3"]),
        ({"HIP_VISIBLE_DEVICES": ""}, ["GPU-f0", "GPU-f1", "GPU-f2", "GPU-f3"]),
        ({"HIP_VISIBLE_DEVICES": "1", "CUDA_VISIBLE_DEVICES": "2"}, ["GPU-f1"]),
        ({"CUDA_VISIBLE_DEVICES": "2"}, ["GPU-f2"]),
        ({"CUDA_VISIBLE_DEVICES": "GPU-aa11"}, ["GPU-f0", "GPU-f1", "GPU-f2", "GPU-f3"]),
        ({"ROCR_VISIBLE_DEVICES": "GPU-f2"}, ["GPU-f2"]),
    ],
)
def test_gpus_of_amd(variables: dict[str, Any], expected: list[str]) -> None:
    assert expected == names(look(*RADEONS, **variables))


@pytest.mark.parametrize(("value", "expected"), [("1", [1]), ("", [0, 1]), ("1.0", [1])])
def test_gpus_of_intel(value: str, expected: list[int]) -> None:
    assert expected == names(look(*ARCS, ZE_AFFINITY_MASK=value))


def test_the_words_name_each_variable() -> None:
    view = look(*RADEONS, ROCR_VISIBLE_DEVICES="2,3", HIP_VISIBLE_DEVICES="0")
    assert "ROCR_VISIBLE_DEVICES=2,3 and HIP_VISIBLE_DEVICES=0" == view.words
    assert ["GPU-f0", "GPU-f1", "GPU-f3"] == [gpu.uuid for gpu in view.hidden]
