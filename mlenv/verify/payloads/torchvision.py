"""torchvision: its compiled operators for boxes, a resized ramp, a picture there and back."""

from ._torch.devices import check_place
from ._torch.family import begin, compare_list, prove_each

# The second box covers nine tenths of the first; the third stands apart.
BOXES = [[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 9.0], [20.0, 20.0, 30.0, 30.0]]
SCORES = [0.5, 0.75, 0.25]
KEPT = [1, 2]
# A ramp of 0 to 7: the mean of a cell two wide is the number at its middle.
RAMP = [[[[float(x) for x in range(8)] for _ in range(8)]]]
CELLS = [[[[1.0, 3.0], [1.0, 3.0]]]]
HALVED = [[[[0.5, 2.5, 4.5, 6.5]] * 4]]


def check(session):
    torchvision, torch, devices = begin(session, "torchvision")
    prove_each(session, devices, "compute", lambda device, _: prove_operators(torchvision, torch, device))
    if session.reaches("standard"):
        with session.check("image", "cpu", vital=False) as note:
            note.detail = prove_picture(torch)


def prove_operators(torchvision, torch, device):
    boxes, scores = (torch.tensor(numbers, device=device.name) for numbers in (BOXES, SCORES))
    kept = torchvision.ops.nms(boxes, scores, 0.5)
    check_place(device, kept)
    compare_list(kept.cpu().tolist(), KEPT, "nms over three boxes")
    ramp = torch.tensor(RAMP, device=device.name)
    region = torch.tensor([[0.0, 0.0, 0.0, 4.0, 4.0]], device=device.name)
    cells = torchvision.ops.roi_align(ramp, region, output_size=2, sampling_ratio=2)
    check_place(device, cells)
    compare_list(cells.cpu().tolist(), CELLS, "roi_align of a ramp")
    halved = torchvision.transforms.functional.resize(ramp, [4, 4], antialias=False)
    check_place(device, halved)
    compare_list(halved.cpu().tolist(), HALVED, "a ramp at half its size")
    return "nms keeps the right boxes; roi_align and resize of a ramp are exact"


def prove_picture(torch):
    """PNG loses nothing, so a picture comes back as it was."""
    from torchvision.io import decode_png, encode_png

    picture = (torch.arange(3 * 16 * 16) % 256).to(torch.uint8).reshape(3, 16, 16)
    compare_list(decode_png(encode_png(picture)).tolist(), picture.tolist(), "a PNG there and back")
    return "a PNG of 16x16 comes back as it was"
