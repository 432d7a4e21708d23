"""`mlenv matrix update` and `diff`, against a tiny package index on this machine's own loopback address."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import msgspec
import pytest

from mlenv.matrix.load import Matrix
from tests.cli.conftest import Run
from tests.unit.matrix.refresh.refresh_cases import JSON, build, files, framework, page, release
from tests.unit.matrix.refresh.refresh_matrix import make_matrix, texts

pytestmark = pytest.mark.enable_socket
PURE = "py3-none-any"
NOWHERE = "http://127.0.0.1:9/simple"
LATER = dt.date(2026, 11, 24)


class Handler(BaseHTTPRequestHandler):
    pages: dict[str, bytes]

    def do_GET(self) -> None:
        body = self.pages.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", JSON)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class Index:
    """An index that has acme 1.0; ``add`` publishes more of it."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"pages": self.pages}))
        self.root = f"http://127.0.0.1:{self.server.server_port}"
        self.url = f"{self.root}/simple"
        self.files: list[dict[str, Any]] = []
        self.add("1.0")

    def add(self, version: str) -> None:
        separate: dict[str, Any] = {"core-metadata": True}
        listed = files(f"acme-{version}", PURE, **separate)
        self.files += [{**one, "url": f"{self.root}/{one['filename']}"} for one in listed]
        self.pages["/simple/acme/"] = page("acme", self.files).body
        self.pages[f"/acme-{version}-{PURE}.whl.metadata"] = b"Metadata-Version: 2.1\nName: acme\nVersion: 1\n"


