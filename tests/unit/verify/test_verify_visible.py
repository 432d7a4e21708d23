"""Which GPUs a child sees, in the order of CUDA."""

from __future__ import annotations

import pytest

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.system import OperatingSystem
from mlenv.verify.visible import visible_gpus


def make_machine(*, mig: bool = False) -> Machine:
    second = Gpu(vendor="nvidia", uuid="GPU-bbbb", pci_address="0000:41:00.0", mig=mig)
    first = Gpu(vendor="nvidia", uuid="GPU-aaaa", pci_address="0000:01:00.0")
    return Machine(os=OperatingSystem(family="linux"), gpus=(second, first, Gpu(vendor="intel", uuid="x")))


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (None, ("GPU-aaaa", "GPU-bbbb")),
        ("", ()),
        ("1", ("GPU-bbbb",)),
        ("1,0", ("GPU-bbbb", "GPU-aaaa")),
        ("GPU-b", ("GPU-bbbb",)),
        ("0,7,1", ("GPU-aaaa",)),
        ("GPU-", ()),
    ],
)
def test_what_the_variable_chooses(chosen: str | None, found: tuple[str, ...]) -> None:
    environ = {} if chosen is None else {"CUDA_VISIBLE_DEVICES": chosen}
    assert visible_gpus(make_machine(), environ) == found


def test_nothing_is_claimed_of_split_gpus_or_another_order() -> None:
    assert visible_gpus(make_machine(mig=True), {}) == ()
    assert visible_gpus(make_machine(), {"CUDA_DEVICE_ORDER": "FASTEST_FIRST"}) == ()
