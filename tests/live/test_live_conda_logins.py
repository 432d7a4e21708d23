"""Channels and indexes that want a login, through the whole of ``mlenv install``: no password shows anywhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from mlenv.system.process import Completed
from tests.live.closed_world import PASSWORD, USER, Watch, holds_secret
from tests.live.conda_world import CondaWorld
from tests.stands.conda_clients import all_words, let_fail, make_clients, read_calls
from tests.stands.conda_server import CondaServer
from tests.stands.conda_toys import TOYS, make_toy_channel, working_pip
from tests.stands.package_index import PackageIndex
from tests.stands.wheels import make_wheel

pytest.importorskip("rattler")
pytestmark = [
    pytest.mark.live,
    pytest.mark.stand,
    pytest.mark.enable_socket,
    pytest.mark.skipif(sys.platform == "win32", reason="the packages of the channel are made for POSIX"),
]
CREDENTIALS = (USER, PASSWORD)
TOKEN = "tk-8f31-" + quote(PASSWORD, safe="")
"""A token may be anything; this one is found by whoever looks for the password."""
HOW = [
    "rattler",
    "conda",
    *(pytest.param(how, marks=pytest.mark.thorough) for how in ("unasked", "mamba", "micromamba", "pixi")),
]


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_toy_channel(tmp_path_factory.mktemp("channel") / "conda-forge", (*TOYS, working_pip()))


@pytest.fixture(params=["password", "token"])
def server(channel: Path, request: pytest.FixtureRequest) -> Iterator[CondaServer]:
    """A channel that wants a password, or a token in its address."""
    with_token = request.param == "token"
    with CondaServer(channel, credentials=None if with_token else CREDENTIALS, token=TOKEN if with_token else "") as it:
        yield it


@pytest.fixture
def index(tmp_path: Path) -> Iterator[PackageIndex]:
    """An index with the package that the channel lacks."""
    (tmp_path / "wheels").mkdir()
    make_wheel(tmp_path / "wheels", "lower", "1.2", modules={"lower.py": "__version__ = '1.2'\n"})
    with PackageIndex(tmp_path / "wheels", credentials=CREDENTIALS) as index:
        yield index


@pytest.fixture
def world(tmp_path: Path, server: CondaServer, index: PackageIndex) -> CondaWorld:
    world = CondaWorld(tmp_path / "world", server.login_url)
    world.written.add(world.rows / "indexes.toml")
    world.write_pip(f"index-url = {index.url(user=USER, password=PASSWORD)}", "trusted-host = 127.0.0.1")
    return world


def prepare(world: CondaWorld, how: str) -> str:
    """The manager that is asked for; a client of it is there, but for ``rattler``, and alone for ``unasked``."""
    if how == "rattler":
        return "conda"
    if how == "unasked":
        world.hide_rattler()
        how = "micromamba"
    make_clients(world.programs, [how])
    return how


def is_private(path: Path, cache: Path) -> bool:
    """Whether a file is one of mlenv's cache, which notes where a listing came from, and nobody else can read it."""
    inside = [folder for folder in path.parents if folder.is_relative_to(cache)]
    closed = any(not folder.stat().st_mode & 0o077 for folder in inside)
    return bool(inside) and (closed or not path.stat().st_mode & 0o077)


def check_secrecy(world: CondaWorld, watch: Watch, done: Completed) -> None:
    assert not holds_secret(f"{done.stdout}{done.stderr}".encode()), done.stderr
    assert [] == [path for path in world.leaks() if not is_private(Path(path), world.home / "cache" / "mlenv")]
    assert 3 < watch.rounds
    assert set() == watch.told
    assert set() == watch.open_files
    assert not holds_secret("\0".join(all_words(read_calls(world.programs))).encode())


@pytest.mark.parametrize("how", HOW)
def test_installs_and_tells_no_password(world: CondaWorld, server: CondaServer, index: PackageIndex, how: str) -> None:
    manager = prepare(world, how)
    with Watch(world) as watch:
        done = world.install("toy==1.0", "lower", manager=manager, more=("-v",))
    assert done.ok, done.stderr
    check_secrecy(world, watch, done)
    assert {"toy-1.0-0.tar.bz2"} <= set(server.asked)
    assert {USER} == {seen.user for seen in index.asked("lower-1.2-py3-none-any.whl")}
    shown = world.mlenv("run", "--", "python", "-c", "import lower; print(lower.__version__)")
    assert "1.2" == shown.stdout.strip(), shown.stderr
    assert "1.0" == world.version()
    for words in (("env", "show", "-v"), ("env", "list"), ("verify",)):
        told = world.mlenv(*words)
        assert told.ok, told.stderr
        assert not holds_secret(f"{told.stdout}{told.stderr}".encode())


@pytest.mark.parametrize("how", ["conda", "pixi"])
def test_what_a_client_says_is_masked(world: CondaWorld, server: CondaServer, how: str) -> None:
    manager = prepare(world, how)
    let_fail(world.programs, f"CondaHTTPError: HTTP 403 FORBIDDEN for url <{server.login_url}/noarch/repodata.json>\n")
    with Watch(world) as watch:
        done = world.install("toy==1.0", manager=manager, more=("-v",))
    assert 4 == done.status
    assert "forbids the address" in done.stderr
    check_secrecy(world, watch, done)
    assert [] == world.leftovers()


@pytest.mark.parametrize("how", ["rattler", "conda"])
def test_a_wrong_login(tmp_path: Path, channel: Path, how: str) -> None:
    with CondaServer(channel, credentials=(USER, "another")) as server:
        world = CondaWorld(tmp_path / "world", server.url.replace("://", f"://{USER}:{quote(PASSWORD, safe='')}@"))
        world.written.add(world.rows / "indexes.toml")
        manager = prepare(world, how)
        with Watch(world) as watch:
            done = world.install("toy", manager=manager)
    assert (5 if how == "rattler" else 4) == done.status, done.stderr
    assert "HTTP 401" in done.stderr
    check_secrecy(world, watch, done)
    assert [] == world.leftovers()


@pytest.mark.parametrize(
    "manager", ["conda", "pixi", *(pytest.param(name, marks=pytest.mark.thorough) for name in ("mamba", "micromamba"))]
)
@pytest.mark.parametrize("form", ["text", "json", "shell", "conda", "pixi"])
def test_a_plan_tells_no_password(world: CondaWorld, manager: str, form: str) -> None:
    asked = world.asking("toy==1.0", manager=manager)[1:]
    done = world.mlenv("plan", *asked, "--prove", "--format", form)
    assert done.ok, done.stderr
    assert not holds_secret(f"{done.stdout}{done.stderr}".encode()), done.stdout
