"""Fetching large files, against a small server on this machine's own loopback address."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mlenv.system.access import Access, local_path, split_login
from mlenv.system.download import Downloads
from mlenv.system.transfer import DownloadError, WantedFile

pytestmark = pytest.mark.enable_socket

FILE = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(FILE).hexdigest()
HALF = len(FILE) // 2


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: Counter[str]
    ranges: list[str]
    seen: list[str]
    held = threading.Event()
    reached = threading.Event()

    def do_GET(self) -> None:
        self.asked[self.path] += 1
        self.ranges.append(self.headers.get("Range", ""))
        self.seen.append(self.headers.get("Authorization", ""))
        getattr(self, "get_" + self.path.strip("/").replace("-", "_").partition(".")[0], self.get_file)()

    def get_file(self) -> None:
        self.answer(200, FILE)

    def get_stumbles(self) -> None:
        self.answer(200 if self.asked[self.path] > 2 else 503, FILE)

    def get_down(self) -> None:
        self.answer(503)

    def get_gone(self) -> None:
        self.answer(404)

    def get_broken(self) -> None:
        """The first answer breaks off in the middle, the next goes on from there."""
        if self.asked[self.path] == 1:
            self.answer(200, FILE[:HALF], length=len(FILE))
            self.close_connection = True
            return
        start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
        self.answer(206, FILE[start:], part=f"bytes {start}-{len(FILE) - 1}/{len(FILE)}")

    def get_broken_whole(self) -> None:
        """The same from a server that knows no ranges."""
        first = self.asked[self.path] == 1
        self.answer(200, FILE[:HALF] if first else FILE, length=len(FILE))
        self.close_connection = first

    def get_damaged_once(self) -> None:
        self.answer(200, bytes(len(FILE)) if self.asked[self.path] == 1 else FILE)

    def get_damaged(self) -> None:
        self.answer(200, bytes(len(FILE)))

    def get_endless(self) -> None:
        self.answer(200, FILE * 4)

    def get_login(self) -> None:
        wanted = "Basic " + base64.b64encode(b"me:secret").decode()
        self.answer(200 if self.headers.get("Authorization") == wanted else 401, FILE)

    def get_waits(self) -> None:
        self.answer(200, FILE[:HALF], length=len(FILE))
        self.reached.set()
        self.held.wait(30)
        self.close_connection = True

    def answer(self, status: int, body: bytes = b"", *, length: int | None = None, part: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("ETag", '"one"')
        if part:
            self.send_header("Content-Range", part)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is part of these tests."""


@pytest.fixture
def server() -> Iterator[str]:
    Handler.asked, Handler.ranges, Handler.seen = Counter(), [], []
    Handler.held.clear()
    Handler.reached.clear()
    with QuietServer(("127.0.0.1", 0), Handler) as one:
        threading.Thread(target=one.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{one.server_port}"
        Handler.held.set()
        one.shutdown()


def want(folder: Path, address: str, *, name: str = "file", size: int | None = len(FILE)) -> WantedFile:
    return WantedFile(name=name, address=address, target=folder / name, hashes={"sha256": SHA256}, size=size)


def downloads(access: Access | None = None) -> Downloads:
    return Downloads(access, pause=lambda _: None)


def test_several_files_arrive_whole_and_progress_is_told(server: str, tmp_path: Path) -> None:
    told: dict[str, tuple[int, int | None]] = {}
    wanted = [want(tmp_path, f"{server}/file", name=f"file-{number}") for number in range(9)]
    done = downloads().fetch(wanted, lambda name, so_far, total: told.update({name: (so_far, total)}))
    assert {(SHA256, len(FILE))} == {(file.sha256, file.size) for file in done}
    assert {file.name: (len(FILE), len(FILE)) for file in wanted} == told
    assert {file.name for file in wanted} == {path.name for path in tmp_path.iterdir()}
    assert FILE == (tmp_path / "file-3").read_bytes()


def test_a_server_that_stumbles_is_asked_again(server: str, tmp_path: Path) -> None:
    downloads().fetch([want(tmp_path, f"{server}/stumbles")])
    assert 3 == Handler.asked["/stumbles"]


def test_what_broke_off_goes_on_where_it_was(server: str, tmp_path: Path) -> None:
    downloads().fetch([want(tmp_path, f"{server}/broken")])
    assert FILE == (tmp_path / "file").read_bytes()
    assert "" == Handler.ranges[0]
    assert Handler.ranges[1].startswith("bytes=")
    assert Handler.ranges[1] != "bytes=0-"


def test_a_server_without_ranges_sends_it_all_again(server: str, tmp_path: Path) -> None:
    downloads().fetch([want(tmp_path, f"{server}/broken-whole")])
    assert FILE == (tmp_path / "file").read_bytes()


def test_a_damaged_file_is_fetched_anew_once(server: str, tmp_path: Path) -> None:
    downloads().fetch([want(tmp_path, f"{server}/damaged-once")])
    assert FILE == (tmp_path / "file").read_bytes()
    assert ["", ""] == Handler.ranges


@pytest.mark.parametrize(
    ("path", "said", "times"),
    [
        ("damaged", "is not the locked file", 2),
        ("endless", "is longer than the", 2),
        ("gone", "HTTP 404", 1),
        ("down", "HTTP 503 (tried 5 times)", 5),
        ("login", "HTTP 401, it wants a login", 1),
    ],
)
def test_what_cannot_be_had_leaves_nothing(server: str, tmp_path: Path, path: str, said: str, times: int) -> None:
    with pytest.raises(DownloadError, match=re.escape(said)) as caught:
        downloads().fetch([want(tmp_path, f"{server}/{path}")])
    assert "file" == caught.value.name
    assert times == Handler.asked[f"/{path}"]
    assert [] == list(tmp_path.iterdir())


def test_a_file_of_another_size_is_refused(server: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=f"has {len(FILE)} bytes where the lock says {len(FILE) + 1}"):
        downloads().fetch([want(tmp_path, f"{server}/file", size=len(FILE) + 1)])
    assert [] == list(tmp_path.iterdir())


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="refused"):
        downloads().fetch([want(tmp_path, "http://127.0.0.1:9/file")])
    assert [] == list(tmp_path.iterdir())


