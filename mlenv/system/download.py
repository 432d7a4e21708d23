"""Large files from the network or from folders, several at once, each proven by its hashes and size.

Proxies and ``netrc`` are honoured by ``requests``; the rest of the user's settings comes as
:class:`Access`.
"""
# ruff: noqa: TID251 - a part of the one door, apart so that a command that reads two pages loads none of it

from __future__ import annotations

import queue
import re
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
import requests
import urllib3

from mlenv.system.adapters import LONGEST_WAIT
from mlenv.system.network import AGENT, CONNECT_SECONDS, TROUBLE
from mlenv.system.network_trouble import plain_words
from mlenv.system.sink import Sink

THREADS = 4
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

Login = Callable[[str], "tuple[str, str] | None"]
OnProgress = Callable[[str, int, "int | None"], None]


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


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What a server asks for: certificates, a proxy beside those of variables, a login for an address.

    ``trusted_hosts`` (``host`` or ``host:port``) are believed without a certificate.
    """

    certificate: str | None = None
    client_certificate: str | None = None
    proxy: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    login: Login | None = None


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


class _StoppedError(Exception):
    """Another file failed, or the user stopped the work."""


class Downloads:
    """Fetches files; :meth:`fetch` ends with all of them in place, or with none that is half.

    ``pause`` waits some seconds between two tries (for tests).
    """

    def __init__(
        self,
        access: Access | None = None,
        *,
        threads: int = THREADS,
        tries: int = TRIES,
        read_seconds: float = READ_SECONDS,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._access = access or Access()
        self._threads = threads
        self._tries = tries
        self._read_seconds = read_seconds
        self._stop = threading.Event()
        self._pause = pause or self._stop.wait
        self._told: queue.SimpleQueue[tuple[str, int, int | None] | None] = queue.SimpleQueue()
        self._live: set[requests.Response] = set()
        if self._access.trusted_hosts:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def fetch(self, wanted: Sequence[WantedFile], on_progress: OnProgress | None = None) -> tuple[FetchedFile, ...]:
        """Fetch every file; :class:`DownloadError` for the first that cannot be had.

        ``on_progress`` is told the file's name, its bytes so far and in all (None where nobody knows),
        in the thread of the caller.
        """
        self._stop.clear()
        work = _Work(wanted)
        workers = [threading.Thread(target=self._drain, args=(work,), daemon=True) for _ in range(self._threads)]
        for worker in workers:
            worker.start()
        try:
            self._listen(workers, on_progress)
        except BaseException:
            self._halt(workers)
            raise
        if work.error is not None:
            raise work.error
        return tuple(work.done[number] for number in range(len(wanted)))

    def _listen(self, workers: Sequence[threading.Thread], on_progress: OnProgress | None) -> None:
        """Pass on what the workers tell, until the last of them says that it is over."""
        over = 0
        while over < len(workers):
            try:
                told = self._told.get(timeout=0.5)  # a wait without end would be deaf to Ctrl-C on Windows
            except queue.Empty:
                continue
            if told is None:
                over += 1
            elif on_progress is not None:
                on_progress(*told)

    def _halt(self, workers: Sequence[threading.Thread]) -> None:
        self._stop.set()
        for answer in tuple(self._live):
            shut = getattr(answer.raw, "shutdown", None)  # urllib3 2.3 and newer: ends a read that waits
            if shut is not None:
                with suppress(ValueError, RuntimeError, OSError):  # it ended just now
                    shut()
        for worker in workers:
            worker.join(1.0)

    def _drain(self, work: _Work) -> None:
        session = _open_session(self._access)
        try:
            while not self._stop.is_set() and (task := work.take()) is not None:
                number, wanted = task
                work.done[number] = self._get(session, wanted)
        except _StoppedError:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller must hear of it
            work.error = work.error or error
            self._stop.set()
        finally:
            session.close()
            self._told.put(None)

    def _get(self, session: requests.Session, wanted: WantedFile) -> FetchedFile:
        """One file; what came damaged is fetched anew once."""
        sink = Sink(wanted.target, wanted.hashes, wanted.size)
        try:
            for last in (False, True):
                self._fill(session, wanted, sink)
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

    def _fill(self, session: requests.Session, wanted: WantedFile, sink: Sink) -> None:
        folder_path = local_path(wanted.address)
        if folder_path is not None:
            self._copy(folder_path, wanted, sink)
            return
        idle, tries = 0, 0
        while True:
            before = sink.size
            tries += 1
            try:
                self._transfer(session, wanted, sink)
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

    def _transfer(self, session: requests.Session, wanted: WantedFile, sink: Sink) -> None:
        """Ask once, for what is missing; :class:`_PassingError` where asking again may help."""
        address, login = split_login(wanted.address)
        if self._access.login is not None:
            login = self._access.login(wanted.address) or login
        headers = {"Accept-Encoding": "identity", **sink.resumption()}  # the bytes of the file itself
        try:
            with session.get(address, headers=headers, auth=login, **self._options()) as answer:
                self._live.add(answer)
                try:
                    self._receive(answer, wanted, sink)
                finally:
                    self._live.discard(answer)
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
        self._told.put((wanted.name, sink.size, total))

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise _StoppedError


class _Work:
    """What is to be done, what is done, and the first that failed."""

    def __init__(self, wanted: Sequence[WantedFile]) -> None:
        self._left = deque(enumerate(wanted))
        self.done: dict[int, FetchedFile] = {}
        self.error: Exception | None = None

    def take(self) -> tuple[int, WantedFile] | None:
        try:
            return self._left.popleft()
        except IndexError:
            return None


class _TrustingAdapter(requests.adapters.HTTPAdapter):
    """Asks no certificate of trusted hosts, and of those alone: also where a server sends one elsewhere."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = {urlsplit(host).netloc if "://" in host else host for host in hosts}
        super().__init__(pool_connections=THREADS, pool_maxsize=THREADS)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        names = {parts.hostname or "", f"{parts.hostname}:{parts.port or 443}"}
        if names & self._hosts:
            options["verify"] = False
        return super().send(request, *args, **options)


def local_path(address: str) -> str | None:
    """The path that an address names: a path itself or a ``file:`` address; None for those of the web."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        path = unquote(parts.path)
        return path[1:] if path[2:3] == ":" else path  # file:///C:/wheels
    return address if len(parts.scheme) <= 1 else None  # one letter is a Windows drive


def split_login(address: str) -> tuple[str, tuple[str, str] | None]:
    """An address without its user name and password, and these."""
    parts = urlsplit(address)
    if "@" not in parts.netloc:
        return address, None
    login, _, host = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    return parts._replace(netloc=host).geturl(), (unquote(user), unquote(password))


def _open_session(access: Access) -> requests.Session:
    session = requests.Session()
    session.headers.update(AGENT)
    for scheme in ("http://", "https://"):
        session.mount(scheme, _TrustingAdapter(access.trusted_hosts))
    return session


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
