"""Reads the log format of LevelDB, in which Weights & Biases keeps its runs."""

import struct

from ._verdicts import Failure

BLOCK = 32768
HEAD = b":W&B"
HEAD_BYTES = 7
WHOLE, LAST = 1, 4


# :W&B + magic number (2 bytes) + version (1 byte), then records: checksum (4 bytes), length (2), kind (1), data.
# Kinds: 1 whole, 2 first part, 3 middle part, 4 last part; what is left of a block below 7 bytes is padding.
def read_records(data):
    """The records of a run's file; :class:`Failure` where it is no such file."""
    if not data.startswith(HEAD):
        raise Failure("wrong-file", f"the run's file begins with {data[:4]!r} and not with {HEAD!r}")
    records, parts, place = [], b"", HEAD_BYTES
    while place + 7 <= len(data):
        left = BLOCK - place % BLOCK
        if left < 7:
            place += left
            continue
        _, length, kind = struct.unpack("<IHB", data[place : place + 7])
        parts += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (WHOLE, LAST):
            records.append(parts)
            parts = b""
    return records
