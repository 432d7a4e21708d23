"""A snapshot that ``mlenv probe --format json`` printed, read back."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from mlenv.errors import UsageError
from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.typed import decode_json

SCHEMA = "mlenv.machine/1"
KIND = TypeVar("KIND")


class _Envelope(msgspec.Struct):
    """The keys of a document that say what it is, and the parts that are read in a second step (empty for none)."""

    schema: str | None = None
    machine: msgspec.Raw = msgspec.Raw()
    environment: msgspec.Raw = msgspec.Raw()


def parse_snapshot(text: str, *, origin: str) -> Machine:
    """The machine in a JSON document of schema ``mlenv.machine/1``.

    A document that carries a snapshot under ``machine`` (a doctor's report, a plan) is read too.
    Keys that this version does not know are passed over, as the contract promises.
    """
    envelope = _decode(text.encode(), _Envelope, origin)
    if envelope.schema is None or not envelope.schema.startswith("mlenv."):
        raise UsageError(f"{origin}: is no mlenv document", hint=f"expected a `schema` such as {SCHEMA!r}")
    if envelope.schema.startswith("mlenv.machine/") and envelope.schema != SCHEMA:
        raise UsageError(
            f"{origin}: schema is {envelope.schema!r}, this mlenv reads {SCHEMA!r}",
            hint="make the snapshot anew with this mlenv, or read it with the one that made it",
        )
    return _decode(bytes(envelope.machine) or text.encode(), Machine, origin)


def parse_environment(text: str, *, origin: str) -> Environment | None:
    """The environment that such a document holds beside the machine, None where it holds none."""
    part = bytes(_decode(text.encode(), _Envelope, origin).environment)
    return _decode(part, Environment, origin) if part not in (b"", b"null") else None


def _decode(data: bytes, kind: type[KIND], origin: str) -> KIND:
    try:
        return decode_json(data, kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{origin}: {error}", hint="make it again with `mlenv probe --format json`") from None
