"""How the network is asked when much is read: again where a server stumbles, from a cache where a
page is fresh, and no more where nobody answers.
"""
# ruff: noqa: TID251 - a part of the one door, apart so that a command that reads two pages loads no cache

from __future__ import annotations

import datetime as dt
from collections import Counter
from contextlib import suppress
from email.utils import format_datetime
from typing import IO, Any
from urllib.parse import urlsplit

from cachecontrol.adapter import CacheControlAdapter
from cachecontrol.caches import FileCache
from cachecontrol.heuristics import BaseHeuristic
from cachecontrol.serialize import Serializer
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import Timeout
from urllib3 import BaseHTTPResponse, HTTPResponse
from urllib3.util import Retry

CONNECTIONS = 16
STRIKES = 3
LONGEST_WAIT = 5.0


class PatientRetry(Retry):
    """Waits as long as a server asks for, but at most five seconds."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Seconds to wait; None where the server does not say."""
        seconds = super().get_retry_after(response)
        return None if seconds is None else min(seconds, LONGEST_WAIT)


def _retries() -> Retry:
    return PatientRetry(
        total=2,
        connect=1,
        read=1,
        backoff_factor=0.2,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=("GET", "HEAD"),
        raise_on_status=False,
    )


class SteadyAdapter(HTTPAdapter):
    """Asks again where a server fails in passing.

    A server that did not answer three times in a row is not asked again, so that a hundred pages
    of one that is out of reach cost no more time than three.
    """

    def __init__(self, **options: Any) -> None:
        self.strikes: Counter[str] = Counter()
        super().__init__(max_retries=_retries(), pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS, **options)

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        """The answer, as ``requests`` gives it."""
        server = urlsplit(request.url or "").netloc
        if self.strikes[server] >= STRIKES:
            raise NoConnection("it did not answer before", request=request)
        try:
            answer = super().send(request, *args, **options)
        except (NoConnection, Timeout):
            self.strikes[server] += 1
            raise
        self.strikes[server] = 0
        return answer


class CachingAdapter(CacheControlAdapter, SteadyAdapter):
    """Keeps pages on disk; what is fresh there needs no server."""

    def __init__(self, folder: str, *, fresh_seconds: float) -> None:
        super().__init__(
            cache=ForgivingCache(folder),
            serializer=ForgivingSerializer(),
            heuristic=FreshFor(seconds=fresh_seconds),
        )


class FreshFor(BaseHeuristic):
    """Calls a page fresh for some seconds where the server does not say how long it is.

    A page that was asked for in one form (JSON) is no answer for another form (HTML).
    """

    def __init__(self, *, seconds: float) -> None:
        self._life = dt.timedelta(seconds=seconds)

    def update_headers(self, response: HTTPResponse) -> dict[str, str]:
        """The headers to add to an answer before it is kept."""
        now = dt.datetime.now(dt.timezone.utc)
        added = {}
        if "date" not in response.headers:
            added["date"] = format_datetime(now, usegmt=True)
        if "vary" not in response.headers:
            added["vary"] = "Accept"
        if "cache-control" not in response.headers and "expires" not in response.headers:
            added["expires"] = format_datetime(now + self._life, usegmt=True)
        return added

    def warning(self, response: HTTPResponse) -> str | None:  # noqa: ARG002
        """No warning header: nobody reads it."""
        return None


class ForgivingCache(FileCache):
    """Pages in a folder; a disk that is full or cannot be written to only means that none is kept."""

    def get(self, key: str) -> bytes | None:
        """The page as it was kept; None where there is none."""
        try:
            return super().get(key)
        except OSError:
            return None

    def set(self, key: str, value: bytes, expires: int | dt.datetime | None = None) -> None:
        """Keep a page."""
        with suppress(OSError):
            super().set(key, value, expires)

    def delete(self, key: str) -> None:
        """Forget a page."""
        with suppress(OSError):
            super().delete(key)


class ForgivingSerializer(Serializer):
    """A damaged page in the cache is one that is not there."""

    def loads(self, request: PreparedRequest, data: bytes, body_file: IO[bytes] | None = None) -> HTTPResponse | None:
        """The answer that was kept; None where it cannot be read."""
        try:
            return super().loads(request, data, body_file)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
