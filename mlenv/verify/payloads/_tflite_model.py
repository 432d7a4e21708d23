"""A TensorFlow Lite model of one fully connected layer as bytes, written without TensorFlow.

The layout is FlatBuffers (https://flatbuffers.dev/internals/), the field numbers are those of
``schema.fbs`` of TensorFlow Lite.  A table is a dictionary of its fields; what it refers to comes
after it, so that all offsets are positive.
"""

import struct

FULLY_CONNECTED, FULLY_CONNECTED_OPTIONS, SCHEMA = 9, 8, 3


def make_dense(rows, weights):
    """``Y = X @ weights.T`` for an X with that many rows; ``weights`` are rows of numbers."""
    columns, terms = len(weights), len(weights[0])
    numbers = [number for row in weights for number in row]
    tensors = [
        tensor("X", (rows, terms), 1),
        tensor("W", (columns, terms), 2),
        tensor("Y", (rows, columns), 3),
    ]
    operator = {1: ints(0, 1), 2: ints(2), 3: ("B", FULLY_CONNECTED_OPTIONS), 4: {}}
    graph = {0: tensors, 1: ints(0), 2: ints(2), 3: [operator], 4: text("main")}
    buffers = [{}, {}, {0: ("data", struct.pack(f"<{len(numbers)}f", *numbers))}, {}]
    code = {0: ("b", FULLY_CONNECTED), 2: ("i", 1), 3: ("i", FULLY_CONNECTED)}
    return build({0: ("I", SCHEMA), 1: [code], 2: [graph], 3: text("mlenv"), 4: buffers})


def tensor(name, shape, buffer):
    """A tensor of float32, which is type 0 and needs no word."""
    return {0: ints(*shape), 2: ("I", buffer), 3: text(name)}


def ints(*numbers):
    return ("ints", numbers)


def text(value):
    return ("text", value)


def build(root):
    out = bytearray(b"\0\0\0\0TFL3")
    point(out, 0, place(out, root))
    return bytes(out)


def point(out, position, target):
    """Write at a position how far away a target is."""
    struct.pack_into("<I", out, position, target - position)


def align(out, size):
    out.extend(b"\0" * (-len(out) % size))


def place(out, value):
    """Write a value and what it refers to; gives its position."""
    if isinstance(value, dict):
        return place_table(out, value)
    if isinstance(value, list):
        return place_vector(out, value)
    kind, content = value
    if kind == "text":
        raw = content.encode()
        return place_bytes(out, len(raw), raw + b"\0")
    if kind == "data":
        return place_bytes(out, len(content), content)
    return place_bytes(out, len(content), struct.pack(f"<{len(content)}i", *content))


def place_bytes(out, count, raw):
    """A vector's length and its content, which begins at a multiple of 16 as weights must."""
    out.extend(b"\0" * (-(len(out) + 4) % 16))
    position = len(out)
    out.extend(struct.pack("<I", count) + raw)
    return position


def place_vector(out, items):
    align(out, 4)
    position = len(out)
    out.extend(struct.pack("<I", len(items)) + bytes(4 * len(items)))
    for i, item in enumerate(items):
        slot = position + 4 + 4 * i
        point(out, slot, place(out, item))
    return position


def place_table(out, fields):
    """The table of offsets first, then the table, with four bytes for every field."""
    size = max(fields) + 1 if fields else 0
    align(out, 4)
    listing = len(out)
    slots = {number: 4 + 4 * i for i, number in enumerate(sorted(fields))}
    entries = [4 + 2 * size, 4 + 4 * len(fields), *(slots.get(number, 0) for number in range(size))]
    out.extend(struct.pack(f"<{len(entries)}H", *entries))
    align(out, 4)
    position = len(out)
    out.extend(struct.pack("<i", position - listing) + bytes(4 * len(fields)))
    for number, value in fields.items():
        slot = position + slots[number]
        if isinstance(value, tuple) and value[0] in ("b", "B", "i", "I"):
            struct.pack_into("<" + value[0], out, slot, value[1])
        else:
            point(out, slot, place(out, value))
    return position
