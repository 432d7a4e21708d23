"""PyTorch: a product of whole numbers on each device, in each precision that the device has."""

from . import _exact
from ._common import is_there
from ._torch_devices import check_place, find_devices


def check(session):
    torch = session.import_modules("torch")
    with session.check("device") as note:
        devices = find_devices(torch, session, note)
    left, right = _exact.make_matrices()
    expected = _exact.multiply(left, right)
    for device in devices:
        with session.check("compute", device.label) as note:
            names = list_precisions(torch, device)
            for name in names:
                multiply(torch, device, name, left, right, expected)
            note.detail = f"{_exact.SHAPE} exact in {', '.join(names)}"
    if is_there("numpy"):
        with session.check("numpy", "cpu") as note:
            exchange(torch, left)
            note.detail = "arrays go to NumPy and back"


def list_precisions(torch, device):
    """The number formats whose products the device is known to have."""
    kind = device.label.split(":")[0]
    if kind == "cuda":
        modern = torch.cuda.get_device_capability(device.name)[0] >= 8
        return ["float32", "float64", "float16"] + (["bfloat16"] if modern else [])
    table = {
        "cpu": ["float32", "float64", "bfloat16"],
        "rocm": ["float32", "float64", "float16", "bfloat16"],
        "xpu": ["float32", "float16", "bfloat16"],
        "mps": ["float32", "float16"],
    }
    return table[kind]


def multiply(torch, device, name, left, right, expected):
    precision = getattr(torch, name)
    first = torch.tensor(left, dtype=precision, device=device.name)
    second = torch.tensor(right, dtype=precision, device=device.name)
    product = first @ second
    check_place(device, product)
    _exact.compare(product.cpu().tolist(), expected, f"{name} on {device.label}")


def exchange(torch, numbers):
    """A PyTorch that was built for another NumPy imports well and fails here."""
    import numpy as np

    array = torch.tensor(numbers).numpy()
    back = torch.from_numpy(np.array(numbers))
    _exact.compare(array.tolist(), numbers, "PyTorch to NumPy")
    _exact.compare(back.tolist(), numbers, "NumPy to PyTorch")
