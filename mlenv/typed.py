"""Decoding into types, by one thread at a time.

msgspec gathers what it knows of a type when that is first asked for, and others see it half-made
meanwhile: two threads that meet one for the first time crash the process (seen with 0.22).
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

VALUE = TypeVar("VALUE")

_ALONE = threading.RLock()


def decode_json(data: bytes | str, kind: type[VALUE]) -> VALUE:
    """A value of that type; :class:`msgspec.DecodeError` where the text is none."""
    with _ALONE:
        return msgspec.json.decode(data, type=kind)


def decode_msgpack(data: bytes | msgspec.Raw, kind: type[VALUE]) -> VALUE:
    """A value of that type; :class:`msgspec.DecodeError` where the bytes are none."""
    with _ALONE:
        return msgspec.msgpack.decode(data, type=kind)


def convert(table: Any, kind: type[VALUE]) -> VALUE:
    """Tables and lists as a value of that type; :class:`msgspec.ValidationError` where they are none."""
    with _ALONE:
        return msgspec.convert(table, kind)


def json_decoder(kind: type[VALUE]) -> msgspec.json.Decoder[VALUE]:
    """For many values of one type."""
    with _ALONE:
        return msgspec.json.Decoder(kind)
