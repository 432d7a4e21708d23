"""PyTorch at the level ``standard``: which arithmetic runs, and what a model is made of."""

from . import _torch_layers, _torch_numbers, _torch_training

# The checks of every device, and those that only make sense beside a CPU.
OPERATIONS = (
    ("precision", _torch_numbers.check_precision),
    ("conv", _torch_layers.check_convolution),
    ("grad", _torch_layers.check_gradient),
    ("attention", _torch_layers.check_attention),
    ("train", _torch_training.check_training),
    ("amp", _torch_training.check_autocast),
)
OF_ACCELERATORS = (
    ("matmul", _torch_numbers.check_large_product),
    ("transfer", _torch_training.check_transfer),
)


def check(torch, session, devices):
    """Every operation on every device; one that fails leaves the others as they are."""
    for device in devices:
        kind = device.label.split(":")[0]
        operations = OPERATIONS + (OF_ACCELERATORS if kind != "cpu" else ())
        if _torch_numbers.has_float8(torch, device):
            operations += (("fp8", _torch_numbers.check_float8),)
        for name, operate in operations:
            with session.check(name, device.label, vital=False) as note:
                note.about = device.uuid
                operate(torch, device, note)
