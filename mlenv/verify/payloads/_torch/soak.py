"""Devices kept under load: every result must be the first one again, and the rate must hold."""

import concurrent.futures
import os
import time

from .._verdicts import Failure
from .card import count_unequal, current, kind_of, label_card, wait
from .rates import check_product, choose_dtype, choose_side, make_factors

SECONDS = 20.0  # where nothing else is asked for, on GPUs
BATCH = 0.25  # seconds between two looks at the clock, about
SLOWER = 0.85  # of the first rate: a card warms up and loses some of it, a throttled one loses more
# Sums in another order differ by a step of the format at most; a broken bit by anything.
ROUNDING = 2**-6
STRICT = ("cuda", "cpu")  # whose libraries add in the same order each time, as they are told to
ROWS, TERMS, CPU_ROWS = 4096, 64, 256


def check(torch, session, devices):
    """The check ``soak`` of each device; all are under load at the same time, as in earnest."""
    chosen = [device for device in devices if seconds_for(session, device) > 0]
    if not chosen:
        return
    session.state("soak")
    # Else cuBLAS may add in another order with each call.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    strict = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        with concurrent.futures.ThreadPoolExecutor(len(chosen)) as pool:
            loads = [(device, pool.submit(load, torch, device, seconds_for(session, device))) for device in chosen]
            for device, outcome in loads:
                with session.check("soak", device.label, vital=False) as note:
                    judge(torch, device, outcome.result(), note)
    finally:
        torch.use_deterministic_algorithms(strict)


def seconds_for(session, device):
    """How long a device is kept under load; the CPU only where it is asked for."""
    return session.soak_seconds or (0.0 if kind_of(device) == "cpu" else SECONDS)


class Outcome:
    """What a load came to: products, TFLOP/s of each batch, and what was not as the first time."""

    def __init__(self, dtype, side):
        self.dtype, self.side = dtype, side
        self.rates = []
        self.products = 0
        self.seconds = 0.0
        self.inexact = 0
        self.changed = 0
        self.farthest = 0.0


def load(torch, device, seconds):
    """Keep one device under load for some seconds."""
    with current(torch, device):
        name, side = choose_dtype(torch, device), choose_side(torch, device)
        outcome = Outcome(name, side)
        left, right = make_factors(torch, device, name, side)
        first = left @ right
        check_product(torch, left, right, first, f"{name} {side}x{side} on {device.label}")
        exact = make_exact(torch, device, name)
        again = torch.empty_like(first)
        batch = size_batch(torch, device, left, right, again)
        began = time.perf_counter()
        while outcome.seconds < seconds or not outcome.rates:
            run_batch(torch, device, outcome, batch, (left, right, first, again))
            repeat_exact(torch, outcome, exact)
            outcome.seconds = time.perf_counter() - began
        return outcome


def make_exact(torch, device, name):
    """Factors of whole numbers, and their product from the CPU's single precision, where it is exact too."""
    rows = CPU_ROWS if kind_of(device) == "cpu" else ROWS
    left = torch.randint(-1, 2, (rows, TERMS)).to(torch.float32)
    right = torch.randint(-1, 2, (TERMS, rows)).to(torch.float32)
    dtype = getattr(torch, name)
    return [part.to(dtype).to(device.name) for part in (left, right, left @ right)]


def size_batch(torch, device, left, right, again):
    """How many products fill a batch."""
    torch.matmul(left, right, out=again)
    wait(torch, device)
    began = time.perf_counter()
    for _ in range(2):
        torch.matmul(left, right, out=again)
    wait(torch, device)
    each = (time.perf_counter() - began) / 2
    return max(1, min(1000, int(BATCH / max(each, 1e-6))))


def run_batch(torch, device, outcome, batch, matrices):
    """A batch of products, each compared bit for bit on the device; the host asks at the end of all."""
    left, right, first, again = matrices
    changed = torch.zeros((), dtype=torch.int64, device=device.name)
    farthest = torch.zeros((), dtype=torch.float32, device=device.name)
    wait(torch, device)
    began = time.perf_counter()
    for _ in range(batch):
        torch.matmul(left, right, out=again)
        changed += (again.view(torch.int16) != first.view(torch.int16)).any()
        if kind_of(device) not in STRICT:
            farthest = torch.maximum(farthest, (again - first).abs().max().float())
    wait(torch, device)
    outcome.rates.append(2 * outcome.side**3 * batch / (time.perf_counter() - began) / 1e12)
    outcome.products += batch
    outcome.changed += int(changed.item())
    distance = float(farthest) / float(first.abs().max())
    outcome.farthest = max(outcome.farthest, distance if distance == distance else float("inf"))


def repeat_exact(torch, outcome, exact):
    left, right, expected = exact
    if count_unequal(torch, left @ right, expected):
        outcome.inexact += 1


def judge(torch, device, outcome, note):
    few = max(1, len(outcome.rates) // 10)
    begin, end = (sorted(part)[len(part) // 2] for part in (outcome.rates[:few], outcome.rates[-few:]))
    note.measured = {
        "iterations": outcome.products,
        "begin_tflops": begin,
        "end_tflops": end,
        "soak_seconds": outcome.seconds,
        "wrong_results": outcome.inexact + outcome.changed,
    }
    label_card(torch, device, note)
    rates = f"{begin:.3g} TFLOP/s at the beginning, {end:.3g} at the end"
    note.detail = f"{outcome.products} products in {outcome.seconds:.0f} s, all alike; {rates}"
    note_changes(device, outcome, note)
    if kind_of(device) != "cpu" and end < SLOWER * begin and note.status == "pass":
        note.status, note.reason = "warn", "slowed-down"
        note.detail = f"under load it became slower: {rates}"


def note_changes(device, outcome, note):
    """:class:`Failure` for wrong results; a warning where AMD's and Intel's libraries may just add in another order."""
    if outcome.inexact:
        text = f"{outcome.inexact} products of whole numbers were wrong under load on {device.label}"
        raise Failure("unstable", text)
    if not outcome.changed:
        return
    text = f"{outcome.changed} of {outcome.products} equal products came out differently on {device.label}"
    if kind_of(device) in STRICT or outcome.farthest > ROUNDING:
        raise Failure("unstable", text)
    note.status, note.reason = "warn", "not-reproducible"
    note.detail = f"{text}, within rounding: its library may add in another order"
