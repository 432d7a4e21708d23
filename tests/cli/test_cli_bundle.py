"""``mlenv bundle``, as a user calls it; package sources are local folders and small servers."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import jsonschema
import pytest
import uv

from mlenv.bundle.opening import is_bundle, open_bundle
from tests.cli.conftest import Run
from tests.unit.bundle.making import make_wheel

pytestmark = pytest.mark.enable_socket
SERIES = f"{sys.version_info.major}.{sys.version_info.minor}"
MACHINE = """
os = "linux"
arch = "aarch64"
libc = "glibc 2.31"
python = ["3.12.4"]
ram_gib = 8
disk_free_gib = 100
wsl = false
container = false
"""


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    make_wheel(folder, "lower")
    make_wheel(folder, "upper")
    return folder


def make_source(folder: Path, tag: str) -> None:
    """``grown``, which comes as source alone and becomes a wheel with that tag."""
    backend = f"""
import zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "grown-1.0-{tag}.whl"
    info = "grown-1.0.dist-info"
    with zipfile.ZipFile(folder + "/" + name, "w") as wheel:
        wheel.writestr("grown.py", "")
        wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: grown\\nVersion: 1.0\\n")
        wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: {tag}\\n")
        wheel.writestr(info + "/RECORD", "")
    return name
