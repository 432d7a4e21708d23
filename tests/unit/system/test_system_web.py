"""The door to the network, against a small server on this machine's own loopback address."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mlenv.system.network import Web
from mlenv.system.page import WebDoor, WebError
from mlenv.system.pages import Pages

pytestmark = pytest.mark.enable_socket

FILE = bytes(range(256)) * 16
HEADERS = {"length": "Content-Length", "kind": "Content-Type", "part": "Content-Range", "wait": "Retry-After"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: Counter[str]

    def do_HEAD(self) -> None:
        self.asked["HEAD " + self.path] += 1
        if self.path == "/no-head":
            return self.answer(405)
        return self.answer(200 if self.path in ("/file", "/whole") else 404, FILE)

    def do_GET(self) -> None:
        self.asked[self.path] += 1
        known = {"/file": self.ranges, "/no-head": self.ranges, "/other-part": self.other_part, "/etag": self.etag}
        if self.path in known:
            return known[self.path]()
        if self.path == "/stumbles" and self.asked[self.path] == 1:
            return self.answer(503, wait="0")
        if self.path == "/down":
            return self.answer(503, wait="0")
        if self.path == "/gone":
            return self.answer(404)
        if self.path == "/silent":
            return self.answer(200, b"", length="10", connection="close")
        return self.answer(200, FILE if self.path == "/whole" else self.path.encode(), kind="text/x")

    def ranges(self) -> None:
        first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        if first >= len(FILE):
            return self.answer(416)
        body = FILE[first : last + 1]
        place = f"bytes {first}-{first + len(body) - 1}/{len(FILE)}"
        return self.answer(206, body, part=place)

    def other_part(self) -> None:
        self.answer(206, FILE[:8], part=f"bytes 0-7/{len(FILE)}")

    def etag(self) -> None:
        if self.headers["If-None-Match"] == '"one"':
            self.asked["unchanged"] += 1
            return self.answer(304, etag='"one"')
        return self.answer(200, b"body", etag='"one"')

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"length": str(len(body))} | headers).items():
            self.send_header(HEADERS.get(name, name), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *arguments: object) -> None:
        """A client may go away before the end."""


class Server:
    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        handler = type("Counting", (Handler,), {"asked": self.asked})
        self.http = QuietServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    web = Web(cache_folder=str(tmp_path / "cache"))
    yield web
    web.close()


def test_is_the_door_that_others_are_written_for(web: Web) -> None:
    door: WebDoor = web
    assert 0 == door.transferred


def test_page(server: Server, web: Web) -> None:
    page = web.page(server.url + "/numpy/")
    assert ("found", b"/numpy/", "text/x", 7) == (page.state, page.body, page.content_type, web.transferred)
    assert page == Pages().get(server.url + "/numpy/")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/gone", ("missing", "HTTP 404")),
        ("/down", ("unreachable", "HTTP 503")),
        ("/silent", ("unreachable", "its answer broke off")),
    ],
)
def test_pages_that_cannot_be_had(server: Server, web: Web, path: str, expected: tuple[str, str]) -> None:
    page = web.page(server.url + path)
    assert expected == (page.state, page.detail)


@pytest.mark.parametrize("address", ["ftp://localhost/x", "http://", "simple", "http://[x/"])
def test_addresses_that_are_none(web: Web, address: str) -> None:
    assert ("unreachable", "its address is not one of the web") == (web.page(address).state, web.page(address).detail)
    with pytest.raises(WebError):
        web.size(address)


def test_a_server_that_stumbles_is_asked_again(server: Server, web: Web) -> None:
    assert "found" == web.page(server.url + "/stumbles").state
    assert 2 == server.asked["/stumbles"]


def test_a_fresh_page_is_not_asked_for_again(server: Server, web: Web, tmp_path: Path) -> None:
    first = web.page(server.url + "/numpy/")
    later = Web(cache_folder=str(tmp_path / "cache"))
    assert [first, first] == [web.page(server.url + "/numpy/"), later.page(server.url + "/numpy/")]
    assert (1, 7, 0) == (server.asked["/numpy/"], web.transferred, later.transferred)
    later.close()


def test_a_page_in_another_form_is_another_page(server: Server, web: Web) -> None:
    web.page(server.url + "/numpy/", accept="application/json")
    web.page(server.url + "/numpy/", accept="text/html")
    assert 2 == server.asked["/numpy/"]


def test_an_old_page_is_asked_for_again(server: Server, tmp_path: Path) -> None:
    web = Web(cache_folder=str(tmp_path), ask_again=True)
    bodies = [web.page(server.url + path).body for path in ("/numpy/", "/numpy/", "/etag", "/etag")]
    assert [b"/numpy/", b"/numpy/", b"body", b"body"] == bodies
    assert {"/numpy/": 2, "/etag": 2, "unchanged": 1} == dict(server.asked)
    assert 7 + 7 + 4 == web.transferred
    web.close()


def test_missing_pages_are_not_kept(server: Server, web: Web) -> None:
    assert ["missing", "missing"] == [web.page(server.url + "/gone").state for _ in range(2)]
    assert 2 == server.asked["/gone"]


@pytest.mark.parametrize("junk", [b"", b"junk", b"cc=4,", b"cc=4,\x01", b"cc=4,\x81\xa8response\x01", b"\xff" * 99])
def test_a_damaged_cache_is_no_cache(server: Server, web: Web, tmp_path: Path, junk: bytes) -> None:
    page = web.page(server.url + "/numpy/")
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert 1 == len(kept)
    kept[0].write_bytes(junk)
    assert page == web.page(server.url + "/numpy/")
    assert 2 == server.asked["/numpy/"]


def test_a_cache_that_cannot_be_written_is_no_cache(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    web = Web(cache_folder=str(tmp_path / "file" / "cache"))
    assert b"/numpy/" == web.page(server.url + "/numpy/").body
    web.close()


def test_many_threads(server: Server, web: Web) -> None:
    paths = [f"/{number:03}" for number in range(40)] * 2
    with ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(lambda path: web.page(server.url + path).body, paths))
    assert [path.encode() for path in paths] == bodies
    assert 4 * sum(server.asked.values()) == web.transferred


def test_a_server_that_does_not_answer_is_given_up() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    web = Web()
    details = [web.page(f"http://127.0.0.1:{port}/{number}").detail for number in range(4)]
    assert ["connection refused"] * 3 + ["it did not answer before"] == details
    web.close()


def test_time_out(server: Server) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        web = Web(read_seconds=0.05)
        assert "no answer in time" == web.page(f"http://127.0.0.1:{deaf.getsockname()[1]}/").detail
        web.close()


@pytest.mark.parametrize("path", ["/file", "/no-head"])
def test_size(server: Server, web: Web, path: str) -> None:
    assert len(FILE) == web.size(server.url + path)


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [
        (0, 10, FILE[:10]),
        (250, 600, FILE[250:600]),
        (4000, 9999, FILE[4000:]),
        (7, 7, b""),
        (0, len(FILE), FILE),
    ],
)
def test_read_range(server: Server, web: Web, start: int, stop: int, expected: bytes) -> None:
    assert expected == web.read_range(server.url + "/file", start, stop)
    assert len(expected) == web.transferred


@pytest.mark.parametrize(
    ("path", "start", "expected"),
    [
        ("/whole", 0, "the server gives files only whole (it knows no ranges)"),
        ("/gone", 0, "HTTP 404"),
        ("/file", len(FILE), "HTTP 416"),
        ("/other-part", 8, "the server sent another part of the file than the one asked for"),
    ],
)
def test_ranges_that_cannot_be_had(server: Server, web: Web, path: str, start: int, expected: str) -> None:
    with pytest.raises(WebError) as caught:
        web.read_range(server.url.replace("//", "//me:secret@") + path, start, start + 8)
    assert expected == str(caught.value)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"certificate": "/nowhere/ca.pem"}, "the certificates that are configured are not there"),
        ({"client_certificate": "/nowhere/me.pem"}, "the client certificate that is configured is not there"),
    ],
)
def test_certificates_that_are_not_there(options: dict[str, str], expected: str) -> None:
    web = Web(**options)  # type: ignore[arg-type]
    assert expected == web.page("https://127.0.0.1:9/").detail
    web.close()
