"""CuPy: a kernel compiled on the spot, a product of whole numbers and a Fourier transform on each GPU.

The three need three parts of the toolkit: the run-time compiler with its headers, BLAS and FFT.
"""

from . import _arithmetic, _exact
from ._drivers import see_nvidia
from ._verdicts import Failure, Skipped, misplaced
from ._words import describe

LIMIT = 1e-4


def check(session):
    cupy = session.import_modules("cupy")
    with session.check("device") as note:
        kind, count = find_gpus(cupy, session.asked)
        labels = [f"{kind}:{i}" for i in range(count)]
        gpus = see_nvidia().gpus if kind == "cuda" else []
        note.device = ", ".join(labels)
        note.detail = f"{count} seen by CuPy"
    left, right = _exact.make_matrices()
    expected = _exact.multiply(left, right)
    for i, label in enumerate(labels):
        about = gpus[i].about if i < len(gpus) else ""
        with cupy.cuda.Device(i):
            compute(cupy, session, label, about, (left, right, expected))


def compute(cupy, session, label, about, case):
    """The checks of one GPU, which is the current one."""
    left, right, expected = case
    with session.check("kernel", label, vital=False) as note:
        note.about = about
        run_kernel(cupy, label)
        note.detail = "a kernel compiled on the spot is exact"
    with session.check("compute", label, vital=False) as note:
        note.about = about
        for precision in ("float32", "float64"):
            product = cupy.array(left, dtype=precision) @ cupy.array(right, dtype=precision)
            check_place(label, product)
            _exact.compare(product.get().tolist(), expected, f"{precision} on {label}")
        note.detail = f"{_exact.SHAPE} exact in float32, float64"
    with session.check("fft", label, vital=False) as note:
        note.about = about
        error = transform(cupy, left)
        note.detail = f"a Fourier transform and the way back to {error:.0e}"
    if session.reaches("standard"):
        with session.check("precision", label, vital=False) as note:
            note.about = about
            measure(cupy, note)


def find_gpus(cupy, asked):
    """The kind of the GPUs and their number; how it ends where there are none."""
    runtime = cupy.cuda.runtime
    kind = "rocm" if getattr(runtime, "is_hip", False) else "cuda"
    if asked == "cpu":
        raise Skipped("CuPy computes on GPUs alone, and the CPU was asked for")
    if asked not in ("auto", "gpu", kind):
        raise Failure("device-missing", f"{asked} was asked for, and this CuPy is one for {kind.upper()}")
    try:
        count, words = runtime.getDeviceCount(), "it counts none"
    except Exception as error:
        count, words = 0, describe(error)
    if count:
        return kind, count
    sight = see_nvidia()
    if asked == "auto" and not sight.gpus and (kind == "rocm" or not sight.driver):
        raise Skipped(f"CuPy needs a {kind.upper()} GPU, and this machine has none ({words})")
    raise Failure("device-missing", f"CuPy needs a {kind.upper()} GPU and can use none ({words}); {word(sight, kind)}")


def word(sight, kind):
    """What NVIDIA's driver says of it."""
    if kind == "rocm":
        return "see what `rocminfo` lists"
    return sight.reason or f"the NVIDIA driver lists {len(sight.gpus)}"


def run_kernel(cupy, label):
    """2 x + y over whole numbers, by a kernel of our own."""
    kernel = cupy.ElementwiseKernel("float32 x, float32 y", "float32 z", "z = 2 * x + y", "mlenv_proof")
    found = kernel(cupy.arange(1000, dtype="float32"), cupy.ones(1000, dtype="float32"))
    check_place(label, found)
    expected = [2.0 * i + 1.0 for i in range(1000)]
    if found.get().tolist() != expected:
        raise Failure("wrong-number", f"2 x + 1 from 0 to 999 begins with {found.get().tolist()[:5]}")


def check_place(label, array):
    found = array.device.id
    if found != int(label.split(":")[1]):
        raise misplaced(label, f"{label.split(':')[0]}:{found}")


def transform(cupy, rows):
    """The largest error of the way back, and of the first coefficient, which is the sum."""
    array = cupy.array(rows, dtype="float32")
    there = cupy.fft.fft(array)
    error = float(abs(cupy.fft.ifft(there) - array).max().get())
    error = max(error, float(abs(there[:, 0] - array.sum(axis=1)).max().get()))
    if not error <= LIMIT:
        raise Failure("wrong-number", f"a Fourier transform is wrong by {error:.1e}")
    return error


def measure(cupy, note):
    left, right, exact = _arithmetic.make_case(_arithmetic.STANDARD)
    _arithmetic.note_product(note, (cupy.array(left) @ cupy.array(right)).get(), exact, "a product")
