"""PyTorch: a product of whole numbers on each device, in each format that the device has."""

from . import _arithmetic, _exact, _lazy
from ._common import is_there
from ._torch.devices import check_place, find_devices, prove_place


def check(session):
    torch = session.import_modules("torch")
    with session.check("device") as note:
        devices = find_devices(torch, session, note)
    proved = [device for device in devices if check_compute(torch, session, device)]
    if is_there("numpy"):
        with session.check("numpy", "cpu", vital=False) as note:
            exchange(torch, _exact.make_matrices()[0])
            note.detail = "arrays go to NumPy and back"
    if session.reaches("standard"):
        _lazy.load("_torch.standard").check(torch, session, proved)
    if session.reaches("deep"):
        _lazy.load("_torch.deep").check(torch, session, proved)


def check_compute(torch, session, device):
    """The check ``compute`` of one device; whether it passed."""
    with session.check("compute", device.label, vital=False) as note:
        note.about = device.uuid
        prove_place(torch, device)
        prove(torch, device, note)
    return note.status == "pass"


def prove(torch, device, note):
    """A device multiplies whole numbers exactly, and normal ones name its arithmetic."""
    left, right = _exact.make_matrices()
    expected = _exact.multiply(left, right)
    names = list_precisions(torch, device)
    for name in names:
        multiply(torch, device, name, left, right, expected)
    reading = multiply_normal(torch, device, "float32", make_case(torch, _arithmetic.QUICK))
    words = _arithmetic.note_readings(note, {"float32": reading})
    note.detail = f"{_exact.SHAPE} exact in {', '.join(names)}; {words}"


def list_precisions(torch, device):
    """The number formats whose products the device is known to have."""
    kind = device.label.split(":")[0]
    if kind == "cuda":
        modern = torch.cuda.get_device_capability(device.name)[0] >= 8
        return ["float32", "float64", "float16"] + (["bfloat16"] if modern else [])
    if kind == "cpu":
        return ["float32", "float64"] + (["float16"] if has_half(torch) else []) + ["bfloat16", "int64"]
    table = {
        "rocm": ["float32", "float64", "float16", "bfloat16"],
        "xpu": ["float32", "float16", "bfloat16"],
        "mps": ["float32", "float16"],
    }
    return table[kind]


def has_half(torch):
    """Whether this build multiplies in float16 on the CPU: older ones refuse."""
    one = torch.tensor([[1.0]], dtype=torch.float16)
    try:
        one @ one
    except RuntimeError:
        return False
    return True


def multiply(torch, device, name, left, right, expected):
    precision = getattr(torch, name)
    first = torch.tensor(left, dtype=precision, device=device.name)
    second = torch.tensor(right, dtype=precision, device=device.name)
    product = first @ second
    check_place(device, product)
    _exact.compare(product.cpu().tolist(), expected, f"{name} on {device.label}")


def make_case(torch, shape):
    """Two factors of normal numbers in float32 on the CPU, and their product in float64."""
    generator = torch.Generator().manual_seed(_arithmetic.SEED)
    rows, terms, columns = shape
    left = torch.randn(rows, terms, generator=generator)
    right = torch.randn(terms, columns, generator=generator)
    return left, right, find_reference(torch, left, right)


def find_reference(torch, left, right):
    """The product in float64, by NumPy; by PyTorch on the CPU where it does not know NumPy."""
    left, right = left.double(), right.double()
    try:
        return torch.from_numpy(left.numpy() @ right.numpy())
    except (RuntimeError, TypeError):
        return left @ right


def multiply_normal(torch, device, name, case):
    """The reading of a product of normal numbers in one format."""
    left, right, exact = case
    precision = getattr(torch, name)
    product = left.to(device.name).to(precision) @ right.to(device.name).to(precision)
    check_place(device, product)
    return _arithmetic.judge(product.cpu().double(), exact, name, f"{name} on {device.label}")


def exchange(torch, numbers):
    """A PyTorch that was built for another NumPy imports well and fails here."""
    import numpy as np

    array = torch.tensor(numbers).numpy()
    back = torch.from_numpy(np.array(numbers))
    _exact.compare(array.tolist(), numbers, "PyTorch to NumPy")
    _exact.compare(back.tolist(), numbers, "NumPy to PyTorch")
