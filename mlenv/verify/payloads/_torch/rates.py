"""How fast a device computes and moves data; what it computed and moved is compared too."""

import math

from .._verdicts import Failure, Skipped
from .card import (
    count_unequal,
    current,
    find_properties,
    free_bytes,
    kind_of,
    label_card,
    shares_memory,
    time_runs,
)
from .devices import check_place

MIB = 2**20
SIDES = (8192, 4096, 2048, 1024)
CPU_SIDE = 512
COPIED, CPU_COPIED = 1024 * MIB, 64 * MIB
SENT = 256 * MIB
# Relative norm of the error: bfloat16 has 3e-3 and float16 4e-4 of normal inputs at any size.
TOLERANCE = 0.02
SAMPLE = 8


def check(torch, session, device):
    """The checks ``matmul-rate``, ``memory-rate`` and, of a card with a link, ``transfer-rate``."""
    with session.check("matmul-rate", device.label, vital=False) as note, current(torch, device):
        measure_product(torch, device, note)
    with session.check("memory-rate", device.label, vital=False) as note, current(torch, device):
        measure_memory(torch, device, note)
    if kind_of(device) != "cpu":
        with session.check("transfer-rate", device.label, vital=False) as note, current(torch, device):
            measure_transfers(torch, device, note)


# ---------------------------------------------------------------- the product


def measure_product(torch, device, note):
    name, side = choose_dtype(torch, device), choose_side(torch, device)
    left, right = make_factors(torch, device, name, side)
    product = left @ right
    check_place(device, product)
    error = check_product(torch, left, right, product, f"{name} {side}x{side} on {device.label}")
    seconds = time_runs(torch, device, lambda: torch.matmul(left, right, out=product), warm_ups=5, runs=20)
    rate = 2 * side**3 / seconds / 1e12
    note.measured = {"bf16_tflops": rate, "dtype": name, "n": side, "norm": error}
    label_card(torch, device, note)
    note.detail = f"{rate:.3g} TFLOP/s in {name}, {side}x{side}"


def choose_dtype(torch, device):
    """bfloat16, or float16 where the device has no units for it."""
    kind = kind_of(device)
    old = kind == "cuda" and torch.cuda.get_device_capability(device.name)[0] < 8
    return "float16" if old or kind == "mps" else "bfloat16"


def choose_side(torch, device):
    """The largest square matrices of which three take a quarter of the free memory at most."""
    if kind_of(device) == "cpu":
        return CPU_SIDE
    free = free_bytes(torch, device)
    if free is None:
        return SIDES[1]
    fitting = [side for side in SIDES if 3 * 2 * side**2 <= free / 4]
    if not fitting:
        raise Skipped(f"only {free / MIB:.0f} MiB of its memory are free")
    return fitting[0]


def make_factors(torch, device, name, side):
    """Two matrices of normal numbers: constants would make the device faster and cooler than work does."""
    torch.manual_seed(20240229)
    dtype = getattr(torch, name)
    return [torch.randn(side, side, dtype=dtype, device=device.name) for _ in range(2)]


def check_product(torch, left, right, product, what):
    """The relative error of a corner of the product, against double precision on the CPU."""
    rows = left[:SAMPLE].cpu().double()
    columns = right[:, :SAMPLE].cpu().double()
    expected = rows @ columns
    difference = product[:SAMPLE, :SAMPLE].cpu().double() - expected
    error = float(difference.norm()) / float(expected.norm())
    if not error < TOLERANCE or not bool(torch.isfinite(product).all()):
        words = (
            f"differs by {error:.2g} from the right one" if math.isfinite(error) else "holds values that are no number"
        )
        raise Failure("wrong-number", f"{what}: the product {words}")
    return error


# ---------------------------------------------------------------- memory


def measure_memory(torch, device, note):
    """The rate of a copy within the device's memory: each byte is read and written."""
    size = choose_copy(torch, device)
    source = count_up(torch, size, device.name)
    target = torch.empty_like(source)
    seconds = time_runs(torch, device, lambda: target.copy_(source), warm_ups=10, runs=20)
    check_place(device, target)
    if count_unequal(torch, target, source):
        raise Failure("wrong-number", f"a copy of {size // MIB} MiB on {device.label} is not equal to what was copied")
    rate = 2 * size / seconds / 1e9
    note.measured = {"memory_gb_per_s": rate, "copied_mib": size // MIB}
    label_card(torch, device, note)
    note.detail = f"{rate:.4g} GB/s, {size // MIB} MiB copied"


def choose_copy(torch, device):
    """Bytes to copy, in whole MiB: four times the cache at least, a quarter of the free memory at most."""
    if kind_of(device) == "cpu":
        return CPU_COPIED
    free = free_bytes(torch, device)
    size = COPIED if free is None else min(COPIED, free // 4)
    cache = int(getattr(find_properties(torch, device), "L2_cache_size", 0))
    if size < MIB or size < 4 * cache:
        raise Skipped(f"too little of its memory is free to copy more than its cache of {cache // MIB} MiB holds")
    return size // MIB * MIB


def count_up(torch, size, place, **options):
    """As many bytes of whole numbers, no two alike."""
    return torch.arange(size // 4, dtype=torch.int32, device=place, **options)


# ---------------------------------------------------------------- to the card and back


def measure_transfers(torch, device, note):
    """The rate of copies between page-locked memory of the host and the device."""
    if shares_memory(torch, device):
        raise Skipped("it works in the main memory of the computer: there is no link to measure")
    free = free_bytes(torch, device)
    size = SENT if free is None else min(SENT, free // 4) // MIB * MIB
    if not size:
        raise Skipped("too little of its memory is free")
    source = count_up(torch, size, "cpu").pin_memory()
    back = torch.empty_like(source).pin_memory()
    target = torch.empty_like(source, device=device.name)
    there = time_runs(torch, device, lambda: target.copy_(source, non_blocking=True), warm_ups=3, runs=10)
    home = time_runs(torch, device, lambda: back.copy_(target, non_blocking=True), warm_ups=3, runs=10)
    check_place(device, target)
    if count_unequal(torch, back, source):
        raise Failure("wrong-number", f"{size // MIB} MiB that were sent to {device.label} came back changed")
    rates = size / there / 1e9, size / home / 1e9
    note.measured = {"host_to_device_gb_per_s": rates[0], "device_to_host_gb_per_s": rates[1], "sent_mib": size // MIB}
    label_card(torch, device, note)
    note.detail = f"{rates[0]:.3g} GB/s to the device, {rates[1]:.3g} GB/s back"
