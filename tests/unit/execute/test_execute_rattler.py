"""A lock of conda packages installed by py-rattler: proven files, logins that stay hidden, and plain words."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest
from msgspec.structs import replace

from mlenv.errors import InstallError, UsageError
from mlenv.execute.rattler_progress import LINE_BYTES, RattlerProgress
from mlenv.execute.rattler_proof import archive_path
from mlenv.execute.rattler_trouble import explain
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.plan.explicit import read_records, with_logins
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan
from mlenv.prove.channel import logins_of
from mlenv.prove.conda import prove_conda_plan
from mlenv.resolve.request import make_request
from mlenv.resolve.solve import resolve
from mlenv.system.process import Completed, run
from tests.conda_channel import CHANNEL, make_channel
from tests.stands.certificates import LOOPBACK, Authority
from tests.stands.clients import clean_environ

rattler = pytest.importorskip("rattler")

NAMES = ("numpy", "cuda-version")
SECRET = "s3cret-word"
TOKEN = "tk-8f31"
MACHINE = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.12.4"]\n[cpu]\nflags = ["avx"]\n'


class Server(ThreadingHTTPServer):
    """Serves a channel; ``change`` may alter what is sent, ``login`` is asked for, ``hold`` keeps an answer back."""

    daemon_threads = True

    def __init__(self, folder: Path, context: ssl.SSLContext | None = None) -> None:
        self.asked: list[str] = []
        self.change: Callable[[str, bytes], bytes] = lambda _, body: body
        self.login = ""
        self.prefix = ""
        self.hold = threading.Event()
        self.hold.set()
        self.reached = threading.Event()
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.scheme = "https" if context else "http"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, login: str = "", token: str = "") -> str:
        host = f"{login}@127.0.0.1" if login else "127.0.0.1"
        return f"{self.scheme}://{host}:{self.server_address[1]}{f'/t/{token}' if token else ''}/conda-forge"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed, or trusts nobody, is no news."""