@pytest.fixture
def index() -> Iterator[Index]:
    index = Index()
    serve = partial(index.server.serve_forever, poll_interval=0.01)
    threading.Thread(target=serve, daemon=True).start()
    yield index
    index.server.shutdown()
    index.server.server_close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A matrix of acme 1.0."""
    return make_matrix(tmp_path / "matrix", framework(release("1.0", build(glibc="")))).folder


@pytest.fixture
def update(mlenv: Run, tmp_path: Path, folder: Path, index: Index) -> Run:
    """``mlenv matrix update`` of that matrix, with the user's own folders in an empty place."""

    def run(*arguments: str, url: str = index.url) -> CompletedProcess[str]:
        home = {"XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        into = () if "--into" in arguments else ("--into", str(folder))
        return mlenv("matrix", "update", *arguments, *into, "--index-url", url, NO_PROXY="127.0.0.1", **home)

    return run


def test_differences_are_shown_and_nothing_is_written(update: Run, index: Index, folder: Path) -> None:
    index.add("1.1")
    before = texts(folder)
    done = update("acme")
    assert 0 == done.returncode
    assert done.stdout.startswith("frameworks/acme.toml\n  + 1.1\n1 difference; the package index listed 1 of 1")
    assert before == texts(folder)


@pytest.mark.parametrize(("versions", "expected"), [((), 0), (("1.1",), 1), (("1.1rc1",), 0)])
def test_check(update: Run, index: Index, versions: tuple[str, ...], expected: int) -> None:
    for version in versions:
        index.add(version)
    done = update("acme", "--check", "--format", "json")
    document = json.loads(done.stdout)
    assert (expected, expected, False) == (done.returncode, len(document["changes"]), document["written"])


def test_the_second_look_takes_nothing_from_the_network(update: Run) -> None:
    received = [json.loads(update("acme", "--format", "json").stdout)["transferred_bytes"] for _ in range(2)]
    assert received[0] > 0
    assert 0 == received[1]


def test_write_into_a_folder(update: Run, index: Index, folder: Path) -> None:
    index.add("1.1")
    done = update("acme", "--write")
    assert (0, f"written: {folder}") == (done.returncode, done.stderr.strip().splitlines()[-1])
    assert ["1.1", "1.0"] == [row.version for row in Matrix(folder).framework("acme").release]
    written = texts(folder)
    assert "no difference" in update("acme", "--write", "--fresh").stdout
    assert written == texts(folder)


def test_what_was_written_for_the_user_is_used_from_then_on(
    mlenv: Run, update: Run, index: Index, tmp_path: Path
) -> None:
    data = tmp_path / "data" / "mlenv" / "matrix"
    make_matrix(data, framework(release("1.0", build(glibc=""))), day=LATER)
    index.add("1.1")
    home = {"XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = mlenv("matrix", "update", "acme", "--write", "--index-url", index.url, NO_PROXY="127.0.0.1", **home)
    assert (0, f"written: {data}") == (done.returncode, done.stderr.strip().splitlines()[-1])
    shown = json.loads(mlenv("matrix", "show", "acme", "--format", "json", **home).stdout)
    assert (["1.1", "1.0"], Matrix(data).digest) == ([row["version"] for row in shown["rows"]], shown["matrix_digest"])
    machine = tmp_path / "machine.toml"
    machine.write_text('os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.12.4"]\n')
    plan = mlenv("plan", "--with", "acme", "--machine", str(machine), "--format", "json", **home)
    assert (0, "acme==1.1" in plan.stdout) == (plan.returncode, True)
    differs = mlenv("matrix", "diff", "built-in", "user", **home)
    assert (1, True) == (differs.returncode, "frameworks/acme.toml\n  + the file\n" in differs.stdout)
    assert (0, "no difference\n") == ((same := mlenv("matrix", "diff", "user", **home)).returncode, same.stdout)


def test_an_older_copy_of_the_user_is_not_used(mlenv: Run, tmp_path: Path) -> None:
    make_matrix(tmp_path / "mlenv" / "matrix", framework(release("1.0", build(glibc=""))), day=dt.date(2025, 1, 1))
    done = mlenv("matrix", "show", "acme", XDG_DATA_HOME=str(tmp_path))
    assert (2, True) == (done.returncode, "no framework 'acme'" in done.stderr)


@pytest.mark.parametrize(
    "matrix_text", ["schema = 2\nsomething = 1\n", 'schema = 99\nversion = "2099.01.01"\nas_of = 2099-01-01\n']
)
def test_a_copy_of_another_mlenv_is_not_used(mlenv: Run, tmp_path: Path, matrix_text: str) -> None:
    folder = make_matrix(tmp_path / "mlenv" / "matrix", day=LATER).folder
    (folder / "matrix.toml").write_text(matrix_text)
    done = mlenv("matrix", "show", "numpy", XDG_DATA_HOME=str(tmp_path))
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("how", [(), ("--write",), ("--check",), ("--write", "--format", "json")])
def test_an_index_out_of_reach_is_status_5_and_nothing_is_written(update: Run, folder: Path, how: Any) -> None:
    before = texts(folder)
    done = update("acme", *how, url=NOWHERE)
    assert (5, before) == (done.returncode, texts(folder))
    assert "error: the package index could not be read" in done.stderr
    assert "connection refused" in done.stderr
    assert "Traceback" not in done.stderr
    if "json" in how:
        assert msgspec.json.decode(done.stdout)["written"] is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("acme", "--check", "--write"), "--check and --write contradict each other", id="contradiction"),
        pytest.param(("acmee",), "the matrix has no framework 'acmee'", id="unknown-framework"),
        pytest.param(("acme", "--write", "--into", "file"), "is a file", id="into-a-file"),
        pytest.param(
            ("acme", "--into", "broken"), "broken/matrix.toml: lacks the key `schema`", id="into-a-broken-one"
        ),
    ],
)
def test_wrong_use(update: Run, here: Path, arguments: tuple[str, ...], message: str) -> None:
    (here / "file").touch()
    (here / "broken").mkdir()
    (here / "broken" / "matrix.toml").touch()
    done = update(*arguments)
    assert (2, "", 1) == (done.returncode, done.stdout, done.stderr.count("error: "))
    assert message in done.stderr


@pytest.mark.parametrize("name", ["gone", "user"])
def test_diff_of_a_folder_that_is_not_there(mlenv: Run, tmp_path: Path, name: str) -> None:
    done = mlenv("matrix", "diff", name, XDG_DATA_HOME=str(tmp_path / "data"))
    assert (2, "", True) == (done.returncode, done.stdout, "there is no such folder" in done.stderr)
