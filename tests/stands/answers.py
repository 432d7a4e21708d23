"""What a server answers, as a value, and what a fault or a range makes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from tests.stands.faults import Fault

PORTAL = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Accept the terms to go on.</body></html>"

# bytes=0-1023, bytes=1024-, bytes=-512
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A response before it is sent.

    Of the body only ``stop`` bytes go out, where that is a number; then the connection breaks, or
    falls silent where ``silent``.  ``rate`` is bytes a second, 0 without limit.
    """

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""
    stop: int | None = None
    silent: bool = False
    rate: int = 0


def missing(status: int = 404) -> Answer:
    """There is no such thing."""
    return Answer(status=status, headers={"Content-Type": "text/plain"}, body=b"not here\n")


def spoil(answer: Answer, fault: Fault) -> Answer:
    """The answer as that fault leaves it."""
    at = len(answer.body) // 2 if fault.after is None else fault.after
    match fault.kind:
        case "cut":
            return msgspec.structs.replace(answer, stop=at)
        case "stall":
            return msgspec.structs.replace(answer, stop=fault.after or 0, silent=True)
        case "slow":
            return msgspec.structs.replace(answer, rate=fault.rate)
        case "truncated":
            return msgspec.structs.replace(answer, body=answer.body[:at])
        case "corrupted":
            return msgspec.structs.replace(answer, body=_flip(answer.body, at))
        case _:
            return _instead(fault) or answer


def _instead(fault: Fault) -> Answer | None:
    """What those faults say that leave nothing of the answer."""
    match fault.kind:
        case "status":
            waiting = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
            return Answer(status=fault.code, headers=waiting, body=b"trouble\n")
        case "html":
            return Answer(status=200, headers={"Content-Type": "text/html"}, body=PORTAL)
        case "redirect":
            return Answer(status=302, headers={"Location": fault.url})
        case "vanish":
            return missing()
        case _:
            return None


def fit(answer: Answer, asked: Mapping[str, str]) -> Answer:
    """The answer to a request with those headers (in lower case): unchanged (304), a part (206), or the whole."""
    if answer.status != 200:
        return answer
    etag = answer.headers.get("ETag")
    if etag is not None and asked.get("if-none-match") == etag:
        return Answer(status=304, headers={"ETag": etag})
    if asked.get("if-range", etag) != etag:
        return answer
    return _part(answer, asked.get("range", ""))


def _part(answer: Answer, wanted: str) -> Answer:
    bounds = _RANGE.fullmatch(wanted)
    if bounds is None or bounds.groups() == ("", "") or "Accept-Ranges" not in answer.headers:
        return answer
    size = len(answer.body)
    first, last = bounds.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if start >= stop:
        return Answer(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers = {**answer.headers, "Content-Range": f"bytes {start}-{stop - 1}/{size}"}
    return msgspec.structs.replace(answer, status=206, headers=headers, body=answer.body[start:stop])


def _flip(body: bytes, at: int) -> bytes:
    at = min(at, len(body) - 1)
    return body[:at] + bytes([body[at] ^ 0xFF]) + body[at + 1 :]
