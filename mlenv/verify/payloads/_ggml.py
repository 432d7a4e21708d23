"""llama.cpp's own tensors through ctypes: a product of matrices on any device that it has."""

import ctypes

from ._verdicts import Failure

POINTER, SIZE = ctypes.c_void_p, ctypes.c_size_t
F32 = 0  # GGML_TYPE_F32


class Parameters(ctypes.Structure):
    """``struct ggml_init_params``: bytes for the descriptions, whose memory, and no room for numbers."""

    _fields_ = (("size", SIZE), ("memory", POINTER), ("no_alloc", ctypes.c_bool))


# Name, result, arguments.
FUNCTIONS = {
    "ggml_init": (POINTER, [Parameters]),
    "ggml_free": (None, [POINTER]),
    "ggml_tensor_overhead": (SIZE, []),
    "ggml_graph_overhead": (SIZE, []),
    "ggml_new_tensor_2d": (POINTER, [POINTER, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]),
    "ggml_mul_mat": (POINTER, [POINTER, POINTER, POINTER]),
    "ggml_new_graph": (POINTER, [POINTER]),
    "ggml_build_forward_expand": (None, [POINTER, POINTER]),
    "ggml_quantize_chunk": (SIZE, [ctypes.c_int, POINTER, POINTER, *[ctypes.c_int64] * 3, POINTER]),
    "ggml_backend_dev_count": (SIZE, []),
    "ggml_backend_dev_get": (POINTER, [SIZE]),
    "ggml_backend_dev_name": (ctypes.c_char_p, [POINTER]),
    "ggml_backend_dev_description": (ctypes.c_char_p, [POINTER]),
    "ggml_backend_dev_type": (ctypes.c_int, [POINTER]),
    "ggml_backend_dev_init": (POINTER, [POINTER, ctypes.c_char_p]),
    "ggml_backend_free": (None, [POINTER]),
    "ggml_backend_alloc_ctx_tensors": (POINTER, [POINTER, POINTER]),
    "ggml_backend_buffer_free": (None, [POINTER]),
    "ggml_backend_tensor_set": (None, [POINTER, POINTER, SIZE, SIZE]),
    "ggml_backend_tensor_get": (None, [POINTER, POINTER, SIZE, SIZE]),
    "ggml_backend_graph_compute": (ctypes.c_int, [POINTER, POINTER]),
}


class Ggml:
    """The functions above, found in whichever of the given libraries has them."""

    def __init__(self, libraries):
        for name, (result, arguments) in FUNCTIONS.items():
            function = find(libraries, name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name[len("ggml_") :], function)


def find(libraries, name):
    library = next((library for library in libraries if hasattr(library, name)), None)
    if library is None:
        raise Failure("binary-mismatch", f"llama.cpp's libraries have no function {name}")
    return getattr(library, name)


def multiply(ggml, device, left, right):
    """The product of two matrices of numbers, computed on a device in float32."""
    terms, columns = len(right), len(right[0])
    across = [[row[j] for row in right] for j in range(columns)]
    backend = ggml.backend_dev_init(device, None)
    if not backend:
        raise Failure("device-unusable", "llama.cpp could not open the device")
    context = ggml.init(Parameters(8 * ggml.tensor_overhead() + ggml.graph_overhead(), None, True))
    try:
        first = ggml.new_tensor_2d(context, F32, terms, columns)
        second = ggml.new_tensor_2d(context, F32, terms, len(left))
        product = ggml.mul_mat(context, first, second)
        graph = ggml.new_graph(context)
        ggml.build_forward_expand(graph, product)
        return compute(ggml, backend, context, graph, [(first, across), (second, left)], (product, len(left), columns))
    finally:
        ggml.free(context)
        ggml.backend_free(backend)


def compute(ggml, backend, context, graph, inputs, output):
    """The rows of ``output`` (tensor, rows, columns) after a run of the graph with those inputs."""
    buffer = ggml.backend_alloc_ctx_tensors(context, backend)
    if not buffer:
        raise Failure("out-of-memory", "llama.cpp got no memory for three small matrices")
    try:
        for tensor, rows in inputs:
            numbers = pack([number for row in rows for number in row])
            ggml.backend_tensor_set(tensor, numbers, 0, ctypes.sizeof(numbers))
        status = ggml.backend_graph_compute(backend, graph)
        if status != 0:
            raise Failure("exception", f"llama.cpp ended a product of matrices with status {status}")
        tensor, rows, columns = output
        found = (ctypes.c_float * (rows * columns))()
        ggml.backend_tensor_get(tensor, found, 0, ctypes.sizeof(found))
    finally:
        ggml.backend_buffer_free(buffer)
    return [list(found[i * columns : (i + 1) * columns]) for i in range(rows)]


def pack(numbers):
    return (ctypes.c_float * len(numbers))(*numbers)
