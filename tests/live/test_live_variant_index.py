"""Upstream pages over real HTTP: a stand-in for an index of variants, and the true pages where they are in reach."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mlenv.matrix.rows import Index
from mlenv.matrix.sources.cuda_releases import read_cuda_releases
from mlenv.matrix.sources.published import SourceTrouble
from mlenv.matrix.sources.python_releases import read_series
from mlenv.matrix.sources.variant_index import VariantBuild, published_builds, read_variants
from mlenv.system.network import Web

pytestmark = [pytest.mark.live, pytest.mark.registry]

WHEELS = {
    "/whl/cpu/torch/": (
        "torch-2.5.1-cp312-cp312-manylinux2014_aarch64.whl",
        "torch-2.6.0+cpu-cp312-cp312-win_amd64.whl",
    ),
    "/whl/cu126/torch/": ("torch-2.6.0+cu126-cp312-cp312-manylinux_2_28_x86_64.whl",),
}
TRUE_INDEX = Index(id="pytorch", title="the PyTorch index", url="https://download.pytorch.org/whl/{variant}", source=())


class Stand(BaseHTTPRequestHandler):
    """Serves PEP 503 pages and, as an object store does, answers 403 for what it has not."""

    def do_GET(self) -> None:
        wheels = WHEELS.get(self.path, ())
        links = "".join(f'<a href="/files/{name.replace("+", "%2B")}">{name}</a><br/>' for name in wheels)
        body = f"<!DOCTYPE html><html><body>{links}</body></html>".encode()
        self.send_response(200 if wheels else 403)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base's
        """Say nothing."""


@pytest.fixture
def stand() -> Iterator[Index]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stand)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/whl/{{variant}}"
    yield Index(id="stand", title="a stand-in", url=url, source=())
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    yield web
    web.close()


def test_variants_over_http(stand: Index, web: Web) -> None:
    answers = read_variants(web, stand, "torch", ["cpu", "cu126", "cu130"], newest_python="3.15")
    assert () == answers["cu130"]
    expected = (
        VariantBuild(release="2.6.0", variant="cpu", platform="windows-x86_64", local="cpu", pythons=("3.12",)),
        VariantBuild(release="2.6.0", variant="cu126", platform="linux-x86_64", local="cu126", pythons=("3.12",)),
        VariantBuild(release="2.5.1", variant="cpu", platform="linux-aarch64", local="", pythons=("3.12",)),
    )
    assert expected == published_builds(answers, pythons=["3.12"])


def test_nobody_answers(web: Web) -> None:
    index = Index(id="stand", title="a stand-in", url="http://127.0.0.1:9/whl/{variant}", source=())
    answer = read_variants(web, index, "torch", ["cpu"], newest_python="3.15")["cpu"]
    assert isinstance(answer, SourceTrouble)
    assert ("a stand-in", "connection refused") == (answer.source, answer.phrase)


def test_the_pytorch_index(web: Web) -> None:
    answers = read_variants(web, TRUE_INDEX, "torch", ["cu126", "no-such-variant"], newest_python="3.15")
    if isinstance(answers["cu126"], SourceTrouble):
        pytest.skip(str(answers["cu126"]))
    assert () == answers["no-such-variant"]
    published = {(build.release, build.platform): build for build in published_builds(answers, pythons=["3.12"])}
    assert "cu126" == published["2.7.1", "linux-x86_64"].local


def test_the_release_cycle_of_python(web: Web) -> None:
    table = read_series(web, today=dt.datetime.now(dt.timezone.utc).date())
    if not table.rows:
        pytest.skip(str(table.troubles[0]))
    released = {row.version: row.released for row in table.rows}
    assert dt.date(2025, 10, 7) == released["3.14"]


def test_the_cuda_manifests(web: Web) -> None:
    table = read_cuda_releases(web)
    if not table.rows:
        pytest.skip(str(table.troubles[0]))
    assert () == table.troubles
    assert "580.65.06" == {row.version: row.linux for row in table.rows}["13.0"]
