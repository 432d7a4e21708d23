"""PyTorch: convolution, gradient and attention, against what they are by definition."""

import contextlib
import math

from .. import _arithmetic, _convolution, _exact, _gradient
from .._verdicts import Failure
from ..torch import list_precisions
from .devices import check_place

# Relative error that the gradient of a small network may have in float32.
GRADIENT_ERROR = 2e-3
ATTENTION = (2, 4, 64, 32)
# What PyTorch says where a kernel that was insisted on is not one for the device.
UNSUPPORTED = ("No available kernel", "No viable backend", "No execution plans")
KERNELS = ("MATH", "FLASH_ATTENTION", "EFFICIENT_ATTENTION", "CUDNN_ATTENTION")


def check_convolution(torch, device, note):
    """Whole numbers exactly; normal ones name the arithmetic, which is not that of matrix products."""
    names = ["float32"] + (["float16"] if device.label != "cpu" else [])
    images, filters, expected = _convolution.make_whole()
    for name in names:
        pixels = convolve(torch, device, torch.tensor(images), torch.tensor(filters), name)
        _exact.compare(pixels.tolist(), expected, f"{name} convolution on {device.label}")
    reading = convolve_normal(torch, device)
    words = _arithmetic.note_readings(note, {"float32": reading})
    note.detail = f"{_convolution.WHOLE} exact in {', '.join(names)}; {words}"


def convolve(torch, device, images, filters, name):
    """A convolution in one format, as a matrix of pixels and filters on the CPU."""
    precision = getattr(torch, name)
    images, filters = (tensor.to(precision).to(device.name) for tensor in (images, filters))
    found = torch.nn.functional.conv2d(images, filters, padding=1)
    check_place(device, found)
    return found.cpu().permute(0, 2, 3, 1).reshape(-1, filters.shape[0])


def convolve_normal(torch, device):
    try:
        images, filters, exact = (torch.from_numpy(array) for array in _convolution.make_normal())
    except (ImportError, RuntimeError, TypeError):
        # Without NumPy: PyTorch's own convolution in float64.
        generator = torch.Generator().manual_seed(_arithmetic.SEED)
        images = torch.randn(4, _convolution.CHANNELS, 32, 32, generator=generator)
        filters = torch.randn(_convolution.FILTERS, _convolution.CHANNELS, 3, 3, generator=generator)
        exact = torch.nn.functional.conv2d(images.double(), filters.double(), padding=1)
        exact = exact.permute(0, 2, 3, 1).reshape(-1, _convolution.FILTERS)
    found = convolve(torch, device, images, filters, "float32").double()
    return _arithmetic.judge(found, exact, "float32", f"float32 convolution on {device.label}")


def check_gradient(torch, device, note):
    """A step in whole numbers exactly, and the derivatives of a smooth function."""
    left, right, signs, expected = _gradient.make_case()
    table, signs = (torch.tensor(rows, dtype=torch.float32, device=device.name) for rows in (left, signs))
    weights = torch.tensor(right, dtype=torch.float32, device=device.name, requires_grad=True)
    (torch.relu(table @ weights) * signs).sum().backward()
    stepped = weights.detach() - weights.grad
    check_place(device, stepped)
    _exact.compare(stepped.cpu().tolist(), expected, f"{_gradient.WHAT} on {device.label}")
    note.detail = f"{_gradient.WHAT} is exact; {check_smooth(torch, device, note)}"


def check_smooth(torch, device, note):
    """Derivatives against differences in float64; where a device has none, against the CPU."""
    generator = torch.Generator().manual_seed(_arithmetic.SEED)
    factors = [torch.randn(3, 4, generator=generator), torch.randn(4, 2, generator=generator)]
    if "float64" in list_precisions(torch, device):
        doubles = [factor.double().to(device.name).requires_grad_() for factor in factors]
        torch.autograd.gradcheck(lambda x, w: torch.nn.functional.gelu(x @ w).sum(), doubles)
        return "derivatives of gelu agree with differences in float64"
    found, exact = (find_slope(torch, factors, place) for place in (device.name, "cpu"))
    error = float((found - exact).norm() / exact.norm())
    note.measured["norm_gradient"] = error
    if not error < GRADIENT_ERROR:
        raise Failure("wrong-number", f"the derivative of gelu differs from the CPU's by {error:.1e}")
    return f"derivatives of gelu agree with the CPU's to {error:.1e}"


def find_slope(torch, factors, place):
    first, second = (factor.detach().to(place).requires_grad_() for factor in factors)
    torch.nn.functional.gelu(first @ second).sum().backward()
    return first.grad.cpu().double()


def check_attention(torch, device, note):
    """Scaled dot-product attention by every kernel that the device has, against its definition."""
    generator = torch.Generator().manual_seed(_arithmetic.SEED)
    inputs = [torch.randn(*ATTENTION, generator=generator) for _ in range(3)]
    exact = attend(*(tensor.double() for tensor in inputs))
    names = ["float32"] + (["bfloat16"] if "bfloat16" in list_precisions(torch, device) else ["float16"])
    readings = {name: run_attention(torch, device, name, inputs, exact) for name in names}
    note.detail = _arithmetic.note_readings(note, readings)
    if device.label != "cpu":
        ran = list_kernels(lambda chosen: runs(lambda: run_attention(torch, device, names[-1], inputs, exact, chosen)))
        note.detail += f"; kernels in {names[-1]}: {', '.join(kernel.lower() for kernel in ran)}"


def attend(queries, keys, values):
    """What attention is by definition."""
    weights = (queries @ keys.transpose(-1, -2) / math.sqrt(queries.shape[-1])).exp()
    return weights / weights.sum(-1, keepdim=True) @ values


def run_attention(torch, device, name, inputs, exact, kernel=None):
    """The reading of attention in one format, by a kernel or by the one that PyTorch chooses."""
    tensors = [tensor.to(getattr(torch, name)).to(device.name) for tensor in inputs]
    with contextlib.nullcontext() if kernel is None else torch.nn.attention.sdpa_kernel(kernel):
        found = torch.nn.functional.scaled_dot_product_attention(*tensors)
    check_place(device, found)
    what = f"attention in {name} on {device.label}" + (f" by {kernel}" if kernel is not None else "")
    return _arithmetic.judge(found.cpu().double(), exact, name, what)


def list_kernels(has):
    """The names of the kernels for which ``has`` says that they ran; none with an older PyTorch."""
    try:
        from torch.nn.attention import SDPBackend
    except ImportError:
        return []
    known = [(name, getattr(SDPBackend, name)) for name in KERNELS if hasattr(SDPBackend, name)]
    return [name for name, kernel in known if has(kernel)]


def runs(operate):
    """Whether a kernel is one for this device; what else it raises goes on."""
    try:
        operate()
    except RuntimeError as error:
        if any(words in str(error) for words in UNSUPPORTED):
            return False
        raise
    return True
