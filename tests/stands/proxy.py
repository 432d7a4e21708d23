"""A proxy on this machine's loopback address: it logs, may ask for credentials, may read TLS."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import SplitResult, urlsplit

import msgspec

from tests.stands.certificates import Authority
from tests.stands.servers import Handler, Stand, basic_credentials

HOP_BY_HOP = {"connection", "proxy-connection", "proxy-authorization", "keep-alive", "transfer-encoding", "te"}
PORTS = {"http": 80, "https": 443}
BLOCK = 65536
POLL_SECONDS = 0.05


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """One request through the proxy.

    ``target`` is ``HOST:PORT`` of a tunnel, the address of a plain request, or of one that was read
    inside a tunnel (``inside``); ``user`` is of the credentials for the proxy, whose password is
    not kept.
    """

    method: str
    target: str
    status: int
    user: str | None = None
    inside: bool = False


class ProxyHandler(Handler):
    """Tunnels (CONNECT), or forwards requests one by one; the same inside a tunnel that it opened."""

    tunnel = ""
    user: str | None = None

    def connect(self) -> None:
        refused = self._refusal(self.path)
        if refused:
            self._refuse(refused, self.path)
            return
        self._log(self.path, 200)
        self.send_response_only(200, "Connection established")
        self.end_headers()
        if self.stand.interceptor is None:
            self._tunnel()
        else:
            self._open_tunnel()

    def serve(self) -> None:
        url = urlsplit(f"https://{self.tunnel}{self.path}" if self.tunnel else self.path)
        target = f"{url.hostname}:{url.port or PORTS.get(url.scheme, 80)}"
        refused = self._refusal(target)
        if refused:
            self._refuse(refused, url.geturl())
        else:
            self._forward(url, self.stand.connect(target, url.scheme))

    def _refusal(self, target: str) -> int | None:
        """The status that keeps the client out, if any; who is inside a tunnel has shown who it is."""
        given = basic_credentials(self.headers.get("Proxy-Authorization"))
        if not self.tunnel:
            self.user = given[0] if given else None
            if self.stand.credentials not in (None, given):
                return 407
        return 403 if self.stand.origin_of(target) is None else None

    def _refuse(self, status: int, target: str) -> None:
        self._log(target, status)
        self.send_response(status)
        if status == 407:
            self.send_header("Proxy-Authenticate", 'Basic realm="stand"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _log(self, target: str, status: int) -> None:
        inside = bool(self.tunnel)
        passed = Passed(method=self.command, target=target, status=status, user=self.user, inside=inside)
        self.stand.passed.append(passed)

    def _forward(self, url: SplitResult, connection: http.client.HTTPConnection) -> None:
        """Ask the origin and hand on what it says; an answer that breaks off does so here too."""
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        with closing(connection):
            try:
                connection.request(self.command, url._replace(scheme="", netloc="").geturl(), headers=headers)
                answer = connection.getresponse()
            except (OSError, http.client.HTTPException):
                self._refuse(502, url.geturl())
                return
            self._log(url.geturl(), answer.status)
            self._hand_on(answer)

    def _hand_on(self, answer: http.client.HTTPResponse) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.end_headers()
        try:
            while block := answer.read1(BLOCK):
                self.wfile.write(block)
        except (OSError, http.client.HTTPException):
            self.close_connection = True
        self.close_connection = self.close_connection or bool(answer.length)

    def _open_tunnel(self) -> None:
        """Speak TLS with the client under a certificate of the proxy's own authority, then serve it."""
        context = self.stand.interceptor.server_context(self.path.rpartition(":")[0])
        if not self.shake_hands(context):
            self.close_connection = True
            return
        self.tunnel = self.path.removesuffix(":443")
        self.close_connection = False

    def _tunnel(self) -> None:
        self.close_connection = True
        try:
            upstream = socket.create_connection(self.stand.origin_of(self.path), timeout=10)
        except OSError:
            return
        with upstream:
            peers = {self.request: upstream, upstream: self.request}
            while not self.stand.closing.is_set():
                for ready in select.select(list(peers), [], [], POLL_SECONDS)[0]:
                    block = ready.recv(BLOCK)
                    if not block:
                        return
                    peers[ready].sendall(block)


class Proxy(Stand):
    """Hands on what its clients ask for; never beyond this machine.

    :param routes: where a host really is: ``{"packages.example.org": index.port}``, always on
        127.0.0.1.  Without a row only 127.0.0.1 and localhost are reached, all else is refused (403).
    :param credentials: user and password that each client must bring.
    :param interceptor: open tunnels and show clients certificates of that authority.
    :param trusts: the authority that signs the origins' certificates, for a proxy that opens tunnels.
    """

    def __init__(
        self,
        *,
        routes: Mapping[str, int] | None = None,
        credentials: tuple[str, str] | None = None,
        interceptor: Authority | None = None,
        trusts: Authority | None = None,
    ) -> None:
        super().__init__(ProxyHandler)
        self.passed: list[Passed] = []
        self.credentials = credentials
        self.interceptor = interceptor
        self._trust = ssl.create_default_context(cafile=str(trusts.bundle) if trusts else None)
        self._routes = dict(routes or {})

    def url(self, *, user: str = "", password: str = "") -> str:
        """The address of the proxy, with credentials where they are given."""
        return f"http://{user}:{password}@127.0.0.1:{self.port}" if user else self.origin

    def origin_of(self, target: str) -> tuple[str, int] | None:
        """Where the host of ``HOST:PORT`` is on this machine; None where it is not."""
        host, _, port = target.rpartition(":")
        if host in self._routes:
            return "127.0.0.1", self._routes[host]
        return ("127.0.0.1", int(port)) if host in ("127.0.0.1", "localhost") else None

    def connect(self, target: str, scheme: str) -> http.client.HTTPConnection:
        """A connection to the host of ``HOST:PORT``, not yet open; its certificate must be for 127.0.0.1."""
        host, port = self.origin_of(target) or ("127.0.0.1", 0)
        if scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=10, context=self._trust)
        return http.client.HTTPConnection(host, port, timeout=10)
