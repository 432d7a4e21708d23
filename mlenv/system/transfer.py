"""One large file from the network or from a folder, proven by its hashes and size.

Proxies and ``netrc`` are honoured by ``requests``; the rest of the user's settings comes as
:class:`Access`.
"""
# ruff: noqa: TID251 - a part of the one door, apart so that a command that reads two pages loads none of it

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import requests
import urllib3

from mlenv.system.access import Access, local_path, open_session, split_login
from mlenv.system.adapters import LONGEST_WAIT
from mlenv.system.network import CONNECT_SECONDS, TROUBLE
from mlenv.system.network_trouble import plain_words
from mlenv.system.sink import Sink

TRIES = 5
"""So many times in a row a file may bring nothing new before it counts as out of reach."""
MOST_TRIES = 60
READ_SECONDS = 30.0
CHUNK = 256 * 1024
FIRST_WAIT = 0.3
PASSING = (408, 425, 429, 500, 502, 503, 504)
"""Statuses after which a server may well answer the next time."""

# bytes 1024-146514/146515
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")

Tell = Callable[[str, int, "int | None"], None]


class WantedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to fetch: ``address`` is of the web, of a file, or a path; ``size`` in bytes where it is known.

    ``hashes`` are hexadecimal, by algorithm; all of them must hold.
    """

    name: str
    address: str
    target: Path
    hashes: dict[str, str] = {}
    size: int | None = None


class FetchedFile(msgspec.Struct, frozen=True, kw_only=True):
    """What came: the SHA-256 and the size in bytes."""

    sha256: str
    size: int


class DownloadError(Exception):
    """A file could not be had; ``name`` is the file's, the text one clear phrase."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class _PassingError(Exception):
    """What may be over the next time; ``wait`` is what the server asks for, in seconds."""

    def __init__(self, text: str, wait: float = 0.0) -> None:
        super().__init__(text)
        self.wait = wait


class StoppedError(Exception):
    """Another file failed, or the user stopped the work."""