"""
    texts = {
        "PKG-INFO": "Metadata-Version: 2.1\nName: grown\nVersion: 1.0\n",
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": backend,
    }
    with tarfile.open(folder / "grown-1.0.tar.gz", "w:gz") as tar:
        for name, text in texts.items():
            member = tarfile.TarInfo(f"grown-1.0/{name}")
            member.size = len(text)
            tar.addfile(member, BytesIO(text.encode()))


def bundle(mlenv: Run, tmp_path: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return mlenv("bundle", *arguments, UV_CACHE_DIR=str(tmp_path / "cache"), **environ)


def offline(wheels: Path, *more: str) -> tuple[str, ...]:
    return ("--offline", "--find-links", str(wheels), "--with", "lower", "--with", "upper", *more)


def test_a_bundle_is_gathered_told_and_opens(mlenv: Run, here: Path, wheels: Path, tmp_path: Path) -> None:
    done = bundle(mlenv, tmp_path, *offline(wheels), "--output", "out", "--format", "json")
    assert 0 == done.returncode, done.stderr
    document = json.loads(done.stdout)
    jsonschema.Draft202012Validator(json.loads(mlenv("schema", "bundle").stdout)).validate(document)
    assert ("mlenv.bundle/1", "folder") == (document["schema"], document["output"]["kind"])
    opened = open_bundle(here / "out")
    assert ["lower", "upper"] == sorted(package.name for package in opened.lock.packages)
    assert [document["output"], None] == [document.pop("output"), opened.manifest.output]
    assert ["out"] == [path.name for path in here.iterdir()]
    assert str(wheels) not in (here / "out/pylock.toml").read_text()


def test_the_report_says_how_it_is_used(mlenv: Run, here: Path, wheels: Path, tmp_path: Path) -> None:
    done = bundle(mlenv, tmp_path, *offline(wheels), "--output", "out.zip")
    assert 0 == done.returncode, done.stderr
    assert "2 packages" in done.stdout
    assert f"mlenv install --offline --find-links {here / 'out.zip'} --env TARGET" in done.stdout
    assert is_bundle(here / "out.zip")


@pytest.mark.parametrize("name", ["out.tar", "out.tar.gz", "out.zip"])
def test_the_same_twice_is_the_same(mlenv: Run, here: Path, wheels: Path, tmp_path: Path, name: str) -> None:
    made = []
    for _ in range(2):
        done = bundle(mlenv, tmp_path, *offline(wheels), "--output", name, "--force", SOURCE_DATE_EPOCH="1700000000")
        assert 0 == done.returncode, done.stderr
        made.append(hashlib.sha256((here / name).read_bytes()).hexdigest())
    assert made[0] == made[1]


def test_the_script_works_where_neither_mlenv_nor_network_is(
    mlenv: Run, here: Path, wheels: Path, tmp_path: Path
) -> None:
    if sys.platform == "win32" or not shutil.which("sh"):
        pytest.skip("needs a POSIX shell")
    done = bundle(mlenv, tmp_path, *offline(wheels), "--python", SERIES, "--output", "out.tar")
    assert 0 == done.returncode, done.stderr
    with tarfile.open(here / "out.tar") as tar:
        tar.extractall(here, filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(here)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "uv").symlink_to(uv.find_uv_bin())
    environ = {"PATH": f"{tools}:/usr/bin:/bin", "HOME": str(tmp_path), "PYTHON": sys.executable}
    script = ["sh", str(here / "out/install.sh"), "my env"]
    done = subprocess.run(script, cwd=here, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert 0 == done.returncode, done.stderr
    assert 0 == subprocess.run([here / "my env/bin/python", "-c", "import lower, upper"], check=False).returncode


def test_what_is_there_stays_unless_forced(mlenv: Run, here: Path, wheels: Path, tmp_path: Path) -> None:
    (here / "out.tar").write_bytes(b"mine")
    done = bundle(mlenv, tmp_path, *offline(wheels), "--output", "out.tar")
    assert (2, b"mine") == (done.returncode, (here / "out.tar").read_bytes())
    assert "is there already" in done.stderr
    assert 0 == bundle(mlenv, tmp_path, *offline(wheels), "--output", "out.tar", "--force").returncode
    assert is_bundle(here / "out.tar")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--with", "lower", "--manager", "conda", "--output", "out"], "a bundle holds wheels"),
        (["--with", "lower", "--output", "missing/out"], "there is no folder"),
        (["--output", "out"], "say what to install"),
        (["--with", "lower"], "--output"),
    ],
)
def test_a_wrong_call_is_status_2(mlenv: Run, here: Path, tmp_path: Path, arguments: list[str], said: str) -> None:
    done = bundle(mlenv, tmp_path, *arguments)
    assert (2, True) == (done.returncode, said in done.stderr), done.stderr
    assert [] == list(here.iterdir())


def test_a_date_that_is_none_is_status_2(mlenv: Run, here: Path, wheels: Path, tmp_path: Path) -> None:
    done = bundle(mlenv, tmp_path, *offline(wheels), "--output", "out", SOURCE_DATE_EPOCH="yesterday")
    assert (2, True) == (done.returncode, "SOURCE_DATE_EPOCH" in done.stderr)


def test_no_plan_is_status_3(mlenv: Run, here: Path, tmp_path: Path) -> None:
    (here / "machine.toml").write_text(MACHINE)
    asked = ("--profile", "pytorch-gpu", "--machine", "machine.toml", "--offline", "--output", "out")
    assert 3 == bundle(mlenv, tmp_path, *asked).returncode
    assert ["machine.toml"] == [path.name for path in here.iterdir()]


def test_an_index_out_of_reach_is_status_5(mlenv: Run, here: Path, tmp_path: Path) -> None:
    done = bundle(
        mlenv,
        tmp_path,
        "--with",
        "lower",
        "--index-url",
        "http://127.0.0.1:9/simple",
        "--output",
        "out",
        UV_HTTP_RETRIES="0",
    )
    assert 5 == done.returncode, done.stderr
    assert [] == list(here.iterdir())


@pytest.mark.parametrize(("tag", "status"), [("py3-none-any", 0), ("cp312-cp312-linux_x86_64", 4)])
def test_a_source_is_built_where_its_wheel_serves_the_machine(
    mlenv: Run, here: Path, wheels: Path, tmp_path: Path, tag: str, status: int
) -> None:
    make_source(wheels, tag)
    (here / "machine.toml").write_text(MACHINE)
    asked = ("--with", "grown", "--machine", "machine.toml", "--output", "out")
    done = bundle(mlenv, tmp_path, *offline(wheels), *asked)
    assert status == done.returncode, done.stderr
    if status == 0:
        assert [f"wheels/grown-1.0-{tag}.whl"] == [
            package.path for package in open_bundle(here / "out").manifest.packages if package.built
        ]
    else:
        assert "grown 1.0 comes as source alone" in done.stderr
        assert "linux-aarch64 with Python 3.12" in done.stderr
        assert ["machine.toml"] == [path.name for path in here.iterdir()]


# ---------------------------------------------------------------- over the network


class Index(BaseHTTPRequestHandler):
    """An index of one package; what is asked for its wheel, ``wheel`` decides."""

    folder: Path
    wheel = "send"
    login = ""
    held = threading.Event()
    reached = threading.Event()

    def do_GET(self) -> None:
        wanted = "Basic " + base64.b64encode(self.login.encode()).decode()
        if self.login and self.headers.get("Authorization") != wanted:
            self.answer(401, b"", challenge=True)
        elif self.path == "/simple/lower/":
            self.answer(200, self.page().encode())
        elif self.path.startswith("/python/"):
            self.answer(200, (self.folder / "python.tar.gz").read_bytes())
        elif self.path.endswith(".metadata"):
            self.answer(200, b"Metadata-Version: 2.1\nName: lower\nVersion: 1.0\n")
        elif self.path.endswith(".whl") and self.wheel == "send":
            self.answer(200, (self.folder / "lower-1.0-py3-none-any.whl").read_bytes())
        elif self.path.endswith(".whl") and self.wheel == "wait":
            self.reached.set()
            self.held.wait(60)
        elif self.path.endswith(".whl") and self.wheel == "forge":
            self.answer(200, bytes((self.folder / "lower-1.0-py3-none-any.whl").stat().st_size))
        else:
            self.answer(404, b"")

    def page(self) -> str:
        name = "lower-1.0-py3-none-any.whl"
        digest = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
        return f'<a href="../../files/{name}#sha256={digest}" data-core-metadata="true">{name}</a>'

    def answer(self, status: int, body: bytes, *, challenge: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "text/html")
        if challenge:
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is part of these tests."""


