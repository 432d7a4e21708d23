"""PyTorch: which arithmetic ran, in every number format of a device."""

import contextlib

from .. import _arithmetic, _exact
from .._verdicts import Failure
from ..torch import list_precisions, make_case, multiply_normal
from .devices import check_place

# How often the small exact product is laid side by side, so that every part of a GPU has some of it.
TILES = (32, 21)
LARGE = f"{TILES[0] * _exact.ROWS}x{_exact.TERMS} @ {_exact.TERMS}x{TILES[1] * _exact.COLUMNS}"


def check_precision(torch, device, note):
    """Name the arithmetic of each format; on NVIDIA GPUs that of float32 in either mode too."""
    case = make_case(torch, _arithmetic.STANDARD)
    names = [name for name in list_precisions(torch, device) if name in _arithmetic.OWN]
    if device.label == "cpu" and not knows_numpy(torch):
        names.remove("float64")  # It would be compared with itself.
    note.detail = _arithmetic.note_readings(note, {name: multiply_normal(torch, device, name, case) for name in names})
    if device.label.startswith("cuda"):
        note_modes(torch, device, note, case)


def note_modes(torch, device, note, case):
    """What float32 is where a program asks for IEEE arithmetic, and where it allows TF32."""
    for mode in ("ieee", "tf32"):
        with float32_mode(torch, mode):
            reading = multiply_normal(torch, device, "float32", case)
        note.measured["norm_" + mode] = reading.norm
        note.measured["arithmetic_" + mode] = reading.arithmetic
        note.detail += f"; with {mode} asked for, {_arithmetic.describe('float32', reading)}"
        if mode == "ieee" and reading.arithmetic != "fp32":
            # NVIDIA_TF32_OVERRIDE=1 does this.
            note.status, note.reason = "warn", "low-precision"


@contextlib.contextmanager
def float32_mode(torch, mode):
    """Products in float32 as ``ieee`` or ``tf32``; PyTorch before 2.9 has another switch."""
    switch = torch.backends.cuda.matmul
    name, value = ("fp32_precision", mode) if hasattr(switch, "fp32_precision") else ("allow_tf32", mode == "tf32")
    before = getattr(switch, name)
    setattr(switch, name, value)
    try:
        yield
    finally:
        setattr(switch, name, before)


def knows_numpy(torch):
    try:
        torch.tensor([1.0]).numpy()
    except (RuntimeError, TypeError):
        return False
    return True


def check_large_product(torch, device, note):
    """The exact product many times over: small ones leave most of a GPU idle."""
    left, right = (torch.tensor(numbers, dtype=torch.float32) for numbers in _exact.make_matrices())
    expected = torch.tensor(_exact.multiply(*_exact.make_matrices()), dtype=torch.float32).repeat(*TILES)
    product = left.repeat(TILES[0], 1).to(device.name) @ right.repeat(1, TILES[1]).to(device.name)
    check_place(device, product)
    compare(torch, product.cpu(), expected, f"{LARGE} on {device.label}")
    note.detail = f"{LARGE} exact in float32"


def compare(torch, found, expected, what):
    """:class:`Failure` tells how many elements of a large tensor are wrong, and the first of them."""
    if torch.equal(found, expected):
        return
    wrong = (found != expected).nonzero()
    place = tuple(wrong[0].tolist())
    text = f"element {list(place)} is {found[place].item()!r} and must be {expected[place].item()!r}"
    raise Failure("wrong-number", f"{what}: {text} ({len(wrong)} of {expected.numel()} elements are wrong)")


def has_float8(torch, device):
    """Whether PyTorch and the GPU multiply in float8: NVIDIA's do from compute capability 8.9 on."""
    if not device.label.startswith("cuda") or not hasattr(torch, "float8_e4m3fn") or not hasattr(torch, "_scaled_mm"):
        return False
    return tuple(torch.cuda.get_device_capability(device.name)) >= (8, 9)


def check_float8(torch, device, note):
    """Whole numbers in float8 are exact too, with sums in float32; normal ones name the arithmetic."""
    left, right = _exact.make_matrices()
    tensors = (torch.tensor(numbers, dtype=torch.float32, device=device.name) for numbers in (left, right))
    product = multiply_scaled(torch, device, *tensors)
    _exact.compare(product.cpu().tolist(), _exact.multiply(left, right), f"float8 on {device.label}")
    first, second, exact = make_case(torch, _arithmetic.STANDARD)
    found = multiply_scaled(torch, device, first.to(device.name), second.to(device.name))
    reading = _arithmetic.judge(found.cpu().double(), exact, "float8", f"float8 on {device.label}")
    note.detail = f"{_exact.SHAPE} exact in float8; " + _arithmetic.note_readings(note, {"float8": reading})


def multiply_scaled(torch, device, left, right):
    """A product of factors that are rounded to float8; the second must lie by columns."""
    one = torch.tensor(1.0, device=device.name)
    first = left.to(torch.float8_e4m3fn)
    second = right.t().contiguous().to(torch.float8_e4m3fn).t()
    # The public function came with 2.10 only.
    product = torch._scaled_mm(first, second, scale_a=one, scale_b=one, out_dtype=torch.bfloat16)  # noqa: SLF001
    check_place(device, product)
    return product.float()
