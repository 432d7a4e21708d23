"""bitsandbytes: its native library, then 4-bit, 8-bit and a product of whole numbers in 8 bits."""

from . import _exact
from ._torch.devices import check_place
from ._torch.family import begin, compare_list, compare_norm, prove_each
from ._verdicts import Failure, Skipped
from ._words import tidy

ROWS, TERMS, COLUMNS = 16, 64, 32
# Numbers of a block in some 250 uneven steps of its largest.
ERROR = 0.02


def check(session):
    _, torch, devices = begin(session, "bitsandbytes", "bitsandbytes.functional")
    with session.check("library", vital=False) as note:
        note.detail = prove_library(torch, devices)
    prove_each(session, devices, "compute", lambda device, note: prove_formats(torch, device, note))


def prove_library(torch, devices):
    """Which native library was loaded; :class:`Failure` where it has nothing for the device at hand."""
    from bitsandbytes import cextension

    kind = devices[0].label.split(":")[0]
    if kind == "mps":
        raise Skipped("on a Mac's GPU bitsandbytes uses PyTorch's own operations")
    # Any name that is asked of it is there: it makes functions that fail when they are called.
    native = vars(cextension.lib) if cextension.lib is not None else {}
    if "_lib" not in native:
        told = native.get("formatted_error") or native.get("error_msg") or "it does not say why"
        raise Failure("missing-library", tidy(f"the native library was not loaded: {told}")[:600])
    name = str(native["_lib"]._name).replace("\\", "/").rpartition("/")[2]  # noqa: SLF001
    if kind in ("cuda", "rocm") and not cextension.lib.compiled_with_cuda:
        version = torch.version.cuda or torch.version.hip
        text = f"{name} was loaded, which has no code for a GPU, beside a PyTorch for {kind.upper()} {version}"
        raise Failure("binary-mismatch", text)
    return f"{name} was loaded"


def prove_formats(torch, device, note):
    from bitsandbytes import functional

    numbers = torch.tensor(take_numbers(ROWS, TERMS), dtype=torch.float32, device=device.name)
    packed, state = functional.quantize_4bit(numbers, quant_type="nf4")
    check_place(device, packed)
    back = functional.dequantize_4bit(packed, state)
    compare_list(back.cpu().tolist(), numbers.cpu().tolist(), "-1, 0 and 1 in NF4 and back")
    error = prove_blocks(torch, device, functional, note)
    proved = f"-1, 0 and 1 in NF4 are exact, 8-bit blocks within {error:.1e}"
    if not multiplies(torch, device):
        return f"{proved}; products of 8 bits need a GPU of compute capability 7.5"
    prove_product(torch, device, functional)
    return f"{proved}, a product of whole numbers in 8 bits is exact"


def take_numbers(rows, columns):
    """-1, 0 and 1, each row with a 1."""
    table = _exact.take(_exact.generate(), rows, columns)
    return [[1, *row[1:]] for row in table]


def prove_blocks(torch, device, functional, note):
    numbers = torch.randn(64, 64, generator=torch.Generator().manual_seed(0))
    packed, state = functional.quantize_blockwise(numbers.to(device.name))
    check_place(device, packed)
    if packed.element_size() != 1:
        raise Failure("wrong-number", f"8-bit blocks hold numbers of {8 * packed.element_size()} bits")
    back = functional.dequantize_blockwise(packed, state)
    return compare_norm(back, numbers, ERROR, "numbers in 8-bit blocks", note)


def multiplies(torch, device):
    """Whether the device has products of 8 bits."""
    return not device.label.startswith("cuda") or torch.cuda.get_device_capability(device.name) >= (7, 5)


def prove_product(torch, device, functional):
    """Rows whose largest number is 1 are stored without rounding, so their product is exact."""
    left, right = take_numbers(ROWS, TERMS), take_numbers(COLUMNS, TERMS)
    first, second = (torch.tensor(part, dtype=torch.float16, device=device.name) for part in (left, right))
    first, scale, _ = functional.int8_vectorwise_quant(first)
    second, other, _ = functional.int8_vectorwise_quant(second)
    product = functional.int8_mm_dequant(functional.int8_linear_matmul(first, second), scale, other)
    check_place(device, product)
    expected = _exact.multiply(left, [list(column) for column in zip(*right)])
    # The sums are exact; their scale, 1/127 squared, is not.
    found = [[round(number, 1) for number in row] for row in product.float().cpu().tolist()]
    _exact.compare(found, expected, f"a product in 8 bits on {device.label}")
