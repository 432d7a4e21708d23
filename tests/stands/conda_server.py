"""A channel on this machine's loopback address, which asks for a login, spoils files and keeps answers back."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, unquote, urlsplit

from tests.stands.servers import Handler, Stand, basic_credentials

NAME = "conda-forge"


class CondaServer(Stand):
    """Serves a folder as the channel ``conda-forge``.

    ``credentials`` are the user and password that it wants, None for neither; ``token`` is one that
    its address must hold, as in ``/t/TOKEN/conda-forge``.  ``change`` may alter
    what is sent of a path; while ``open`` is not set, packages are kept back.  ``asked`` are the
    names of the files that were asked for, ``reached`` is set with the first package.
    """

    def __init__(self, folder: Path, *, credentials: tuple[str, str] | None = None, token: str = "") -> None:
        super().__init__(_ChannelHandler)
        self.folder = folder
        self.credentials = credentials
        self.token = token
        self.change: Callable[[str, bytes], bytes] = lambda _, body: body
        self.open = threading.Event()
        self.open.set()
        self.reached = threading.Event()
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """The address of the channel, without a login."""
        return f"{self.origin}/{NAME}"

    @property
    def login_url(self) -> str:
        """The address with the user and password, or the token."""
        if self.credentials is None:
            return f"{self.origin}/t/{self.token}/{NAME}"
        login = ":".join(quote(word, safe="") for word in self.credentials)
        return self.url.replace("://", f"://{login}@")

    def admits(self, path: str, authorization: str | None) -> bool:
        """Whether a request brings the login that is wanted."""
        if self.token:
            return f"/t/{self.token}/" in path
        return self.credentials is None or basic_credentials(authorization) == self.credentials


class _ChannelHandler(Handler):
    stand: ClassVar[CondaServer]

    def serve(self) -> None:
        place = unquote(urlsplit(self.path).path).partition(f"/{NAME}/")[2]
        self.stand.asked.append(place.rpartition("/")[2])
        if place.endswith((".conda", ".tar.bz2")):
            self.stand.reached.set()
            self.stand.open.wait(30)
        if not self.stand.admits(self.path, self.headers.get("Authorization")):
            self._answer(401, b"")
        elif not (self.stand.folder / place).is_file():
            self._answer(404, b"")
        else:
            self._answer(200, self.stand.change(place, (self.stand.folder / place).read_bytes()))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="channel"')
        self.send_header("ETag", f'"{zlib.crc32(body)}"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


def with_another_end(place: str, body: bytes) -> bytes:
    """Packages that are not those of the listing: a change for a server."""
    return body[:-1] + bytes([body[-1] ^ 1]) if place.endswith((".conda", ".tar.bz2")) else body
