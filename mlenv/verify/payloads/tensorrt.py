"""TensorRT: its builder, and with a GPU an engine of one matrix product that must be exact."""

import ctypes
import struct

from . import _exact
from ._cuda_memory import Memory
from ._drivers import load_cuda, require_nvidia
from ._verdicts import Failure
from ._words import describe

SIZE = 4  # bytes of a float32


def check(session):
    tensorrt = session.import_modules("tensorrt")
    gpus = require_nvidia(session, "TensorRT")
    log = tensorrt.Logger(tensorrt.Logger.ERROR)
    for index, gpu in enumerate(gpus if session.reaches("standard") else gpus[:1]):
        memory = Memory(load_cuda(), index)
        with session.check("builder", gpu.label, vital=False) as note:
            note.about = gpu.about
            memory.open()
            make_builder(tensorrt, log)
            note.detail = f"TensorRT {tensorrt.__version__} makes a builder"
        if session.reaches("standard") and note.status == "pass":
            with session.check("compute", gpu.label, vital=False) as note:
                note.about = gpu.about
                compute(tensorrt, memory, log, note)


def make_builder(tensorrt, log):
    """The builder; the bindings raise a TypeError where the library gives none for want of a usable GPU."""
    try:
        return tensorrt.Builder(log)
    except TypeError as error:
        raise Failure("device-unusable", f"TensorRT makes no builder ({describe(error)})") from None


def compute(tensorrt, memory, log, note):
    """An engine for one product is built, loaded and run."""
    left, right = _exact.make_matrices()
    plan = build(tensorrt, log, flatten(right))
    runtime = tensorrt.Runtime(log)
    engine = runtime.deserialize_cuda_engine(plan)
    if engine is None:
        raise Failure("device-unusable", "TensorRT cannot load the engine that it has built")
    size = _exact.ROWS * _exact.COLUMNS * SIZE
    with memory.put(flatten(left)) as first, memory.put(bytes(size)) as second:
        run(engine, {"X": first, "Y": second})
        numbers = struct.unpack(f"<{size // SIZE}f", memory.get(second, size))
    product = [list(numbers[i : i + _exact.COLUMNS]) for i in range(0, len(numbers), _exact.COLUMNS)]
    _exact.compare(product, _exact.multiply(left, right), "an engine")
    note.detail = f"{_exact.SHAPE} exact by an engine built here"


def flatten(matrix):
    numbers = [number for row in matrix for number in row]
    return struct.pack(f"<{len(numbers)}f", *numbers)


def build(tensorrt, log, weights):
    """The plan of ``Y = X @ weights``."""
    builder = make_builder(tensorrt, log)
    network = builder.create_network(0)
    kept = ctypes.create_string_buffer(weights, len(weights))  # TensorRT reads it while it builds
    constant = tensorrt.Weights(tensorrt.float32, ctypes.addressof(kept), len(weights) // SIZE)
    left = network.add_input("X", tensorrt.float32, (_exact.ROWS, _exact.TERMS))
    right = network.add_constant((_exact.TERMS, _exact.COLUMNS), constant).get_output(0)
    plain = tensorrt.MatrixOperation.NONE
    product = network.add_matrix_multiply(left, plain, right, plain).get_output(0)
    product.name = "Y"
    network.mark_output(product)
    plan = builder.build_serialized_network(network, builder.create_builder_config())
    if plan is None:
        raise Failure("device-unusable", "TensorRT builds no engine for this GPU")
    return plan


def run(engine, addresses):
    context = engine.create_execution_context()
    for name, address in addresses.items():
        context.set_tensor_address(name, address)
    if not context.execute_async_v3(0):
        raise Failure("device-unusable", "TensorRT does not run its engine")
