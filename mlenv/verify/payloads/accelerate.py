"""Accelerate: a model that it prepares learns one exact step, where PyTorch's device says."""

import contextlib

from ._torch import line
from ._torch.devices import check_place
from ._torch.family import begin, prove_each


def check(session):
    accelerate, torch, devices = begin(session, "accelerate")
    prove_each(session, devices, "compute", lambda device, _: prove_step(accelerate, torch, device))
    if session.reaches("standard"):
        prove_each(session, devices, "train", lambda device, _: prove_training(accelerate, torch, device))


@contextlib.contextmanager
def accelerated(accelerate, torch, device):
    """An accelerator of one process for one device; what it keeps for the whole process is cleared."""
    module = getattr(torch, device.name.split(":")[0], None)
    choose = getattr(module, "device", None) if device.label != "cpu" else None
    with choose(device.name) if choose else contextlib.nullcontext():
        try:
            yield accelerate.Accelerator(cpu=device.label == "cpu")
        finally:
            accelerate.state.AcceleratorState._reset_state(True)  # noqa: SLF001
            accelerate.state.GradientState._reset_state()  # noqa: SLF001


def prove_step(accelerate, torch, device):
    with accelerated(accelerate, torch, device) as accelerator:
        model = accelerator.prepare(line.make_line(torch))
        inputs, targets = (part.to(accelerator.device) for part in line.make_batch(torch))
        loss = line.find_loss(model(inputs), targets)
        accelerator.backward(loss)
        line.step_by_hand(torch, model.weight)
        line.check_line(device, model.weight, [loss], "one step")
    return "a prepared model learns one exact step"


def prove_training(accelerate, torch, device):
    """Two steps with model, optimizer and data all prepared."""
    data = torch.utils.data.TensorDataset(*line.make_batch(torch))
    losses = []
    with accelerated(accelerate, torch, device) as accelerator:
        model = line.make_line(torch)
        parts = (
            model,
            torch.optim.SGD(model.parameters(), lr=line.RATE),
            torch.utils.data.DataLoader(data, batch_size=2),
        )
        model, optimizer, loader = accelerator.prepare(*parts)
        for _ in range(2):
            for inputs, targets in loader:
                check_place(device, inputs)
                optimizer.zero_grad()
                losses.append(line.find_loss(model(inputs), targets))
                accelerator.backward(losses[-1])
                optimizer.step()
        line.check_line(device, accelerator.unwrap_model(model).weight, losses, "two steps")
    return "two steps with prepared model, optimizer and data are exact"
