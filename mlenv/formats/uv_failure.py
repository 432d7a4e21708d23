"""What uv says when it could not answer: an index out of reach, a build that failed, a wrong hash."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

FailureKind = Literal["unreachable", "refused", "offline", "build", "hash", "python", "other"]
"""An index that does not answer; one that wants other credentials; the network was forbidden and the
cache has not all; a package that must be built and was not; a file that is not the promised one; no
interpreter to work with; anything else."""

# hint: An index URL (https://host/simple) could not be queried due to a lack of valid authentication
#       credentials (401 Unauthorized).
# hint: An index (https://host/simple) returned a 403 Forbidden error. Check that ...
REFUSED = re.compile(r"[Aa]n\s+index(?:\s+URL)?\s+\((\S+?)\)\s+(?:could\s+not\s+be\s+queried|returned\s+a\s+40[137])")
STATUS = re.compile(r"HTTP status client error \(40[137][^)]*\) for url \((\S+?)\)")
OFFLINE = re.compile(r"network\s+(?:was|is)\s+disabled|network connectivity is disabled", re.IGNORECASE)
# error: Request failed after 3 retries in 8.7s
#   cause: Failed to fetch: https://host/simple/torch/
#   cause: error sending request for url (https://host/simple/torch/)
FETCH = re.compile(r"Failed to (?:fetch|download):?\s+`?([a-z]+://[^\s`]+)")
SENDING = re.compile(r"error sending request for url \((\S+?)\)|HTTP status server error \([^)]*\) for url \((\S+?)\)")
BROKEN = re.compile(r"Missing `Content-Type` header for `?(\S+?)`?\s|Unsupported `Content-Type` [^\n]*?(https?://\S+)")
SILENT = ("dns error", "error sending request", "Could not connect", "operation timed out", "Connection refused")
# error: Failed to build `pyfarmhash==0.3.2`
#   × Failed to download and build `h5py==2.10.0`
BUILD = re.compile(r"Failed to (?:download and )?build:?\s+`?([A-Za-z0-9._-]+)(?:==([^\s`]+))?")
HASH = re.compile(r"Hash mismatch for\s+`?([A-Za-z0-9._-]+)")
PYTHON = re.compile(r"No interpreter found[^\n]*|No virtual environment found[^\n]*")


class UvFailure(msgspec.Struct, frozen=True, kw_only=True):
    """How uv failed: ``subject`` is the address, package or Python that it was about, ``text`` its own words."""

    kind: FailureKind
    subject: str = ""
    text: str = ""


def parse_uv_failure(text: str) -> UvFailure:
    """The failure that uv's standard error tells of.

    A conflict in which an index refused to answer, or might not be asked, is such a failure: with
    an answer there might be none.
    """
    last = _words(text)
    if match := REFUSED.search(text) or STATUS.search(text):
        return UvFailure(kind="refused", subject=match[1], text=last)
    if OFFLINE.search(text):
        return UvFailure(kind="offline", text=last)
    if match := BUILD.search(text):
        return UvFailure(kind="build", subject="==".join(part for part in match.groups() if part), text=last)
    if match := HASH.search(text):
        return UvFailure(kind="hash", subject=match[1], text=last)
    if match := FETCH.search(text) or SENDING.search(text) or BROKEN.search(text):
        return UvFailure(kind="unreachable", subject=next(part for part in match.groups() if part), text=last)
    if any(sign in text for sign in SILENT):
        return UvFailure(kind="unreachable", text=last)
    if match := PYTHON.search(text):
        return UvFailure(kind="python", subject=match[0], text=last)
    return UvFailure(kind="other", text=last)


def _words(text: str) -> str:
    """The lines of the error, joined, without what was said on the way to it."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.lstrip().startswith(("error:", "×"))]
    told = lines[starts[-1] :] if starts else lines[-3:]
    parts = (re.sub(r"^\s*(?:error:|×|╰─▶|├─▶|│|cause:|Caused by:)\s*", "", line).strip() for line in told)
    return ": ".join(part for part in parts if part)[:600]
