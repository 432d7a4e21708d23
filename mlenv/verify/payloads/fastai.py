"""fastai: a learner makes one exact step on each device."""

from ._torch import line
from ._torch.family import begin, prove_each


def check(session):
    _, torch, devices = begin(session, "fastai", "fastai.basics")
    prove_each(session, devices, "compute", lambda device, _: prove_step(torch, device))


def prove_step(torch, device):
    from fastai import basics

    place = torch.device(device.name)
    basics.defaults.use_cuda = device.label != "cpu"
    pairs = list(zip(*line.make_batch(torch)))
    loader = basics.DataLoader(pairs, bs=2, num_workers=0, device=place)
    losses = []
    learner = basics.Learner(
        basics.DataLoaders(loader, loader, device=place),
        line.make_line(torch),
        loss_func=lambda found, targets: keep(losses, line.find_loss(found, targets)),
        opt_func=basics.SGD,
        lr=line.RATE,
        train_bn=False,
    )
    with learner.no_logging():
        learner.fit(1, wd=0.0)
    # The second loss is of the validation, after the step.
    line.check_losses(losses, "a learner")
    line.check_weight(device, learner.model.weight, 1, "one step of a learner")
    return f"a learner makes one exact step: the loss falls from {line.LOSSES[0]:g} to {line.LOSSES[1]:g}"


def keep(losses, loss):
    losses.append(loss.detach())
    return loss
