"""A line through two points, trained by gradient descent in whole numbers and eighths.

Every number on the way is exact in float32, TF32 and bfloat16, so the weights after a step have no
tolerance: a lost gradient, a scaled loss or a second step shows.
"""

from .devices import check_place
from .family import compare_list

INPUTS = [[1.0, 2.0], [3.0, -1.0]]
TARGETS = [[2.0], [1.0]]
START = [[1.0, -1.0]]
RATE = 0.125
# Half the squared error before the first and the second step, and the weights after each:
# errors (-3, 3), gradient (6, -9); errors (-3/2, -3/8), gradient (-21/8, -21/8).
LOSSES = [9.0, 1.1953125]
WEIGHTS = [[[0.25, 0.125]], [[0.578125, 0.453125]]]


def make_line(torch):
    """The untrained model on the CPU."""
    line = torch.nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        line.weight.copy_(torch.tensor(START))
    return line


def make_batch(torch, place="cpu"):
    return torch.tensor(INPUTS, device=place), torch.tensor(TARGETS, device=place)


def find_loss(found, targets):
    return ((found - targets) ** 2).sum() / 2


def step_by_hand(torch, weight):
    """One step of gradient descent, without the optimizers, whose first use takes seconds."""
    with torch.no_grad():
        weight -= RATE * weight.grad


def check_line(device, weight, losses, what):
    """:class:`Failure` where the losses, or the weights after as many steps, are other numbers."""
    check_losses(losses, what)
    check_weight(device, weight, len(losses), what)


def check_losses(losses, what):
    compare_list([float(loss) for loss in losses], LOSSES[: max(1, len(losses))], f"the loss of {what}")


def check_weight(device, weight, steps, what):
    check_place(device, weight)
    compare_list(weight.detach().cpu().tolist(), WEIGHTS[steps - 1], f"the weights after {what}")
