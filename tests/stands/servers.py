"""What the servers of this folder share: threads, TLS, and no noise."""

from __future__ import annotations

import base64
import binascii
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from typing_extensions import Self


class QuietServer(ThreadingHTTPServer):
    """Says nothing where a client goes away before the end."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients of a server that misbehaves end in the middle."""


class Stand:
    """A server on a free port of 127.0.0.1, running between ``with`` and its end."""

    def __init__(self, handler: type[Handler], context: ssl.SSLContext | None = None) -> None:
        self.failed_handshakes: list[str] = []
        self.closing = threading.Event()
        self._http = QuietServer(("127.0.0.1", 0), type("Bound", (handler,), {"stand": self}))
        self.port = self._http.server_port
        self.context = context
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def origin(self) -> str:
        """``http://127.0.0.1:PORT``, or https."""
        return f"{'http' if self.context is None else 'https'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 for a :class:`Stand`, with TLS where it has a context."""

    protocol_version = "HTTP/1.1"
    stand: ClassVar[Any]

    def setup(self) -> None:
        """Shake hands here: in the listening thread one slow client would keep all waiting."""
        super().setup()
        if self.stand.context is not None and not self.shake_hands(self.stand.context):
            raise ConnectionAbortedError

    def shake_hands(self, context: ssl.SSLContext) -> bool:
        """Go on in TLS on this connection; False where the client would not."""
        try:
            self.request = context.wrap_socket(self.request, server_side=True)
        except OSError as error:
            self.stand.failed_handshakes.append(str(error))
            return False
        super().setup()
        return True

    def do_GET(self) -> None:
        self.serve()

    def do_HEAD(self) -> None:
        self.serve()

    def do_CONNECT(self) -> None:
        self.connect()

    def serve(self) -> None:
        """Answer GET or HEAD."""
        raise NotImplementedError

    def connect(self) -> None:
        """Answer CONNECT."""
        self.send_error(405)

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base's
        """Say nothing."""


def basic_credentials(header: str | None) -> tuple[str, str] | None:
    """User and password of an ``Authorization`` or ``Proxy-Authorization`` header."""
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password
