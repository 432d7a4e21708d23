"""PyTorch: a tiny training, mixed precision, and the way to a device and back."""

import math

from .. import _arithmetic
from .._verdicts import Failure, Skipped
from ..torch import make_case
from .devices import check_place

STEPS = 20
TRANSFER_BYTES = 64 * 2**20


def check_training(torch, device, note):
    """Twenty steps of Adam at least halve the loss of a network that learns a sum."""
    torch.manual_seed(0)
    table = torch.randn(64, 8)
    wanted = table.sum(1, keepdim=True).to(device.name)
    layers = (torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1))
    model = torch.nn.Sequential(*layers).to(device.name)
    losses = train(torch, model, table.to(device.name), wanted)
    for parameter in model.parameters():
        check_place(device, parameter)
    judge_losses(losses, note)


def judge_losses(losses, note):
    note.measured.update(first_loss=losses[0], last_loss=losses[-1])
    if not all(math.isfinite(loss) for loss in losses):
        raise Failure("not-a-number", f"the loss of a tiny training becomes {losses[-1]!r}")
    if not losses[-1] < losses[0] / 2:
        raise Failure("does-not-learn", f"the loss goes from {losses[0]:.3g} to {losses[-1]:.3g} in {STEPS} steps")
    note.detail = f"the loss goes from {losses[0]:.3g} to {losses[-1]:.3g} in {STEPS} steps of Adam"


def train(torch, model, table, wanted):
    """The loss before each step and after the last one."""
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-2)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(table), wanted)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return [*losses, torch.nn.functional.mse_loss(model(table), wanted).item()]


def check_autocast(torch, device, note):
    """A product under autocast is of the smaller format; below capability 8.0 with scaled gradients."""
    kind = device.name.split(":")[0]
    if kind == "mps":
        raise Skipped("autocast is not checked on Apple GPUs")
    old = kind == "cuda" and device.label.startswith("cuda") and capability(torch, device) < (8, 0)
    name = "float16" if old else "bfloat16"
    left, right, exact = make_case(torch, _arithmetic.STANDARD)
    with torch.autocast(kind, dtype=getattr(torch, name)):
        product = left.to(device.name) @ right.to(device.name)
    check_place(device, product)
    if product.dtype != getattr(torch, name):
        raise Failure("wrong-format", f"a product under autocast in {name} is {str(product.dtype).split('.')[-1]}")
    reading = _arithmetic.judge(product.cpu().double(), exact, name, f"autocast on {device.label}")
    note.detail = f"under autocast {_arithmetic.note_readings(note, {name: reading})}"
    if old:
        step_scaled(torch, device)
        note.detail += "; a step with scaled gradients is right"


def capability(torch, device):
    return tuple(torch.cuda.get_device_capability(device.name))


def step_scaled(torch, device):
    """One step of float16 with scaled gradients: the loss is ``sum(weights)``, so each falls by the rate."""
    weights = torch.ones(4, 4, device=device.name, requires_grad=True)
    optimizer = torch.optim.SGD([weights], lr=0.5)
    # PyTorch before 2.3 has it for CUDA alone.
    kind = getattr(torch.amp, "GradScaler", None)
    scaler = kind("cuda", init_scale=1024.0) if kind else torch.cuda.amp.GradScaler(init_scale=1024.0)
    scaler.scale(weights.sum()).backward()
    scaler.step(optimizer)
    scaler.update()
    if weights.tolist() != [[0.5] * 4] * 4:
        raise Failure("wrong-number", f"a step with scaled gradients gives {weights[0, 0].item()!r} and must give 0.5")


def check_transfer(torch, device, note):
    """Random bytes come back from the device as they went, from ordinary and from pinned memory."""
    sent = torch.randint(0, 256, (TRANSFER_BYTES,), dtype=torch.uint8)
    compare_bytes(torch, device, sent, sent.to(device.name).cpu(), "ordinary")
    ways = ["ordinary"]
    if device.name.startswith("cuda"):
        compare_bytes(torch, device, sent, send_pinned(torch, device, sent), "pinned")
        ways.append("pinned")
    note.detail = f"{TRANSFER_BYTES >> 20} MiB of random bytes there and back are equal ({' and '.join(ways)} memory)"


def send_pinned(torch, device, sent):
    try:
        pinned, back = sent.pin_memory(), torch.empty_like(sent).pin_memory()
    except RuntimeError as error:
        text = f"no pinned memory can be had, look at the limit of locked memory (ulimit -l): {error}"
        raise Failure("no-pinned-memory", text) from None
    there = pinned.to(device.name, non_blocking=True)
    check_place(device, there)
    back.copy_(there, non_blocking=True)
    torch.cuda.synchronize(device.name)
    return back


def compare_bytes(torch, device, sent, back, way):
    if not torch.equal(sent, back):
        count = int((sent != back).sum())
        text = f"{count} of {sent.numel()} bytes differ after the way to {device.label} and back"
        raise Failure("wrong-bytes", f"{text} ({way} memory)")
