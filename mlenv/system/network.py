"""The one door to the network.

Proxies, ``netrc`` and certificates of the user are honoured: that is what ``requests`` does by
itself, and a certificate named in pip's configuration is passed on.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from mlenv import __version__
from mlenv.system.network_trouble import plain_words
from mlenv.system.page import Page, WebError

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
MAX_BYTES = 32 * 1024 * 1024
ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
AGENT = {"User-Agent": f"mlenv/{__version__}"}
TROUBLE = (requests.RequestException, HTTPError, OSError, ValueError)
"""What the network may raise: requests' own, urllib3's where requests lets it through, those of
sockets and files, and wrong addresses."""

# bytes 0-1023/146515
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


def answers(url: str, *, certificate: str | None = None, proxy: str | None = None) -> Page:
    """Whether there is something at an address; nothing of it is fetched.

    ``certificate`` is a bundle of authorities to trust, ``proxy`` one beside those of variables.
    """
    limits = (CONNECT_SECONDS, READ_SECONDS)
    try:
        answer = requests.head(
            url,
            headers=AGENT,
            timeout=limits,
            verify=certificate or True,
            proxies=_proxies(proxy),
            allow_redirects=True,
        )
    except TROUBLE as error:
        return Page(state="unreachable", url=url, detail=plain_words(error))
    if answer.ok:
        return Page(state="found", url=answer.url)
    return Page(
        state="missing" if answer.status_code in (404, 410) else "unreachable", detail=f"HTTP {answer.status_code}"
    )


class Web:
    """The network for those who read many pages and parts of large files, from several threads.

    Pages are kept in ``cache_folder`` (None: nowhere) and not asked for again for as long as the
    server says, or ``fresh_seconds`` where it says nothing.  ``ask_again`` asks every time, and
    takes the kept page where the server says that it is still the same.
    ``transferred`` counts the bytes received so far; what came from the cache is none.
    """

    def __init__(
        self,
        *,
        certificate: str | None = None,
        client_certificate: str | None = None,
        proxy: str | None = None,
        cache_folder: str | None = None,
        fresh_seconds: float = 600.0,
        ask_again: bool = False,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        from mlenv.system.adapters import CachingAdapter, SteadyAdapter

        self.transferred = 0
        self._lock = threading.Lock()
        # Options of each request, not of the session: there requests lets variables win over them.
        self._options: dict[str, Any] = {
            "timeout": (CONNECT_SECONDS, read_seconds),
            "verify": certificate or True,
            "cert": client_certificate,
            "proxies": _proxies(proxy),
            "stream": True,
        }
        self._demand = {"Cache-Control": "max-age=0"} if ask_again else {}
        self._files = _session(SteadyAdapter())
        keeping = CachingAdapter(cache_folder, fresh_seconds=fresh_seconds) if cache_folder else SteadyAdapter()
        self._pages = _session(keeping)

    def page(self, url: str, *, accept: str = ACCEPT) -> Page:
        """A whole page of at most 32 MiB; never raises for what the network does."""
        headers = {"Accept": accept, **self._demand}
        try:
            with self._pages.get(url, headers=headers, **self._options) as answer:
                try:
                    return page_of(answer, url)
                finally:
                    self._count(answer)
        except TROUBLE as error:
            return Page(state="unreachable", url=url, detail=plain_words(error))

    def size(self, url: str) -> int:
        """The length of a remote file in bytes; :class:`WebError` where it cannot be told."""
        with self._file("HEAD", url) as answer:
            length = answer.headers.get("Content-Length", "")
            if answer.ok and length.isdigit():
                return int(length)
        with self._file("GET", url, Range="bytes=0-0") as answer:  # some servers refuse HEAD
            total = _content_range(answer)[2]
            if total is None:
                raise WebError("the server does not say how long the file is")
            return total

    def read_range(self, url: str, start: int, stop: int) -> bytes:
        """The bytes from ``start`` to before ``stop``, fewer only where the file ends before.

        :class:`WebError` where they cannot be had, also from a server that knows no ranges: a file
        is never read whole instead.
        """
        if stop <= start:
            return b""
        with self._file("GET", url, Range=f"bytes={start}-{stop - 1}") as answer:
            first, last, total = _content_range(answer)
            if first != start or last >= stop or last not in (stop - 1, (total or 0) - 1):
                raise WebError("the server sent another part of the file than the one asked for")
            body = answer.content
            self._count(answer)
        if len(body) != last - first + 1:
            raise WebError("the server sent less than it announced")
        return body

    def close(self) -> None:
        """Close the connections."""
        self._pages.close()
        self._files.close()

    @contextmanager
    def _file(self, method: str, url: str, **headers: str) -> Iterator[requests.Response]:
        wanted = {"Accept-Encoding": "identity", **headers}  # the length and the parts of the file itself
        try:
            with self._files.request(method, url, headers=wanted, allow_redirects=True, **self._options) as answer:
                yield answer
        except TROUBLE as error:
            raise WebError(plain_words(error)) from error

    def _count(self, answer: requests.Response) -> None:
        if not getattr(answer, "from_cache", False):
            with self._lock:
                self.transferred += answer.raw.tell()


def _session(adapter: requests.adapters.BaseAdapter) -> requests.Session:
    session = requests.Session()
    session.headers.update(AGENT)
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


def _proxies(proxy: str | None) -> dict[str, str] | None:
    return {"http": proxy, "https": proxy} if proxy else None


def page_of(answer: requests.Response, url: str) -> Page:
    """What an answer says; :class:`ValueError` for a page that is larger than 32 MiB."""
    if answer.status_code in (404, 410):
        return Page(state="missing", url=url, detail=f"HTTP {answer.status_code}")
    if not answer.ok:
        return Page(state="unreachable", url=url, detail=f"HTTP {answer.status_code}")
    body = b"".join(_limited(answer))
    kind = answer.headers.get("Content-Type", "text/html")
    return Page(state="found", url=answer.url, content_type=kind, body=body)


def _content_range(answer: requests.Response) -> tuple[int, int, int | None]:
    """The first byte, the last byte and the length of the file that a partial answer names."""
    if not answer.ok:
        raise WebError(f"HTTP {answer.status_code}")
    match = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
    if answer.status_code != requests.codes.partial or match is None:
        raise WebError("the server gives files only whole (it knows no ranges)")
    first, last, total = match.groups()
    return int(first), int(last), None if total == "*" else int(total)


def _limited(answer: requests.Response) -> list[bytes]:
    chunks, size = [], 0
    for chunk in answer.iter_content(65536):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            raise ValueError("the page is larger than 32 MiB")
    return chunks