class Handler(SimpleHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        path = self.path.partition("/conda-forge/")[2]
        self.server.asked.append(path.rpartition("/")[2])
        self.server.reached.set()
        self.server.hold.wait(30)
        if self.headers.get("Authorization", "") != self.server.login or not self.path.startswith(self.server.prefix):
            self.send_error(401)
            return
        kept = Path(str(self.directory)) / path
        body = self.server.change(path, kept.read_bytes())
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Nothing is printed."""


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_channel(tmp_path_factory.mktemp("channel") / "conda-forge")


@pytest.fixture
def server(channel: Path) -> Iterator[Server]:
    server = Server(channel)
    yield server
    server.hold.set()
    server.shutdown()
    server.server_close()


def entries(channel: Path) -> list[dict[str, Any]]:
    """The newest of each wanted package, as the channel's listing has it."""
    listing = json.loads((channel / "noarch" / "repodata.json").read_text())["packages"]
    newest = {row["name"]: {**row, "fn": name} for name, row in sorted(listing.items()) if row["name"] in NAMES}
    return list(newest.values())


def write_lock(folder: Path, channel: Path, address: str, **changes: Any) -> Path:
    """The lock of a plan for a channel at an address; a change of None takes a key away."""
    plain = address.replace(f"me:{SECRET}@", "").replace(f"/t/{TOKEN}", "")
    packages = []
    for row in entries(channel):
        package = {**row, "url": f"{plain}/noarch/{row['fn']}", "channel": plain, **changes}
        packages.append({key: value for key, value in package.items() if value is not None})
    path = folder / "explicit.json"
    lock = {"version": 1, "platform": "linux-64", "packages": packages, "logins": logins_of([address])}
    path.write_text(json.dumps(lock))
    return path


class Child:
    """Runs the module as a plan does, in a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = clean_environ(folder / "home")
        self.cache = folder / "cache"

    def argv(self, prefix: Path, *more: str) -> list[str]:
        module = (sys.executable, "-I", "-m", "mlenv.execute.rattler", "--prefix", str(prefix))
        return [*module, "--cache", str(self.cache), *more]

    def __call__(self, prefix: Path, *more: str, **variables: str) -> Completed:
        return run(self.argv(prefix, *more), timeout=120, environ={**self.environ, **variables})


@pytest.fixture
def child(tmp_path: Path) -> Child:
    return Child(tmp_path)


def meta(prefix: Path) -> dict[str, dict[str, Any]]:
    """What the environment keeps of its packages."""
    rows = [json.loads(path.read_text()) for path in (prefix / "conda-meta").glob("*.json")]
    return {row["name"]: row for row in rows}


def tail_flipped(_: str, body: bytes) -> bytes:
    return body[:-1] + bytes([body[-1] ^ 1])


# ---------------------------------------------------------------- it installs


def test_a_lock_is_installed_as_it_is(child: Child, server: Server, channel: Path, tmp_path: Path) -> None:
    prefix = tmp_path / "my env"
    assert 0 == child(prefix).status
    assert ["conda-meta", "history"] == [path.name for path in sorted(prefix.rglob("*"))]
    done = child(prefix, "--lock", str(write_lock(tmp_path, channel, server.url())))
    assert (0, "") == (done.status, done.stdout)
    rows = meta(prefix)
    wanted = {row["name"]: row for row in entries(channel)}
    assert {name: (row["version"], row["sha256"], row["md5"]) for name, row in wanted.items()} == {
        name: (row["version"], row["sha256"], row["md5"]) for name, row in rows.items()
    }
    assert rows["cuda-version"]["constrains"] == wanted["cuda-version"]["constrains"]
    assert "numpy 2.3.0\n" == (prefix / "share/numpy.txt").read_text()
    size = wanted["numpy"]["size"]
    assert any(line in (f"numpy 1/2 {size} bytes", f"numpy 2/2 {size} bytes") for line in done.stderr.splitlines())
    assert "installed 2 packages" == done.stderr.splitlines()[-1]


def test_the_second_time_nothing_is_fetched(child: Child, server: Server, channel: Path, tmp_path: Path) -> None:
    lock = write_lock(tmp_path, channel, server.url())
    assert [0, 0] == [child(tmp_path / name, "--lock", str(lock)).status for name in ("one", "two")]
    assert 2 == len(server.asked)
    offline = child(tmp_path / "three", "--lock", str(lock), "--offline")
    assert (0, 2) == (offline.status, len(server.asked))


def test_what_is_not_kept_is_named_where_there_is_no_network(
    child: Child, server: Server, channel: Path, tmp_path: Path
) -> None:
    done = child(tmp_path / "env", "--lock", str(write_lock(tmp_path, channel, server.url())), "--offline")
    assert (1, []) == (done.status, server.asked)
    assert "cuda-version, numpy" in done.stderr
    assert "hint: " in done.stderr


def test_a_folder_that_holds_something_is_no_new_environment(child: Child, tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "diary.txt").touch()
    done = child(tmp_path / "env")
    assert (1, True) == (done.status, "is not empty" in done.stderr)


def test_from_a_proof_to_an_environment(child: Child, channel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "my env"
    plan = proven_plan(channel, str(environment), tmp_path / "listing")
    for step in plan.steps:
        if step.kind in ("create", "install"):
            done = run(step.argv, timeout=120, environ=child.environ)
            assert done.ok, done.stderr
        for file in plan.files if step.kind == "create" else ():
            (environment / file.path).parent.mkdir(exist_ok=True)
            (environment / file.path).write_text(file.text)
    rows = meta(environment)
    assert ["numpy", "python", "pytorch"] == sorted(rows)
    assert "cpu_generic_py312_h0_0" == rows["pytorch"]["build"]
    assert {"python >=3.12,<3.13.0a0", "numpy >=1.23,<3"} <= set(rows["pytorch"]["depends"])


def proven_plan(channel: Path, environment: str, listing: Path) -> Plan:
    """The plan of a machine without any manager, proven against a channel in a folder."""
    matrix = Matrix()
    matrix.indexes["conda-forge"] = replace(matrix.indexes["conda-forge"], url=channel.as_uri())
    machine = parse_description(MACHINE, origin="test")
    answer = resolve(make_request(matrix, [], ["torch"], python="3.12"), machine, matrix)
    options = PlanOptions(manager="conda", environment=environment)
    here = {"say": lambda _: None, "cache": str(listing), "rattler": sys.executable}
    plan = prove_conda_plan(answer, machine, matrix, None, options, **here)  # type: ignore[arg-type]
    assert isinstance(plan, Plan)
    return plan


# ---------------------------------------------------------------- only what the lock says


@pytest.mark.parametrize(
    "hashes",
    [
        pytest.param({"sha256": "0" * 64}, id="sha256"),
        pytest.param({"sha256": None, "md5": "0" * 32}, id="md5-where-nothing-better-is-stated"),
    ],
)
def test_another_file_is_refused(
    hashes: dict[str, str | None], child: Child, server: Server, channel: Path, tmp_path: Path
) -> None:
    good = write_lock(tmp_path, channel, server.url())
    assert 0 == child(tmp_path / "one", "--lock", str(good)).status  # so that the cache has one of that name
    server.asked.clear()
    done = child(tmp_path / "two", "--lock", str(write_lock(tmp_path, channel, server.url(), **hashes)))
    assert (1, {}) == (done.status, meta(tmp_path / "two"))
    assert "error: " in done.stderr
    assert "did not arrive as the lock has it" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(server.asked) > 2, "what was damaged is fetched once more"


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _, body: body[:-60], id="truncated"),
        pytest.param(tail_flipped, id="altered"),
        pytest.param(lambda _, body: b"<html>sign in</html>", id="a-sign-in-page"),
    ],
)
def test_a_damaged_file_is_refused_and_a_good_one_taken(
    damage: Callable[[str, bytes], bytes], child: Child, server: Server, channel: Path, tmp_path: Path
) -> None:
    lock = write_lock(tmp_path, channel, server.url())
    server.change = damage
    refused = child(tmp_path / "one", "--lock", str(lock))
    assert (1, {}) == (refused.status, meta(tmp_path / "one"))
    assert "Traceback" not in refused.stderr
    server.change = lambda _, body: body
    assert 0 == child(tmp_path / "two", "--lock", str(lock)).status


def test_damage_on_the_way_is_fetched_once_more(child: Child, server: Server, channel: Path, tmp_path: Path) -> None:
    seen: set[str] = set()

    def damage_first(path: str, body: bytes) -> bytes:
        first = path not in seen
        seen.add(path)
        return entirely_other(channel) if first else body

    server.change = damage_first
    done = child(tmp_path / "env", "--lock", str(write_lock(tmp_path, channel, server.url())))
    assert 0 == done.status, done.stderr
    assert "fetching it once more" in done.stderr
    assert set(NAMES) == set(meta(tmp_path / "env"))


def entirely_other(channel: Path) -> bytes:
    """A package that is whole, and not the one of the lock."""
    return next((channel / "noarch").glob("pip-*")).read_bytes()


def test_what_was_altered_in_the_cache_is_not_installed(
    child: Child, server: Server, channel: Path, tmp_path: Path
) -> None:
    lock = write_lock(tmp_path, channel, server.url())
    assert 0 == child(tmp_path / "one", "--lock", str(lock)).status
    kept = next(child.cache.glob("numpy-*/share/numpy.txt"))
    kept.unlink()
    kept.write_text("NUMPY 2.3.0\n")
    assert 0 == child(tmp_path / "two", "--lock", str(lock)).status
    assert "numpy 2.3.0\n" == (tmp_path / "two/share/numpy.txt").read_text()


def test_what_stood_in_the_cache_is_not_taken_for_what_could_not_be_fetched(
    child: Child, server: Server, channel: Path, tmp_path: Path
) -> None:
    # As a rattler leaves it that noted the hash of a file and then could not fetch it.
    lock = write_lock(tmp_path, channel, server.url())
    assert 0 == child(tmp_path / "one", "--lock", str(lock)).status
    later = write_lock(tmp_path, channel, server.url(), sha256="ab" * 32)
    for turn in ("two", "three"):
        assert (1, {}) == (child(tmp_path / turn, "--lock", str(later)).status, meta(tmp_path / turn))


def test_archives_of_a_folder_are_proven_too(child: Child, tmp_path: Path) -> None:
    folder = make_channel(tmp_path / "my channel" / "conda-forge", CHANNEL)
    lock = write_lock(tmp_path, folder, folder.as_uri())
    assert 0 == child(tmp_path / "one", "--lock", str(lock), "--offline").status
    other = next((folder / "noarch").glob("numpy-2*"))
    other.write_bytes(entirely_other(folder))
    done = child(tmp_path / "two", "--lock", str(lock), "--offline")
    assert (1, True) == (done.status, "is not the file of the lock (sha256" in done.stderr)


def test_a_killed_install_leaves_nothing_that_stands_in_the_way(
    child: Child, server: Server, channel: Path, tmp_path: Path
) -> None:
    lock = write_lock(tmp_path, channel, server.url())
    server.hold.clear()
    argv = child.argv(tmp_path / "one", "--lock", str(lock))
    with subprocess.Popen(argv, env=child.environ, stderr=subprocess.DEVNULL) as running:
        assert server.reached.wait(60)
        running.kill()
    assert {} == meta(tmp_path / "one")
    server.hold.set()
    assert 0 == child(tmp_path / "two", "--lock", str(lock)).status


# ---------------------------------------------------------------- logins


def basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


@pytest.mark.parametrize(("login", "token"), [(f"me:{SECRET}", ""), ("", TOKEN)], ids=["password", "token"])
def test_a_login_comes_with_the_lock_and_stays_nowhere(
    login: str, token: str, child: Child, server: Server, channel: Path, tmp_path: Path
) -> None:
    server.login, server.prefix = (basic("me", SECRET) if login else ""), (f"/t/{token}/" if token else "")
    lock = write_lock(tmp_path, channel, server.url(login, token))
    done = child(tmp_path / "env", "--lock", str(lock))
    assert 0 == done.status, done.stderr
    texts = [path.read_text(errors="replace") for path in (tmp_path / "env").rglob("*") if path.is_file()]
    assert [] == [text for text in (*texts, done.stderr) if SECRET in text or TOKEN in text]
    assert {server.url()} == {row["url"].rpartition("/noarch/")[0] for row in meta(tmp_path / "env").values()}


def test_a_login_is_not_in_the_list_of_processes(child: Child, server: Server, channel: Path, tmp_path: Path) -> None:
    server.login = basic("me", SECRET)
    lock = write_lock(tmp_path, channel, server.url(f"me:{SECRET}"))
    server.hold.clear()
    argv = child.argv(tmp_path / "env", "--lock", str(lock))
    with subprocess.Popen(argv, env=child.environ, stderr=subprocess.DEVNULL) as running:
        assert server.reached.wait(60)
        process = psutil.Process(running.pid)
        seen = [*process.cmdline(), *(word for other in process.children() for word in other.cmdline())]
        server.hold.set()
        assert 0 == running.wait(60)
    assert str(lock) in seen
    assert [] == [word for word in seen if SECRET in word]


def test_a_login_of_netrc(child: Child, server: Server, channel: Path, tmp_path: Path) -> None:
    server.login = basic("me", SECRET)
    lock = write_lock(tmp_path, channel, server.url())
    assert 1 == child(tmp_path / "one", "--lock", str(lock)).status
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login me password {SECRET}\n")
    assert 0 == child(tmp_path / "two", "--lock", str(lock), NETRC=str(netrc)).status


def test_a_wrong_login_is_told_and_not_shown(child: Child, server: Server, channel: Path, tmp_path: Path) -> None:
    server.login = basic("me", "another")
    done = child(tmp_path / "env", "--lock", str(write_lock(tmp_path, channel, server.url(f"me:{SECRET}"))))
    assert (1, False) == (done.status, SECRET in done.stderr)
    assert "the channel refuses it (HTTP 401 Unauthorized)" in done.stderr
    assert "~/.netrc" in done.stderr


# ---------------------------------------------------------------- networks of companies


def test_the_authority_of_an_inspecting_proxy(child: Child, channel: Path, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    server = Server(channel, authority.server_context(*LOOPBACK))
    lock = write_lock(tmp_path, channel, server.url())
    refused = child(tmp_path / "one", "--lock", str(lock))
    trusted = child(tmp_path / "two", "--lock", str(lock), REQUESTS_CA_BUNDLE=str(authority.bundle))
    server.shutdown()
    server.server_close()
    assert (1, 0) == (refused.status, trusted.status), trusted.stderr
    assert "certificate is not trusted" in refused.stderr
    assert "SSL_CERT_FILE" in refused.stderr


def test_a_bundle_that_is_not_there_is_named(child: Child, server: Server, channel: Path, tmp_path: Path) -> None:
    lock = write_lock(tmp_path, channel, server.url())
    done = child(tmp_path / "env", "--lock", str(lock), SSL_CERT_FILE=str(tmp_path / "nowhere.pem"))
    assert (1, True) == (done.status, "SSL_CERT_FILE names no readable bundle" in done.stderr)


def test_a_proxy_is_asked(child: Child, server: Server, channel: Path, tmp_path: Path) -> None:
    lock = write_lock(tmp_path, channel, "http://channel.example.org/conda-forge")
    proxy = server.url().removesuffix("/conda-forge").replace("//", f"//me:{SECRET}@")
    server.prefix = "http://channel.example.org/"
    done = child(tmp_path / "env", "--lock", str(lock), http_proxy=proxy)
    assert 0 == done.status, done.stderr
    assert 2 == len(server.asked)


# ---------------------------------------------------------------- locks of others


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"fn": "../../../.bashrc"}, "no plain fn", id="a-way-out-of-the-cache"),
        pytest.param({"name": ".."}, "no plain name", id="a-name-that-is-a-folder"),
        pytest.param({"sha256": None, "md5": None}, "no hash", id="nothing-to-prove-it-by"),
        pytest.param({"sha256": "zz", "md5": ""}, "no hash", id="no-hash-at-all"),
        pytest.param({"url": "ssh://host/a.conda"}, "no address", id="another-protocol"),
        pytest.param({"url": None}, "no address", id="nowhere"),
    ],
)
def test_a_lock_is_read_strictly(change: dict[str, Any], said: str, channel: Path, tmp_path: Path) -> None:
    lock = write_lock(tmp_path, channel, "https://mirror.example/conda-forge", **change)
    with pytest.raises(UsageError, match=rf"explicit\.json: package 1 .*{said}"):
        read_records(lock.read_text(), str(lock))


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 9, "platform": "linux-64", "packages": []}', '{"platform": 3}', "@EXPLICIT\n"]
)
def test_what_is_no_lock_ends_in_one_line(text: str, child: Child, tmp_path: Path) -> None:
    (tmp_path / "explicit.json").write_text(text)
    done = child(tmp_path / "env", "--lock", str(tmp_path / "explicit.json"))
    assert (1, "error:") == (done.status, done.stderr[:6])
    assert "Traceback" not in done.stderr


def test_what_rattler_does_not_know_ends_in_one_line(child: Child, channel: Path, tmp_path: Path) -> None:
    lock = write_lock(tmp_path, channel, channel.as_uri())
    lock.write_text(lock.read_text().replace('"linux-64"', '"amiga-68k"'))
    done = child(tmp_path / "env", "--lock", str(lock))
    assert (1, "error:", 0) == (done.status, done.stderr[:6], done.stderr.count("Traceback"))
    assert SECRET not in done.stderr


# ---------------------------------------------------------------- small parts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "failed to fetch a-1-0.conda\nCaused by: HTTP status client error (403 Forbidden) for url (https://h/a)",
            "a-1-0.conda: the channel refuses it (HTTP 403 Forbidden)",
        ),
        (
            "failed to fetch a-1-0.conda\nCaused by: hash mismatch of https://me:pw@h/a: expected 00ff, got 11ee",
            "a-1-0.conda did not arrive as the lock has it (hash 11ee, not 00ff)",
        ),
        ("failed to link b\nCaused by: No space left on device", "b cannot be written: no space left on device"),
        ("odd\nCaused by: https://me:pw@h/t/tk/x is odd", "a package could not be installed: https://h/x is odd"),
        ("", "a package could not be installed: RuntimeError"),
    ],
)
def test_trouble_in_words(text: str, said: str) -> None:
    assert said == explain(RuntimeError(text)).message


def test_progress_of_a_large_file() -> None:
    said: list[str] = []
    now = [0.0]
    progress = RattlerProgress(2, said.append, clock=lambda: now[0])
    entry = progress.on_populate_cache_start(0, "pytorch")
    now[0] = 40.0
    assert 40.0 == progress.idle_seconds()
    download = progress.on_download_start(entry)
    for there in (1, LINE_BYTES, LINE_BYTES + 1, 3 * LINE_BYTES):
        progress.on_download_progress(download, there, 3 * LINE_BYTES)
    assert 0 == progress.idle_seconds()
    progress.on_populate_cache_complete(entry)
    whole = 3 * LINE_BYTES
    assert [f"pytorch 1/2 {LINE_BYTES} of {whole} bytes", f"pytorch 1/2 {whole} bytes"] == said


def test_a_standstill_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    from mlenv.execute.rattler import STALL_SECONDS, watched

    ticks = iter([0.0, STALL_SECONDS + 1])
    progress = RattlerProgress(1, lambda _: None, clock=lambda: next(ticks))

    async def stand_still() -> None:
        await watched(asyncio.ensure_future(asyncio.Event().wait()), progress, look=0)

    with pytest.raises(InstallError, match="nothing came for 300 seconds"):
        asyncio.run(stand_still())


def test_a_login_is_put_back_at_its_channel_alone() -> None:
    logins = {"https://m.example/forge": "https://me:a\\1b@m.example/t/tk/forge"}
    text = "https://m.example/forge/noarch/a\nhttps://m.example/forger/noarch/b\nx https://m.example/forge/c\n"
    lines = with_logins(text, logins).splitlines()
    assert "https://me:a\\1b@m.example/t/tk/forge/noarch/a" == lines[0]
    assert text.splitlines()[1:] == lines[1:]


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///my%20channel/a.conda", "/my channel/a.conda"),
        ("file:///C:/channel/a.conda", "C:/channel/a.conda"),
        ("https://h.example/a.conda", None),
    ],
)
def test_archives_of_local_channels(url: str, path: str | None) -> None:
    found = archive_path({"url": url})
    assert path == (found.as_posix() if found else None)
