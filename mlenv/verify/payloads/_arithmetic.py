"""Which arithmetic ran: the error of a product of normal numbers names it.

The Frobenius norm of the error over that of the product hardly depends on the size: 3e-7 in
float32, 2.9e-4 in TF32, 3.6e-4 in float16, 2.9e-3 in bfloat16, 3.8e-2 with factors in float8.
Numbers between 0 and 1 would hide TF32: their errors average out.
"""

import math
import typing

from ._verdicts import Failure

# Rows, terms and columns: the small one costs a few milliseconds.
QUICK = (128, 256, 128)
STANDARD = (512, 512, 512)
SEED = 20240229

# The arithmetic of each format, and the error that it stays below.
OWN = {
    "float64": ("fp64", 1e-13),
    "float32": ("fp32", 1e-5),
    "float16": ("fp16", 2e-3),
    "bfloat16": ("bf16", 1e-2),
    "float8": ("fp8", 0.12),
}
# What ran instead, by its error; TF32 and float16 round alike, so what is expected tells them apart.
WINDOWS = (("fp32", 1e-5), ("tf32", 1.2e-3), ("fp16", 1.2e-3), ("bf16", 1e-2), ("fp8", 0.12))
# Frameworks replace float32 by these of their own accord, on NVIDIA GPUs and on TPUs.
REPLACEMENTS = ("tf32", "bf16")
# Engines for inference do so on devices without TF32.
HALVES = ("fp16", "bf16")
WORDS = {"fp64": "float64", "fp32": "float32", "tf32": "TF32", "fp16": "float16", "bf16": "bfloat16", "fp8": "float8"}
# The largest error of an element over the mean one is 5 to 9 where all are rounded alike.
OUTLIER = 24.0


class Reading(typing.NamedTuple):
    """The relative error of a product and the arithmetic that it shows."""

    norm: float
    arithmetic: str


def judge(found, exact, asked, what, instead=REPLACEMENTS):
    """The reading of a result in float64, an array of NumPy or a tensor of PyTorch as its reference is.

    ``instead`` is what may run in place of float32 where that was asked for, () for nothing.
    :class:`Failure` where it holds what is no number, elements that no rounding explains, or less
    accuracy than the format that was asked for has.
    """
    difference = found - exact
    mean = math.sqrt(total(difference) / math.prod(difference.shape))
    norm = math.sqrt(total(difference) / total(exact))
    if not math.isfinite(norm):
        raise Failure("not-a-number", f"{what}: the result of normal numbers holds NaN or infinite ones")
    worst = float(abs(difference).max())
    arithmetic = name_arithmetic(norm, asked, instead)
    if arithmetic is None:
        raise Failure("wrong-number", f"{what}: the relative error is {norm:.1e}, which no arithmetic explains")
    if worst > OUTLIER * mean:
        text = f"an element is wrong by {worst:.1e} where the mean error is {mean:.1e}, which no rounding explains"
        raise Failure("wrong-number", f"{what}: {text}")
    if arithmetic != OWN[asked][0] and (asked != "float32" or arithmetic not in instead):
        text = f"has the accuracy of {WORDS[arithmetic]} only (relative error {norm:.1e})"
        raise Failure("low-precision", f"{what}: {asked} {text}")
    return Reading(norm, arithmetic)


def total(table):
    """The sum of squares."""
    return float((table * table).sum())


def name_arithmetic(norm, asked, instead=REPLACEMENTS):
    """The arithmetic that a relative error shows where a format was asked for, None where none does."""
    own, limit = OWN[asked]
    if norm < limit:
        return own
    unlikely = "tf32" if "fp16" in instead else "fp16"
    return next((name for name, below in WINDOWS if norm < below and name != unlikely), None)


def describe(asked, reading):
    """``float32 ran as TF32 (relative error 2.9e-04)``."""
    return f"{asked} ran as {WORDS[reading.arithmetic]} (relative error {reading.norm:.1e})"


def note_readings(note, readings):
    """Keep readings by what was asked for: the first as ``norm`` and ``arithmetic``, others with a name.

    Gives the sentence that tells them all.
    """
    for asked, reading in readings.items():
        end = "" if "norm" not in note.measured else "_" + asked
        note.measured["norm" + end] = reading.norm
        note.measured["arithmetic" + end] = reading.arithmetic
    return ", ".join(describe(asked, reading) for asked, reading in readings.items())


def make_case(shape):
    """Two factors of normal numbers in float32, and their product in float64; by NumPy."""
    import numpy as np

    generator = np.random.default_rng(SEED)
    rows, terms, columns = shape
    left = generator.standard_normal((rows, terms), dtype="float32")
    right = generator.standard_normal((terms, columns), dtype="float32")
    return left, right, left.astype("float64") @ right.astype("float64")


def note_product(note, found, exact, what, instead=REPLACEMENTS):
    """Note which arithmetic a product in float32 went through, of a framework that gives arrays of NumPy."""
    reading = judge(found.astype("float64"), exact, "float32", what, instead)
    note.detail = f"{what}: {note_readings(note, {'float32': reading})}"
