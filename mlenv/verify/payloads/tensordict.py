"""TensorDict: nested tensors stacked, indexed, computed with and kept on their device."""

import os

from ._torch.devices import check_place
from ._torch.family import begin, compare_list, prove_each


def check(session):
    tensordict, torch, devices = begin(session, "tensordict")
    prove_each(session, devices, "compute", lambda device, _: prove_stack(tensordict.TensorDict, torch, device))
    if session.reaches("standard"):
        with session.check("memory-map", "cpu", vital=False) as note:
            note.detail = prove_files(tensordict.TensorDict, torch)


def make(kind, torch, number):
    inner = {"b": torch.tensor([[number], [number + 1]])}
    return kind({"a": torch.tensor([number, 2 * number]), "inner": inner}, batch_size=[2])


def prove_stack(kind, torch, device):
    stacked = torch.stack([make(kind, torch, 1), make(kind, torch, 10)], 0).to(device.name)
    check_place(device, stacked["inner", "b"])
    compare_list(list(stacked.batch_size), [2, 2], "the shape of a stack")
    compare_list(stacked["a"].cpu().tolist(), [[1, 2], [10, 20]], "a stack")
    part = stacked[1].apply(lambda tensor: tensor * 3)
    check_place(device, part["inner", "b"])
    compare_list(part["inner", "b"].cpu().tolist(), [[30], [33]], "a part of a stack, times 3")
    flat = stacked.reshape(-1)
    compare_list(flat["inner", "b"].cpu().tolist(), [[1], [2], [10], [11]], "a reshaped stack")
    return "stack, index, apply and reshape of nested tensors are exact"


def prove_files(kind, torch):
    """Tensors in files of the working directory come back as they were."""
    folder = os.path.join(os.getcwd(), "tensordict")
    make(kind, torch, 7).memmap(folder)
    back = kind.load_memmap(folder)
    compare_list(back["a"].tolist(), [7, 14], "tensors in files")
    compare_list(back["inner", "b"].tolist(), [[7], [8]], "nested tensors in files")
    return "tensors in memory-mapped files come back as they were"
