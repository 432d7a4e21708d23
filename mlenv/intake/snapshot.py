"""A snapshot that ``mlenv probe --format json`` printed, read back."""

from __future__ import annotations

import msgspec

from mlenv.errors import UsageError
from mlenv.facts.machine import Machine

SCHEMA = "mlenv.machine/1"


class _Envelope(msgspec.Struct):
    schema: str | None = None
    machine: msgspec.Raw = msgspec.Raw()  # empty where there is none


def parse_snapshot(text: str, *, origin: str) -> Machine:
    """The machine in a JSON document of schema ``mlenv.machine/1``.

    A document that carries a snapshot under ``machine`` (a doctor's report, a plan) is read too.
    Keys that this version does not know are passed over, as the contract promises.
    """
    try:
        envelope = msgspec.json.decode(text, type=_Envelope)
        if envelope.schema is None or not envelope.schema.startswith("mlenv."):
            raise UsageError(f"{origin}: is no mlenv document", hint=f"expected a `schema` such as {SCHEMA!r}")
        if envelope.schema.startswith("mlenv.machine/") and envelope.schema != SCHEMA:
            raise UsageError(f"{origin}: schema is {envelope.schema!r}, this mlenv reads {SCHEMA!r}")
        body = bytes(envelope.machine) or text.encode()
        return msgspec.json.decode(body, type=Machine)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{origin}: {error}", hint="make it again with `mlenv probe --format json`") from None
