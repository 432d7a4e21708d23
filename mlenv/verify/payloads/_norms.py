"""Which arithmetic a product of ordinary numbers went through, by its distance from the exact one.

Whole numbers are exact in all of them; ordinary ones are not, and their relative norm hardly
depends on the size.  Numbers from 0 to 1 would hide it: their errors average out.
"""

from ._verdicts import Failure

SIZE = 512
# Upper bound of the relative Frobenius norm for each, with room for other orders of summation.
_BOUNDS = ((1e-13, "fp64"), (1e-5, "fp32"), (1.2e-3, "tf32 or fp16"), (1e-2, "bf16"), (0.12, "fp8"))


def make_normal(numpy, size=SIZE):
    """Two square matrices of normally distributed float32; the same ones every time."""
    generator = numpy.random.RandomState(20240229)
    return tuple(generator.standard_normal((size, size)).astype("float32") for _ in range(2))


def measure_norm(numpy, found, left, right):
    """The relative Frobenius norm of a product's error, against the product in float64."""
    exact = left.astype("float64") @ right.astype("float64")
    return float(numpy.linalg.norm(numpy.asarray(found, dtype="float64") - exact) / numpy.linalg.norm(exact))


def name_arithmetic(norm):
    """``fp32``; empty where it is none of them, and for NaN."""
    return next((name for bound, name in _BOUNDS if norm < bound), "")


def note_norm(note, norm, what):
    """Note the norm and the arithmetic it speaks of; :class:`Failure` where it speaks of none."""
    name = name_arithmetic(norm)
    if not name:
        raise Failure("wrong-number", f"{what}: the product is off by {norm:.1e} of its norm")
    note.measured.update({"norm": norm, "arithmetic": name})
    note.detail = f"{what} is {name} (relative norm {norm:.1e})"
