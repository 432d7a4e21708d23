"""What one host answered, as the document that a merge reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from mlenv.errors import ExitStatus
from mlenv.typed import decode_json

SCHEMA = "mlenv.unreachable/1"
REASON_LENGTH = 400
ENDED = (ExitStatus.INTERRUPTED, -2, -14, 142)
"""How a run ends that was ended at its limit: by Ctrl-C's signal, or by the kernel's alarm."""


class Unreachable(msgspec.Struct, frozen=True, kw_only=True):
    """The document of a host that gave no report, and why."""

    schema: str = SCHEMA
    host: str
    reason: str


class _Head(msgspec.Struct, frozen=True):
    schema: str


def make_document(host: str, result: Mapping[str, Any], seconds: int, mask: Callable[[str], str] = str) -> bytes:
    """The report that stands in a result of Ansible, else why there is none; ``mask`` takes passwords out.

    A shell that greets everybody on standard output is no trouble.
    """
    said = _text(result, "stdout")
    report = said[said.find("{") :].strip().encode() if "{" in said else b""
    if _is_report(report):
        return report + b"\n"
    return unreachable(host, mask(find_reason(result, seconds)))


def unreachable(host: str, reason: str) -> bytes:
    """The document of a host without a report, with the reason in one line."""
    line = " ".join(reason.split())[:REASON_LENGTH]
    return msgspec.json.format(msgspec.json.encode(Unreachable(host=host, reason=line)), indent=2) + b"\n"


def find_reason(result: Mapping[str, Any], seconds: int) -> str:
    """Why a result of Ansible holds no report."""
    status = result.get("rc")
    if status in ENDED:
        return f"no report within {seconds} s: mlenv was ended on the host"
    if "timedout" in result:
        return f"no answer within {seconds} s: the connection was ended"
    beside = _text(result, "stderr").strip()
    if result.get("unreachable") or status is None:
        return _text(result, "msg").strip() or beside or "Ansible gave no reason"
    words = beside or _text(result, "stdout").strip() or _text(result, "msg").strip()
    return f"mlenv gave no report (exit status {status}): {words or 'it said nothing'}"


def _is_report(text: bytes) -> bool:
    try:
        return decode_json(text, _Head).schema.startswith("mlenv.")
    except (msgspec.DecodeError, RecursionError):
        return False


def _text(result: Mapping[str, Any], key: str) -> str:
    value = result.get(key)
    return value if isinstance(value, str) else ""
