"""Lightning: a trainer makes two exact steps on each device."""

from ._torch.lightning import check_trainer


def check(session):
    check_trainer(session, "lightning", "lightning.pytorch")
