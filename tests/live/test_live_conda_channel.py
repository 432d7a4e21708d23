"""Conda channels over HTTP: what is fetched, what is honoured, and how a reader ends."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mlenv.matrix.sources.conda_channel import read_package
from mlenv.matrix.sources.conda_route import route_of
from mlenv.matrix.sources.published import SourceTrouble

pytest.importorskip("rattler")
pytestmark = pytest.mark.live

PYTHONS = ("3.13", "3.12")
PACKAGES = {
    "pytorch": ("cuda129_generic_py312_h1_200", ["python >=3.12,<3.13.0a0", "__cuda", "cuda-version >=12.9,<13"]),
    "numpy": ("py312h1_0", ["python >=3.12,<3.13.0a0"]),
}


class Server(ThreadingHTTPServer):
    """Serves a folder on this computer and remembers the paths that were asked for."""

    def __init__(self, folder: Path, *, delay: float = 0) -> None:
        self.asked: list[str] = []
        self.delay = delay
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def names(self) -> list[str]:
        """The ends of the paths, each once."""
        return sorted({path.rpartition("/")[2] for path in self.asked})


class Handler(SimpleHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        time.sleep(self.server.delay)
        # Its "not modified" lacks the date that rattler wants to see in one.
        del self.headers["If-Modified-Since"]
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Nothing is printed."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A channel of two packages, indexed by rattler, in shards too."""
    from rattler.index import index_fs

    folder = tmp_path_factory.mktemp("channel")
    (folder / "noarch").mkdir()
    (folder / "linux-64").mkdir()
    for name, (build, depends) in PACKAGES.items():
        index = {"name": name, "version": "1.0", "build": build, "build_number": 0, "depends": depends}
        _write_archive(folder / f"linux-64/{name}-1.0-{build}.tar.bz2", {**index, "subdir": "linux-64"})
    asyncio.run(index_fs(folder))
    return folder


def _write_archive(path: Path, index: dict[str, Any]) -> None:
    body = json.dumps(index).encode()
    with tarfile.open(path, "w:bz2") as archive:
        member = tarfile.TarInfo("info/index.json")
        member.size = len(body)
        archive.addfile(member, io.BytesIO(body))


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    yield server
    server.shutdown()
    server.server_close()


def test_only_the_shard_of_the_package_is_fetched(server: Server, tmp_path: Path) -> None:
    found = read_package(server.url, "pytorch", ["linux-x86_64"], pythons=PYTHONS, cache=str(tmp_path))
    assert [("cuda129", ("3.12",))] == [(build.kind, build.pythons) for build in found.releases[0].builds]
    index, shard = sorted(server.names(), key=len)
    assert ("repodata_shards.msgpack.zst", 64) == (index, len(shard.removesuffix(".msgpack.zst")))


def test_what_is_in_the_cache_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        read_package(server.url, "pytorch", ["linux-x86_64"], pythons=PYTHONS, cache=str(tmp_path))
    assert 1 == sum(not path.endswith("repodata_shards.msgpack.zst") for path in server.asked)


def test_proxy_of_the_environment(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    with pytest.raises(SourceTrouble):
        read_package("http://channel.invalid/there", "pytorch", pythons=PYTHONS, cache=str(tmp_path))
    assert {"http://channel.invalid/there"} == {path.rsplit("/", 2)[0] for path in server.asked}


def test_a_server_that_does_not_answer(folder: Path, tmp_path: Path) -> None:
    server = Server(folder, delay=5)
    start = time.monotonic()
    with pytest.raises(SourceTrouble) as caught:
        read_package(server.url, "pytorch", pythons=PYTHONS, cache=str(tmp_path), timeout=1)
    assert ("no answer", True) == (caught.value.phrase[:9], time.monotonic() - start < 3)


def test_an_interpreter_that_ends_at_once_ends_well(tmp_path: Path) -> None:
    # Without the pause after a question one in ten to thirty of these crashes.
    asking = (
        "from mlenv.matrix.sources.conda_channel import read_package\n"
        "from mlenv.matrix.sources.published import SourceTrouble\n"
        "try: read_package('./nowhere', 'pytorch', pythons=())\n"
        "except SourceTrouble: pass\n"
    )
    children = [
        subprocess.run([sys.executable, "-c", asking], cwd=tmp_path, timeout=60, check=False) for _ in range(20)
    ]
    assert [0] * 20 == [child.returncode for child in children]


def test_conda_forge(tmp_path: Path) -> None:
    try:
        found = route_of(read_package("conda-forge", "pytorch", cache=str(tmp_path)))
    except SourceTrouble as trouble:
        pytest.skip(str(trouble))
    assert found is not None
    assert {"cpu": "*cpu*", "cuda": "*cuda*"} == found.selectors
    assert {"linux-x86_64", "macos-arm64"} <= set(found.platforms)
    assert all(build.cuda and build.pythons for build in found.builds if build.accelerator == "cuda")
