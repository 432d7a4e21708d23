"""An ONNX model of one matrix product as bytes, written without the package ``onnx``.

The field numbers are those of onnx.proto: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

import struct

IR_VERSION, OPSET = 7, 13
_FLOAT = 1
_WHOLE, _BYTES = 0, 2


def make_matmul(rows, right):
    """``Y = X @ right`` for an X with that many rows; ``right`` are rows of numbers, kept as weights."""
    terms, columns = len(right), len(right[0])
    graph = b"".join(
        (
            field(1, field(1, "X") + field(1, "W") + field(2, "Y") + field(4, "MatMul")),
            field(2, "mlenv"),
            field(5, make_weights("W", right)),
            field(11, make_value("X", rows, terms)),
            field(12, make_value("Y", rows, columns)),
        )
    )
    return field(1, IR_VERSION) + field(2, "mlenv") + field(7, graph) + field(8, field(1, "") + field(2, OPSET))


def make_weights(name, matrix):
    numbers = [number for row in matrix for number in row]
    raw = struct.pack(f"<{len(numbers)}f", *numbers)
    return field(1, len(matrix)) + field(1, len(matrix[0])) + field(2, _FLOAT) + field(8, name) + field(9, raw)


def make_value(name, *shape):
    """The description of an input or output of float32."""
    sizes = b"".join(field(1, field(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, _FLOAT) + field(2, sizes)))


def field(number, value):
    """One field of a protobuf message: a whole number, text, or bytes of another message."""
    if isinstance(value, int):
        return encode(number << 3 | _WHOLE) + encode(value)
    raw = value.encode() if isinstance(value, str) else value
    return encode(number << 3 | _BYTES) + encode(len(raw)) + raw


def encode(number):
    """A whole number in protobuf's variable length: seven bits a byte, the lowest first."""
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)
