"""torchvision: its compiled operator for overlapping boxes, on each device of PyTorch."""

from ._torch_devices import check_place, find_devices
from ._verdicts import Failure

# The second box covers nine tenths of the first; the third stands apart.
BOXES = [[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 9.0], [20.0, 20.0, 30.0, 30.0]]
SCORES = [0.5, 0.75, 0.25]
KEPT = [1, 2]


def check(session):
    torchvision = session.import_modules("torchvision")
    import torch

    with session.check("device") as note:
        devices = find_devices(torch, session, note)
    for device in devices:
        with session.check("compute", device.label) as note:
            boxes, scores = (torch.tensor(numbers, device=device.name) for numbers in (BOXES, SCORES))
            kept = torchvision.ops.nms(boxes, scores, 0.5)
            check_place(device, kept)
            if kept.cpu().tolist() != KEPT:
                raise Failure("wrong-number", f"nms kept the boxes {kept.cpu().tolist()} and must keep {KEPT}")
            note.detail = "nms keeps the right boxes"
