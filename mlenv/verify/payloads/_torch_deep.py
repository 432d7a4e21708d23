"""PyTorch at length: rates, the compiler, the GPU's memory, load, and processes that speak to each other."""

from . import _torch_collective, _torch_compile, _torch_memory, _torch_rates, _torch_soak


def check(torch, session, devices):
    """The checks of the level ``deep`` on the devices that have been proven; none of them is vital."""
    for device in devices:
        _torch_rates.check(torch, session, device)
        _torch_memory.check(torch, session, device)
    _torch_compile.check(torch, session, devices)
    _torch_soak.check(torch, session, devices)
    _torch_collective.check(torch, session, devices)