def test_the_login_comes_from_the_address_or_from_who_knows_it(server: str, tmp_path: Path) -> None:
    address = server.replace("//", "//me:secret@") + "/login"
    downloads().fetch([want(tmp_path, address)])
    access = Access(login=lambda url: ("me", "secret") if url.endswith("/login") else None)
    downloads(access).fetch([want(tmp_path, f"{server}/login", name="other")])
    assert FILE == (tmp_path / "other").read_bytes()


def test_netrc_is_honoured(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    downloads().fetch([want(tmp_path, f"{server}/login")])
    assert FILE == (tmp_path / "file").read_bytes()


def test_stopping_leaves_nothing(server: str, tmp_path: Path) -> None:
    def stop(name: str, so_far: int, total: int | None) -> None:
        Handler.reached.wait(30)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        downloads().fetch([want(tmp_path, f"{server}/waits")], stop)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["path", "address"])
def test_a_local_file_is_copied_and_checked(tmp_path: Path, kind: str) -> None:
    source = tmp_path / "a ü+b.whl"
    source.write_bytes(FILE)
    address = str(source) if kind == "path" else source.as_uri()
    (done,) = downloads().fetch([want(tmp_path, address, name="copy")])
    assert SHA256 == done.sha256
    assert FILE == (tmp_path / "copy").read_bytes()


def test_a_local_file_that_is_another_or_missing(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"other")
    with pytest.raises(DownloadError, match="is not the locked file"):
        downloads().fetch([want(tmp_path, str(tmp_path / "other"), name="copy", size=None)])
    with pytest.raises(DownloadError, match="No such file"):
        downloads().fetch([want(tmp_path, str(tmp_path / "missing"), name="copy")])
    assert ["other"] == [path.name for path in tmp_path.iterdir()]


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (done,) = Downloads().fetch([WantedFile(name="e", address=str(tmp_path / "empty"), target=tmp_path / "copy")])
    assert 0 == done.size
    assert (tmp_path / "copy").is_file()


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("file:///srv/a%20b/c.whl", "/srv/a b/c.whl"),
        ("file:///C:/wheels/c.whl", "C:/wheels/c.whl"),
        ("C:\\wheels\\c.whl", "C:\\wheels\\c.whl"),
        ("/srv/c.whl", "/srv/c.whl"),
        ("https://example.org/c.whl", None),
    ],
)
def test_local_path(address: str, path: str | None) -> None:
    assert path == local_path(address)


def test_split_login() -> None:
    assert ("https://example.org:8443/a", ("me", "p@ss")) == split_login("https://me:p%40ss@example.org:8443/a")
    assert ("https://example.org/a", None) == split_login("https://example.org/a")
