"""torchaudio: a recursive filter of whole numbers, which is a running sum."""

import itertools

from ._torch_devices import check_place, find_devices
from ._verdicts import Failure

SAMPLES = [float(i % 7 - 3) for i in range(64)]


def check(session):
    torchaudio = session.import_modules("torchaudio")
    import torch

    with session.check("device") as note:
        devices = find_devices(torch, session, note)
    expected = list(itertools.accumulate(SAMPLES))
    for device in devices:
        with session.check("compute", device.label) as note:
            wave, feedback, gain = (
                torch.tensor(numbers, device=device.name) for numbers in ([SAMPLES], [1.0, -1.0], [1.0, 0.0])
            )
            total = torchaudio.functional.lfilter(wave, feedback, gain, clamp=False)
            check_place(device, total)
            if total.cpu().tolist() != [expected]:
                raise Failure("wrong-number", "lfilter's running sum of whole numbers is wrong")
            note.detail = "lfilter's running sum is exact"
