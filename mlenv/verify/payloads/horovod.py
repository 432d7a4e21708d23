"""Horovod: one process that adds up over all processes, and the frameworks it was built for."""

import importlib
import os
import sys

from ._common import is_there
from ._torch.companions import compare_companions
from ._torch.devices import check_place, find_devices
from ._torch.family import compare_list, prove_each
from ._verdicts import Failure
from ._words import describe

BINDINGS = ("torch", "tensorflow")
NUMBERS = [[1.0, -2.0, 3.0], [0.5, 256.0, -1024.0]]
TRANSPORTS = ("gloo", "mpi", "nccl", "ccl")


def check(session):
    session.import_modules("horovod")
    if sys.platform == "linux":
        # Otherwise Gloo takes an interface that leads out of this computer: one process needs none.
        os.environ.setdefault("HOROVOD_GLOO_IFACE", "lo")
    with session.check("bindings") as note:
        name, module, note.detail = find_binding()
    if name == "torch":
        compare_companions(session)
        check_torch(session, module)
    else:
        session.skip_device("Horovod is checked with tensors on the CPU here", "cpu")
        with session.check("compute", "cpu") as note:
            note.detail = prove_sum(module, make_constant, lambda tensor: tensor.numpy().tolist())


def find_binding():
    """The first framework whose binding loads, its module, and a sentence on all; :class:`Failure` without any."""
    loaded, told = {}, []
    for name in filter(is_there, BINDINGS):
        module, trouble = load_binding(name)
        if trouble:
            told.append(f"{name} ({trouble})")
        else:
            loaded[name] = module
    if not loaded:
        text = "; ".join(told) or "neither PyTorch nor TensorFlow is installed"
        raise Failure("binding-missing", f"Horovod has no binding that loads here: {text}")
    name = next(iter(loaded))
    ways = [way for way in TRANSPORTS if getattr(loaded[name], way + "_built", bool)()]
    text = f"bindings for {', '.join(loaded)}; built with {', '.join(ways) or 'no transport'}"
    return name, loaded[name], text + (f"; not for {', '.join(told)}" if told else "")


def load_binding(name):
    """The binding for a framework, or why there is none."""
    try:
        return importlib.import_module("horovod." + name), ""
    except Exception as error:
        return None, describe(error)[:200]


def check_torch(session, module):
    import torch

    with session.check("device") as note:
        devices = find_devices(torch, session, note)

    def prove(device, _):
        def read(tensor):
            check_place(device, tensor)
            return tensor.cpu().tolist()

        return prove_sum(module, lambda: torch.tensor(NUMBERS, device=device.name), read)

    prove_each(session, devices, "compute", prove)


def make_constant():
    import tensorflow as tf

    return tf.constant(NUMBERS)


def prove_sum(module, make, read):
    """A sum over all processes, of which there is one, and doubled on the way in."""
    module.init()
    try:
        compare_list([module.size(), module.rank()], [1, 0], "one process")
        total = read(module.allreduce(make(), op=module.Sum, prescale_factor=2.0, name="mlenv"))
        compare_list(total, [[2 * number for number in row] for row in NUMBERS], "a sum over one process, doubled")
        compare_list(read(module.broadcast(make(), root_rank=0, name="mlenv-b")), NUMBERS, "a broadcast")
    finally:
        module.shutdown()
    return "one process: a doubled sum and a broadcast over all processes are exact"
