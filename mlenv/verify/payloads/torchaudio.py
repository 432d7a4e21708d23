"""torchaudio: a filter of whole numbers, the spectrum of a known tone, a tone at half its rate."""

import itertools
import math

from ._torch.devices import check_place
from ._torch.family import begin, compare_list, prove_each
from ._verdicts import Failure

SAMPLES = [float(i % 7 - 3) for i in range(64)]
RATE, TONE, WINDOW = 8000, 1000, 256
BIN = TONE * WINDOW // RATE
# A Hann window of 256 sums to 128, half of which is the tone's own: 64 squared.
POWER = 4096.0


def check(session):
    torchaudio, torch, devices = begin(session, "torchaudio")
    prove_each(session, devices, "compute", lambda device, _: prove_filter(torchaudio, torch, device))
    if session.reaches("standard"):
        prove_each(session, devices, "resample", lambda device, _: prove_resample(torchaudio, torch, device))


def make_tone(torch, device, rate, size):
    tone = [math.sin(2 * math.pi * TONE * i / rate) for i in range(size)]
    return torch.tensor(tone, device=device.name)


def prove_filter(torchaudio, torch, device):
    expected = list(itertools.accumulate(SAMPLES))
    wave, feedback, gain = (
        torch.tensor(numbers, device=device.name) for numbers in ([SAMPLES], [1.0, -1.0], [1.0, 0.0])
    )
    total = torchaudio.functional.lfilter(wave, feedback, gain, clamp=False)
    check_place(device, total)
    compare_list(total.cpu().tolist(), [expected], "lfilter's running sum of whole numbers")
    return "lfilter's running sum is exact; " + prove_spectrum(torchaudio, torch, device)


def prove_spectrum(torchaudio, torch, device):
    make = torchaudio.transforms.Spectrogram(n_fft=WINDOW, hop_length=WINDOW, power=2.0, center=False)
    found = make.to(device.name)(make_tone(torch, device, RATE, WINDOW))
    check_place(device, found)
    column = [row[0] for row in found.cpu().tolist()]
    peak = column.index(max(column))
    if peak != BIN or not abs(column[BIN] / POWER - 1) <= 1e-3:
        text = f"a tone of {TONE} Hz has its peak in bin {peak} with {column[peak]:.6g}"
        raise Failure("wrong-number", f"{text}, and must have it in bin {BIN} with {POWER:g}")
    return f"a tone of {TONE} Hz has its peak in bin {BIN}"


def prove_resample(torchaudio, torch, device):
    """At half its rate a tone far below the limit is the same tone, away from the ends."""
    found = torchaudio.functional.resample(make_tone(torch, device, 2 * RATE, 1024), 2 * RATE, RATE)
    check_place(device, found)
    exact = make_tone(torch, device, RATE, 512)
    error = float((found - exact)[64:-64].abs().max())
    if list(found.shape) != [512] or not error <= 0.02:
        raise Failure("wrong-number", f"a tone at half its rate differs by {error:.2g} from the same tone")
    return f"a tone at half its rate is the same tone to {error:.1e}"
