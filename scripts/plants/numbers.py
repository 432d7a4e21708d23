"""Faults of what is computed: wrong numbers, the wrong place, too little accuracy, GPUs that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from plants.ground import Ground
from plants.plant import Call, Plant, Sign
from plants.stubs import FIRST, SECOND, add_torch, describe_gpus, read_fake, spoil

TORCH = ("--only", "torch")
ON_SECOND = "is_second(self.device)"
NUMBER = "product.numbers[3][17]"


def putting(fault: str, *words: str, mode: str = "cpu") -> Callable[[Ground], Call]:
    """PyTorch with a fault, which alone is verified."""

    def put(ground: Ground) -> Call:
        add_torch(ground, fault, mode=mode)
        return Call((*TORCH, *words))

    return put


def on_two(fault: str, *words: str, mode: str = "cuda") -> Callable[[Ground], Call]:
    """PyTorch with a fault on a machine with two GPUs."""

    def put(ground: Ground) -> Call:
        add_torch(ground, fault, mode=mode)
        return Call((*TORCH, "--machine", describe_gpus(ground), *words))

    return put


def under_policy(precision: str, mode: str, fault: str = "") -> Callable[[Ground], Call]:
    """PyTorch on GPUs, held to the arithmetic that a policy allows."""

    def put(ground: Ground) -> Call:
        add_torch(ground, fault, mode=mode)
        text = f"schema = 1\n[frameworks.torch]\nprecision = [{precision}]\n"
        return Call((*TORCH, "--policy", ground.write("policy.toml", text)))

    return put


def with_numpy(fault: str) -> Callable[[Ground], Call]:
    """PyTorch beside NumPy, between which something is wrong."""

    def put(ground: Ground) -> Call:
        ground.add("numpy", read_fake("numpy"), version="2.4.0")
        add_torch(ground, fault)
        return Call(TORCH)

    return put


def with_fake(name: str, **variables: str) -> Callable[[Ground], Call]:
    """Another framework beside NumPy, whose stub is told how to go wrong."""

    def put(ground: Ground) -> Call:
        ground.add("numpy", read_fake("numpy"), version="2.4.0")
        ground.add(name, read_fake(name), version="4.7.0")
        return Call(("--only", name), variables)

    return put


def all_plants() -> Iterator[Plant]:
    """Every fault of this subject."""
    for variant, put, sign in WRONG:
        yield Plant("number", variant, put, 1, sign)
    for variant, put, bad in SECOND_ONLY:
        yield Plant("second GPU", variant, put, 1, bad, also=(FIRST_WELL,), never=(FIRST_BAD,))
    yield from all_places()
    yield from all_precisions()


def all_places() -> Iterator[Plant]:
    """Faults of where it was computed, and on how many devices."""
    fewer = putting_count(1, "torch sees 1 of the 2 GPUs that the driver shows it")
    more = putting_count(3, "torch sees 3 GPUs where the driver shows 2")
    yield Plant("place", "one of two GPUs is not seen", *fewer)
    yield Plant("place", "more GPUs than there are", *more)
    other = Sign("compute", "fail", "wrong-device", ("computed on cuda:0 where cuda:1 was asked for",), "cuda:1")
    yield Plant("place", "another GPU than was asked for", on_two("", mode="elsewhere"), 1, other)
    old = Sign("device", "fail", "no-kernel-image", ("sm_75 sm_80 sm_90", "sm_61"))
    yield Plant("place", "no code for this GPU", on_two("", mode="architecture"), 1, old)
    together = Sign("compute", "fail", "wrong-number", ("[3, 17]", "no GPU does so"), "cuda:1")
    crowd = spoil("product.numbers[3][17] += 2.0", "len(SEEN) == 2 and self.device == 'cuda:1'")
    yield Plant("place", "wrong only while both GPUs are in use", on_two(crowd), 1, together)


def putting_count(count: int, words: str) -> tuple[Callable[[Ground], Call], int, Sign]:
    """PyTorch that tells another number of GPUs than two, and what must be said of it."""
    fault = f"SEEN = (SEEN * 2)[:{count}]\ncuda.device_count = lambda: {count}\n"
    return on_two(fault), 1, Sign("device-count", "fail", "device-count", (words,))


def all_precisions() -> Iterator[Plant]:
    """Faults of accuracy: what is no fault by itself may be one by policy."""
    told = Sign("compute", "pass", "", ("float32 ran as TF32",), "cuda:0")
    yield Plant("precision", "TF32 in place of float32 is named", putting("", mode="tf32"), 0, told)
    broken = Sign("policy.frameworks.torch.precision", "fail", "policy-broken", ("as tf32", "and not as ieee"))
    yield Plant(
        "precision", "TF32 where a policy allows IEEE alone", under_policy('"ieee"', "tf32"), 1, broken, also=(told,)
    )
    held = Sign("policy.frameworks.torch.precision", "pass")
    yield Plant("no fault", "TF32 where a policy allows it", under_policy('"ieee", "tf32"', "tf32"), 0, held)
    coarse = "NOISE['coarse'] = 0.038\nMODE = 'coarse'\n"
    low = Sign("compute", "fail", "low-precision", ("accuracy of float8 only",))
    yield Plant("precision", "float32 with the accuracy of float8", putting(coarse, mode="cuda"), 1, low)
    rough = Sign("compute", "fail", "wrong-number", ("which no arithmetic explains",))
    yield Plant("precision", "half of each number is noise", putting("", mode="rough"), 1, rough)
    outlier = Sign("compute", "fail", "wrong-number", ("which no rounding explains",))
    yield Plant("precision", "one ordinary number is off", putting("", mode="outlier"), 1, outlier)


def wrong(reason: str, *words: str) -> Sign:
    return Sign("compute", "fail", reason, words)


WRONG = (
    ("one element on the CPU", putting(spoil(f"{NUMBER} += 1.0")), wrong("wrong-number", "[3, 17]", "on cpu", "1 of")),
    ("NaN", putting(spoil(f"{NUMBER} = math.nan")), wrong("not-a-number", "is nan")),
    ("infinity", putting(spoil(f"{NUMBER} = math.inf")), wrong("not-a-number", "is inf")),
    ("a row is missing", putting(spoil("product.numbers.pop()")), wrong("wrong-number", "has shape (127, 192)")),
    (
        "rows and columns are exchanged",
        putting(spoil("product.numbers = [list(row) for row in zip(*product.numbers)]")),
        wrong("wrong-number", "has shape (192, 128)"),
    ),
    (
        "all are zero",
        putting(spoil("product.numbers = [[0.0] * len(row) for row in product.numbers]")),
        wrong("wrong-number", "is 0.0 and must be"),
    ),
    (
        "in float16 alone",
        putting(spoil(f"{NUMBER} += 1.0", "self.dtype == float16"), mode="cuda"),
        wrong("wrong-number", "float16 on cuda:0"),
    ),
    (
        "in whole numbers alone",
        putting(spoil(f"{NUMBER} += 1", "self.dtype == int64")),
        wrong("wrong-number", "int64 on cpu"),
    ),
    ("an exception in the operation", putting(spoil("raise RuntimeError('cuBLAS: 13')")), wrong("exception", "cuBLAS")),
    (
        "a hang in the operation",
        putting(spoil("import time; time.sleep(600)"), "--timeout", "6"),
        wrong("timed-out", "no answer within 6 s while computing with torch"),
    ),
    (
        "SIGSEGV in the operation",
        putting(spoil("os.kill(os.getpid(), signal.SIGSEGV)")),
        wrong("crashed", "killed by SIGSEGV", "while computing with torch"),
    ),
    (
        "SIGILL in the operation",
        putting(spoil("os.kill(os.getpid(), signal.SIGILL)")),
        wrong("crashed", "killed by SIGILL", "lacks instructions", "while computing with torch"),
    ),
    (
        "the operation ends Python with status 0",
        putting(spoil("os._exit(0)")),
        wrong("ended-early", "while computing with torch"),
    ),
    (
        "NumPy and PyTorch do not know each other",
        with_numpy(""),
        Sign("numpy", "fail", "exception", ("Numpy is not available",)),
    ),
    (
        "another number on the way to NumPy",
        with_numpy(
            """
            def _exchange(self):
                import numpy
                return numpy.array([[2.0 * number for number in row] for row in self.numbers])
            Tensor.numpy = _exchange
            from_numpy = lambda array: Tensor(array.tolist())
            """
        ),
        Sign("numpy", "fail", "wrong-number", ("PyTorch to NumPy",)),
    ),
    (
        "a wrong leaf of LightGBM",
        with_fake("lightgbm", FAKE_LIGHTGBM="wrong"),
        wrong("wrong-number", "102.5 for 103.0"),
    ),
    (
        "a wrong element of ONNX Runtime",
        with_fake("onnxruntime", FAKE_ORT="wrong", FAKE_PROVIDERS="DmlExecutionProvider,CPUExecutionProvider"),
        wrong("wrong-number", "DmlExecutionProvider on dml:0: element [3, 17]"),
    ),
)

FIRST_WELL = Sign("compute", "pass", device="cuda:0", about=FIRST)
FIRST_BAD = Sign("*", "fail", device="cuda:0")


def bad(reason: str, *words: str, check: str = "compute") -> Sign:
    return Sign(check, "fail", reason, words, "cuda:1", SECOND)


SECOND_ONLY = (
    ("one wrong element", on_two(spoil(f"{NUMBER} += 1.0", ON_SECOND)), bad("wrong-number", "on cuda:1")),
    ("NaN", on_two(spoil(f"{NUMBER} = math.nan", ON_SECOND)), bad("not-a-number", "on cuda:1")),
    ("SIGSEGV", on_two(spoil("os.kill(os.getpid(), signal.SIGSEGV)", ON_SECOND)), bad("crashed", "SIGSEGV")),
    (
        "a hang",
        on_two(spoil("import time; time.sleep(600)", ON_SECOND), "--timeout", "6"),
        bad("timed-out", "while computing with torch"),
    ),
    (
        "a memory error of the card",
        on_two(spoil("raise RuntimeError('CUDA error: uncorrectable ECC error encountered')", ON_SECOND)),
        bad("exception", "uncorrectable ECC error"),
    ),
    (
        "no code for it",
        on_two("cuda.get_device_capability = lambda device: (6, 1) if is_second(device) else (9, 0)\n"),
        bad("no-kernel-image", "sm_61", check="*"),
    ),
    (
        "silently on the CPU",
        on_two(spoil("product.device = 'cpu'", ON_SECOND)),
        bad("cpu-fallback", "cuda:1 was asked for"),
    ),
)
