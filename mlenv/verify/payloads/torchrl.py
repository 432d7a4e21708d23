"""TorchRL: advantages of two steps in exact fractions, its compiled sums, a buffer of memories."""

from ._torch.companions import find_unloadable
from ._torch.devices import check_place
from ._torch.family import begin, compare_list, prove_each
from ._verdicts import Failure
from ._words import describe

# Two steps with rewards 1 and 2, values 1, 2 and 4 to come, both factors a half:
# the errors are 1 + 2/2 - 1 and 2 + 4/2 - 2, and the first gains a quarter of the second.
REWARDS, VALUES, NEXT = [[1.0], [2.0]], [[1.0], [2.0]], [[2.0], [4.0]]
ADVANTAGES, RETURNS = [[1.5], [2.0]], [[2.5], [4.0]]


def check(session):
    _, torch, devices = begin(session, "torchrl", "torchrl.objectives", partners=("tensordict",))
    prove_each(session, devices, "compute", lambda device, _: prove_advantages(torch, device))
    with session.check("kernels", "cpu", vital=False) as note:
        note.detail = prove_sums()
    if session.reaches("standard"):
        with session.check("buffer", "cpu", vital=False) as note:
            note.detail = prove_buffer(torch)


def prove_advantages(torch, device):
    from torchrl.objectives.value.functional import generalized_advantage_estimate

    values, after, rewards = (torch.tensor(part, device=device.name) for part in (VALUES, NEXT, REWARDS))
    no = torch.zeros_like(values, dtype=torch.bool)
    advantages, returns = generalized_advantage_estimate(0.5, 0.5, values, after, rewards, no, no)
    check_place(device, advantages)
    compare_list(advantages.cpu().tolist(), ADVANTAGES, "the advantages of two steps")
    compare_list(returns.cpu().tolist(), RETURNS, "the returns of two steps")
    return "generalised advantages of two steps are exact"


def prove_sums():
    """The compiled part, which prioritised replay buffers need; it loads beside few releases of PyTorch."""
    try:
        from torchrl._torchrl import SumSegmentTreeFp32
    except ImportError as error:
        told = find_unloadable("torchrl") or [f"the compiled part does not load: {describe(error)}"]
        text = f"{told[0]}; prioritised replay buffers do not work"
        raise Failure("binary-mismatch", text) from error
    tree = SumSegmentTreeFp32(4)
    for index, number in enumerate((1.0, 2.0, 4.0, 8.0)):
        tree[index] = number
    compare_list([float(tree.query(0, 4)), float(tree.query(1, 3))], [15.0, 6.0], "sums of a segment tree")
    return "the compiled segment tree sums exactly"


def prove_buffer(torch):
    """A buffer of four holds the last four of six."""
    import tensordict
    from torchrl.data import LazyTensorStorage, TensorDictReplayBuffer

    buffer = TensorDictReplayBuffer(storage=LazyTensorStorage(4), batch_size=4)
    for number in range(6):
        buffer.add(tensordict.TensorDict({"a": torch.tensor([number])}, batch_size=[]))
    held = sorted(buffer[:]["a"].flatten().tolist())
    compare_list(held, [2, 3, 4, 5], "a replay buffer of four after six numbers")
    drawn = set(buffer.sample()["a"].flatten().tolist())
    if not drawn <= set(held):
        raise Failure("wrong-number", f"a sample has {sorted(drawn)}, which the buffer does not hold")
    return "a replay buffer holds and draws the last four of six"
