"""PyTorch at the level ``standard``: which arithmetic runs, and what a model is made of."""

from . import layers, numbers, training

# The checks of every device, and those that only make sense beside a CPU.
OPERATIONS = (
    ("precision", numbers.check_precision),
    ("conv", layers.check_convolution),
    ("grad", layers.check_gradient),
    ("attention", layers.check_attention),
    ("train", training.check_training),
    ("amp", training.check_autocast),
)
OF_ACCELERATORS = (
    ("matmul", numbers.check_large_product),
    ("transfer", training.check_transfer),
)


def check(torch, session, devices):
    """Every operation on every device; one that fails leaves the others as they are."""
    for device in devices:
        kind = device.label.split(":")[0]
        operations = OPERATIONS + (OF_ACCELERATORS if kind != "cpu" else ())
        if numbers.has_float8(torch, device):
            operations += (("fp8", numbers.check_float8),)
        for name, operate in operations:
            with session.check(name, device.label, vital=False) as note:
                note.about = device.uuid
                operate(torch, device, note)