@pytest.fixture
def index(wheels: Path) -> Iterator[str]:
    Index.folder, Index.wheel, Index.login = wheels, "send", ""
    Index.held.clear()
    Index.reached.clear()
    with QuietServer(("127.0.0.1", 0), Index) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        Index.held.set()
        server.shutdown()


def test_the_login_of_the_index_is_used_and_not_passed_on(mlenv: Run, here: Path, index: str, tmp_path: Path) -> None:
    Index.login = "me:s3cret"
    address = index.replace("//", "//me:s3cret@")
    done = bundle(mlenv, tmp_path, "--with", "lower", "--index-url", address, "--output", "out")
    assert 0 == done.returncode, done.stderr
    texts = [path.read_text() for path in (here / "out").iterdir() if path.is_file()]
    assert [] == [text for text in (*texts, done.stdout, done.stderr) if "s3cret" in text]
    assert zipfile.is_zipfile(here / "out/wheels/lower-1.0-py3-none-any.whl")


@pytest.mark.parametrize(("wheel", "said"), [("refuse", "HTTP 404"), ("forge", "is not the locked file")])
def test_a_file_that_cannot_be_had_is_status_4(
    mlenv: Run, here: Path, index: str, tmp_path: Path, wheel: str, said: str
) -> None:
    Index.wheel = wheel
    done = bundle(mlenv, tmp_path, "--with", "lower", "--index-url", index, "--output", "out")
    assert (4, True) == (done.returncode, said in done.stderr), done.stderr
    assert "lower-1.0-py3-none-any.whl could not be fetched" in done.stderr
    assert [] == list(here.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_leaves_nothing(here: Path, mlenv: Run, index: str, tmp_path: Path) -> None:
    Index.wheel = "wait"
    names = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    names.update(HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path), PIP_CONFIG_FILE=os.devnull)
    child = subprocess.Popen(
        [sys.executable, "-m", "mlenv", "bundle", "--with", "lower", "--index-url", index, "--output", "out.tar"],
        cwd=here,
        env={**names, "UV_CACHE_DIR": str(tmp_path / "cache")},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert Index.reached.wait(60)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert (130, True) == (child.returncode, "interrupted" in errors), errors
    assert [] == list(here.iterdir())


def test_the_python_comes_along_where_the_machine_has_none(
    mlenv: Run, here: Path, wheels: Path, index: str, tmp_path: Path
) -> None:
    with tarfile.open(wheels / "python.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo("python/bin/python3.12")
        tar.addfile(member, BytesIO(b""))
    entry = {
        "name": "cpython",
        "arch": {"family": "aarch64", "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": 3,
        "minor": 12,
        "patch": 16,
        "prerelease": "",
        "url": index.replace("/simple", "/python/20261110/cpython-3.12.16%2B20261110-aarch64.tar.gz"),
        "sha256": hashlib.sha256((wheels / "python.tar.gz").read_bytes()).hexdigest(),
        "variant": None,
        "build": "20261110",
    }
    (tmp_path / "downloads.json").write_text(json.dumps({"cpython-3.12.16-linux-aarch64-gnu": entry}))
    (here / "machine.toml").write_text(MACHINE.replace('["3.12.4"]', "[]"))
    asked = ("--with", "lower", "--find-links", str(wheels), "--python", "3.12", "--machine", "machine.toml")
    variables = {"UV_PYTHON_DOWNLOADS_JSON_URL": str(tmp_path / "downloads.json")}
    done = bundle(mlenv, tmp_path, *asked, "--output", "out", "--index-url", index, **variables)
    assert 0 == done.returncode, done.stderr
    opened = open_bundle(here / "out")
    assert opened.manifest.python is not None
    assert "python/20261110/cpython-3.12.16+20261110-aarch64.tar.gz" == opened.manifest.python.path
    assert here / "out/python" == opened.pythons
    assert 'tar -xzf "$here/python/20261110/' in (here / "out/install.sh").read_text()
