"""PyTorch at length: rates, the compiler, the GPU's memory, load, and processes that speak to each other."""

from . import collective, compiling, memory, rates, soak


def check(torch, session, devices):
    """The checks of the level ``deep`` on the devices that have been proven; none of them is vital."""
    for device in devices:
        rates.check(torch, session, device)
        memory.check(torch, session, device)
    compiling.check(torch, session, devices)
    soak.check(torch, session, devices)
    collective.check(torch, session, devices)