class Transfer:
    """Fetches one file after another over its own connections, until ``stop`` is set.

    ``tell`` hears a file's name, its bytes so far and in all; ``pause`` waits some seconds between
    two tries.  ``live`` is the answer that is being read, None between two.
    """

    def __init__(
        self,
        access: Access,
        stop: threading.Event,
        tell: Tell,
        *,
        tries: int = TRIES,
        read_seconds: float = READ_SECONDS,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self.live: requests.Response | None = None
        self._access = access
        self._stop = stop
        self._tell = tell
        self._tries = tries
        self._read_seconds = read_seconds
        self._pause = pause or stop.wait
        self._session = open_session(access)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def interrupt(self) -> None:
        """End a read that waits; from another thread, after ``stop`` was set."""
        shut = getattr(getattr(self.live, "raw", None), "shutdown", None)  # urllib3 2.3 and newer
        if shut is not None:
            with suppress(ValueError, RuntimeError, OSError):  # it ended just now
                shut()

    def get(self, wanted: WantedFile) -> FetchedFile:
        """The file, in its place; what came damaged is fetched anew once.

        :class:`DownloadError` where it cannot be had, :class:`StoppedError` where the work was stopped;
        then nothing of it stays.
        """
        sink = Sink(wanted.target, wanted.hashes, wanted.size)
        try:
            for last in (False, True):
                self._fill(wanted, sink)
                trouble = sink.trouble()
                if not trouble:
                    sink.finish()
                    return FetchedFile(sha256=sink.sha256, size=sink.size)
                if last:
                    raise DownloadError(wanted.name, trouble)
                sink.restart()
            raise AssertionError
        except OSError as error:
            raise DownloadError(wanted.name, f"cannot be written ({error.strerror or error})") from None
        finally:
            sink.discard()

    def _fill(self, wanted: WantedFile, sink: Sink) -> None:
        folder_path = local_path(wanted.address)
        if folder_path is not None:
            self._copy(folder_path, wanted, sink)
            return
        idle, tries = 0, 0
        while True:
            before = sink.size
            tries += 1
            try:
                self._transfer(wanted, sink)
            except _PassingError as trouble:
                idle = 0 if sink.size > before else idle + 1
                if idle >= self._tries or tries >= MOST_TRIES:
                    raise DownloadError(wanted.name, f"{trouble} (tried {tries} times)") from None
                self._pause(max(trouble.wait, min(FIRST_WAIT * 2**idle, LONGEST_WAIT)))
                self._check_stop()
            else:
                return

    def _copy(self, path: str, wanted: WantedFile, sink: Sink) -> None:
        try:
            stream = open(path, "rb")  # noqa: SIM115 - only the opening may fail this way
        except OSError as error:
            raise DownloadError(wanted.name, f"{path}: {error.strerror or error}") from None
        with stream:
            while chunk := stream.read(CHUNK):
                self._take(chunk, wanted, sink, wanted.size)
                if sink.too_long:
                    return

    def _transfer(self, wanted: WantedFile, sink: Sink) -> None:
        """Ask once, for what is missing; :class:`_PassingError` where asking again may help."""
        address, login = split_login(wanted.address)
        if self._access.login is not None:
            login = self._access.login(wanted.address) or login
        headers = {"Accept-Encoding": "identity", **sink.resumption()}  # the bytes of the file itself
        try:
            with self._session.get(address, headers=headers, auth=login, **self._options()) as answer:
                self.live = answer
                try:
                    self._receive(answer, wanted, sink)
                finally:
                    self.live = None
        except TROUBLE as error:
            self._check_stop()
            if not _may_pass(error):
                raise DownloadError(wanted.name, plain_words(error)) from None
            raise _PassingError(plain_words(error)) from None

    def _options(self) -> dict[str, Any]:
        # Of each request, not of the session: there requests lets variables win over them.
        proxy, access = self._access.proxy, self._access
        return {
            "timeout": (CONNECT_SECONDS, self._read_seconds),
            "verify": access.certificate or True,
            "cert": access.client_certificate,
            "proxies": {"http": proxy, "https": proxy} if proxy else None,
            "stream": True,
        }

    def _receive(self, answer: requests.Response, wanted: WantedFile, sink: Sink) -> None:
        _check_status(answer, wanted.name)
        if not _goes_on(answer, sink):
            sink.restart()
            sink.note_version(answer.headers)
            if answer.status_code == requests.codes.partial:
                raise _PassingError("the server sent another part of the file than the one asked for")
        length = answer.headers.get("Content-Length", "")
        stop = sink.size + int(length) if length.isdigit() else None
        for chunk in answer.raw.stream(CHUNK, decode_content=False):
            self._take(chunk, wanted, sink, wanted.size or stop)
            if sink.too_long:
                return
        if stop is not None and sink.size < stop:
            raise _PassingError("its answer broke off")

    def _take(self, chunk: bytes, wanted: WantedFile, sink: Sink, total: int | None) -> None:
        self._check_stop()
        try:
            sink.write(chunk)
        except OSError as error:  # not to be taken for the network's
            raise DownloadError(wanted.name, f"cannot be written ({error.strerror or error})") from None
        self._tell(wanted.name, sink.size, total)

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise StoppedError


def _check_status(answer: requests.Response, name: str) -> None:
    status = answer.status_code
    if status in PASSING:
        wait = answer.headers.get("Retry-After", "")
        raise _PassingError(f"HTTP {status}", min(float(wait), LONGEST_WAIT) if wait.isdigit() else 0.0)
    if status == requests.codes.requested_range_not_satisfiable:
        return  # what was kept is of no use: it is asked for anew
    if not answer.ok:
        login = ", it wants a login" if status in (401, 403) else ""
        raise DownloadError(name, f"HTTP {status}{login}")


def _goes_on(answer: requests.Response, sink: Sink) -> bool:
    """Whether the answer is what is missing of the file; else it is the whole, or of no use."""
    if answer.status_code == requests.codes.requested_range_not_satisfiable:
        sink.restart()
        raise _PassingError("the server no longer has the file that it began to send")
    match = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
    return answer.status_code == requests.codes.partial and match is not None and int(match[1]) == sink.size


def _may_pass(error: Exception) -> bool:
    """Whether the next try may end better: not where a certificate, an address or a setting is wrong."""
    if isinstance(error, requests.exceptions.SSLError):
        return False
    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, (*passing, urllib3.exceptions.HTTPError, ConnectionError, TimeoutError))
