"""Lightning under either of its names: a trainer makes two exact steps on each device."""

import importlib
import os

from . import line as line
from .devices import Device, check_place
from .family import begin, prove_each

HOME = Device("cpu", "cpu")


def check_trainer(session, *names):
    """``names`` are the modules to import; the last one has Trainer and LightningModule."""
    _, torch, devices = begin(session, *names)
    lightning = importlib.import_module(names[-1])
    prove_each(session, devices, "compute", lambda device, _: prove_training(lightning, torch, device))


def prove_training(lightning, torch, device):
    trainer = make_trainer(lightning, device)
    model = make_module(lightning, torch)
    data = torch.utils.data.TensorDataset(*line.make_batch(torch))
    trainer.fit(model, train_dataloaders=torch.utils.data.DataLoader(data, batch_size=2))
    # When it is done, the trainer moves the model back to the CPU.
    check_place(device, model.losses[0])
    line.check_losses(model.losses, "a trainer")
    line.check_weight(HOME, model.line.weight, 2, "two steps of a trainer")
    return f"a trainer makes two exact steps: the loss falls from {line.LOSSES[0]:g} to {line.LOSSES[1]:g}"


def make_trainer(lightning, device):
    """A trainer that writes nothing: no log, no checkpoint, no progress bar."""
    kind = device.label.split(":")[0]
    accelerator = {"cuda": "gpu", "rocm": "gpu"}.get(kind, kind)
    devices = [int(device.name.split(":")[1])] if accelerator == "gpu" else 1
    return lightning.Trainer(
        accelerator=accelerator,
        devices=devices,
        max_steps=2,
        max_epochs=2,
        barebones=True,
        default_root_dir=os.getcwd(),
    )


def make_module(lightning, torch):
    class Line(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.line = line.make_line(torch)
            self.losses = []

        def training_step(self, batch, _):
            inputs, targets = batch
            loss = line.find_loss(self.line(inputs), targets)
            self.losses.append(loss.detach())
            return loss

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=line.RATE)

    return Line()
