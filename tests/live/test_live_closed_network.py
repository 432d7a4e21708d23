"""Closed networks, for real: whatever the user's settings ask for is done by uv, pip and mlenv, and no password shows.

Every case is a user with a world of their own; the index stands on this machine's loopback address.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from mlenv.system.process import Completed
from tests.live.closed_world import PASSWORD, USER, Watch, World, holds_secret, indexes, make_demo, through
from tests.stands.certificates import Authority
from tests.stands.package_index import PackageIndex
from tests.stands.proxy import Proxy
from tests.stands.wheels import make_wheel

pytestmark = [
    pytest.mark.live,
    pytest.mark.stand,
    pytest.mark.enable_socket,
    pytest.mark.skipif(sys.platform == "win32", reason="settings of POSIX users"),
]
HOST = "packages.example.org"
CREDENTIALS = (USER, PASSWORD)
BEHIND = (f"index-url = http://{HOST}/simple/", f"trusted-host = {HOST}")
"""pip takes nothing from a server without TLS that it was not told to trust."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A user with settings, and what must have happened at the index.

    ``arguments`` and ``variables`` are those of the call, ``user`` and ``client`` who the index
    heard of, ``proxy`` the one that everything must have passed, as ``proxy_user``.
    """

    arguments: tuple[str, ...] = ()
    variables: Mapping[str, str] = {}
    user: str | None = None
    client: str | None = None
    proxy: Proxy | None = None
    proxy_user: str | None = None


class Network:
    """A closed network: folders of wheels, and the servers that a case starts."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.wheels = make_demo(folder / "wheels")
        self.authority = Authority(folder / "authority")
        self._stack = stack
        self._index: PackageIndex | None = None

    @property
    def index(self) -> PackageIndex:
        """The index that was started."""
        assert self._index is not None
        return self._index

    def serve(self, *, folders: Mapping[str, Path] | None = None, login: bool = False, **options: Any) -> None:
        """The index, which asks for a login where ``login`` says so."""
        credentials = CREDENTIALS if login else None
        index = PackageIndex(folders or self.wheels, credentials=credentials, **options)
        self._index = self._stack.enter_context(index)

    def serve_tls(self, **options: Any) -> None:
        """The index with TLS, under the certificate of an authority that nobody knows."""
        self.serve(authority=self.authority, **options)

    def proxy(self, **options: Any) -> Proxy:
        """A proxy to that index, by the name of a host that only it knows."""
        proxy = Proxy(routes={HOST: self.index.port}, **options)
        return self._stack.enter_context(proxy)

    def plain_url(self, place: str = "simple") -> str:
        """The address of the index; by name, since some releases of pip check no certificate of a number."""
        return self.index.url(place).replace("127.0.0.1", "localhost")

    def url(self, place: str = "simple") -> str:
        """The address of the index with its login."""
        return self.plain_url(place).replace("://", f"://{USER}:{quote(PASSWORD, safe='')}@")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "world")


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with ExitStack() as stack:
        yield Network(tmp_path / "network", stack)


Setting = Callable[[World, Network], Case]
CASES: dict[str, Setting] = {}


def case(setting: Setting) -> Setting:
    CASES[setting.__name__.replace("_", "-")] = setting
    return setting


# ---------------------------------------------------------------- where the login comes from


@case
def pip_conf_index_url(world: World, network: Network) -> Case:
    network.serve(login=True)
    world.write_pip(f"index-url = {network.url()}")
    return Case(user=USER)


@case
def pip_conf_find_links_page(world: World, network: Network) -> Case:
    network.serve(login=True)
    pages = (f"{network.url()}{name}/" for name in ("demo", "lower"))
    world.write_pip("no-index = true", "find-links =", *(f"    {page}" for page in pages))
    return Case(user=USER)


@case
def pip_conf_extra_index_url(world: World, network: Network) -> Case:
    make_wheel(network.folder / "public", "lower", "1.0")
    (network.wheels / "lower-1.2-py3-none-any.whl").unlink()
    network.serve(folders={"simple": network.wheels, "public": network.folder / "public"}, login=True)
    public = network.url("public")
    world.write_pip(f"index-url = {public}", f"extra-index-url = {network.url()}")
    return Case(user=USER)


@case
def variable_of_pip(world: World, network: Network) -> Case:
    network.serve(login=True)
    return Case(variables={"PIP_INDEX_URL": network.url()}, user=USER)


@case
def variable_of_uv(world: World, network: Network) -> Case:
    network.serve(login=True)
    return Case(variables={"UV_DEFAULT_INDEX": network.url()}, user=USER)


@case
def uv_toml_default_index(world: World, network: Network) -> Case:
    network.serve(login=True)
    world.write_uv("[[index]]", f'url = "{network.url()}"', "default = true")
    return Case(user=USER)


@case
def uv_toml_index_url(world: World, network: Network) -> Case:
    network.serve(login=True)
    world.write_uv(f'index-url = "{network.url()}"')
    return Case(user=USER)


@case
def option_index_url(world: World, network: Network) -> Case:
    network.serve(login=True)
    return Case(arguments=("--index-url", network.url()), user=USER)


@case
def option_extra_index_url(world: World, network: Network) -> Case:
    network.serve(folders={"simple": network.wheels, "empty": network.folder}, login=True)
    world.write_pip(f"index-url = {network.url('empty')}")
    return Case(arguments=("--extra-index-url", network.url()), user=USER)


@case
def netrc(world: World, network: Network) -> Case:
    network.serve(login=True)
    world.write_pip(f"index-url = {network.plain_url()}")
    world.write_netrc("localhost")
    return Case(user=USER)


@case
def keyring_of_pip(world: World, network: Network) -> Case:
    network.serve(login=True)
    world.write_pip(f"index-url = {_user_alone(network)}", "keyring-provider = subprocess")
    return Case(variables={"PATH": world.write_keyring()}, user=USER)


@case
def keyring_of_uv(world: World, network: Network) -> Case:
    network.serve(login=True)
    world.write_uv(f'index-url = "{_user_alone(network)}"')
    return Case(variables={"PATH": world.write_keyring(), "UV_KEYRING_PROVIDER": "subprocess"}, user=USER)


def _user_alone(network: Network) -> str:
    return network.plain_url().replace("://", f"://{USER}@")


# ---------------------------------------------------------------- proxies


@case
def proxy_variable(world: World, network: Network) -> Case:
    network.serve()
    proxy = network.proxy()
    world.write_pip(*BEHIND)
    return Case(variables=through(proxy), proxy=proxy)


@case
def proxy_variable_with_login(world: World, network: Network) -> Case:
    network.serve()
    proxy = network.proxy(credentials=CREDENTIALS)
    world.write_pip(*BEHIND)
    return Case(variables=through(proxy, user=USER, password=PASSWORD), proxy=proxy, proxy_user=USER)


@case
def proxy_of_pip_conf_with_login(world: World, network: Network) -> Case:
    network.serve()
    proxy = network.proxy(credentials=CREDENTIALS)
    address = through(proxy, user=USER, password=PASSWORD)["HTTP_PROXY"]
    world.write_pip(*BEHIND, f"proxy = {address}")
    return Case(proxy=proxy, proxy_user=USER)


@case
def proxy_that_reads_along(world: World, network: Network) -> Case:
    """It shows certificates of its own authority, which the user was told to trust."""
    network.serve_tls(login=True)
    inspector = Authority(network.folder / "inspector", "inspector")
    proxy = network.proxy(interceptor=inspector, trusts=network.authority)
    world.write_pip(
        f"index-url = https://{USER}:{quote(PASSWORD, safe='')}@{HOST}/simple/", f"cert = {inspector.bundle}"
    )
    return Case(variables=through(proxy, https=True), proxy=proxy, user=USER)


@case
def proxy_that_reads_along_by_variable(world: World, network: Network) -> Case:
    network.serve_tls()
    inspector = Authority(network.folder / "inspector", "inspector")
    proxy = network.proxy(interceptor=inspector, trusts=network.authority)
    world.write_pip(f"index-url = https://{HOST}/simple/")
    trust = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), str(inspector.bundle))
    return Case(variables={**through(proxy, https=True), **trust}, proxy=proxy)


# ---------------------------------------------------------------- certificates


@case
def tls_by_pip_conf(world: World, network: Network) -> Case:
    network.serve_tls(login=True)
    world.write_pip(f"index-url = {network.url()}", f"cert = {network.authority.bundle}")
    return Case(user=USER)


@case
def tls_by_ssl_cert_file(world: World, network: Network) -> Case:
    network.serve_tls(login=True)
    world.write_pip(f"index-url = {network.url()}")
    return Case(variables={"SSL_CERT_FILE": str(network.authority.bundle)}, user=USER)


@case
def tls_by_requests_ca_bundle(world: World, network: Network) -> Case:
    network.serve_tls(login=True)
    world.write_pip(f"index-url = {network.url()}")
    return Case(variables={"REQUESTS_CA_BUNDLE": str(network.authority.bundle)}, user=USER)


@case
def client_certificate_of_pip_conf(world: World, network: Network) -> Case:
    network.serve_tls(asks_client=True)
    identity = network.authority.client_certificate(USER)
    cert = f"cert = {network.authority.bundle}"
    world.write_pip(f"index-url = {network.plain_url()}", cert, f"client-cert = {identity}")
    return Case(client=USER)


@case
def client_certificate_of_variable(world: World, network: Network) -> Case:
    network.serve_tls(asks_client=True)
    identity = network.authority.client_certificate(USER)
    world.write_pip(f"index-url = {network.plain_url()}")
    variables = {"SSL_CERT_FILE": str(network.authority.bundle), "SSL_CLIENT_CERT": str(identity)}
    return Case(variables=variables, client=USER)


@case
def trusted_host(world: World, network: Network) -> Case:
    network.serve_tls(login=True)
    world.write_pip(f"index-url = {network.url()}", "trusted-host = localhost")
    return Case(user=USER)


# ---------------------------------------------------------------- what must hold


@pytest.mark.parametrize("manager", ["uv", pytest.param("pip", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("name", CASES)
def test_installs_and_tells_no_password(world: World, network: Network, name: str, manager: str) -> None:
    found = CASES[name](world, network)
    arguments = ("install", "--with", "demo", "--manager", manager, *found.arguments)
    with Watch(world, but="\0install\0--with\0demo\0") as watch:
        done = world.mlenv(*arguments, variables=found.variables)
    assert done.ok, done.stderr
    check_arrivals(network, found)
    check_secrecy(world, watch, done)


def check_arrivals(network: Network, found: Case) -> None:
    """Both files came from the index, asked for as the user's settings say."""
    files = [seen for seen in network.index.requests if seen.path.endswith(".whl")]
    assert {"demo", "lower"} == {seen.path.rpartition("/")[2].split("-")[0] for seen in files if seen.status == 200}
    assert {(found.user, found.client)} == {(seen.user, seen.client) for seen in files if seen.status == 200}
    if found.proxy is not None:
        granted = [passed for passed in found.proxy.passed if passed.status == 200 and not passed.inside]
        assert {found.proxy_user} == {passed.user for passed in granted}
        assert all(HOST in passed.target for passed in found.proxy.passed)


def check_secrecy(world: World, watch: Watch, done: Completed) -> None:
    """No password was said, kept, or shown in a list of processes or an open file on the way."""
    assert not holds_secret(f"{done.stdout}{done.stderr}".encode()), done.stderr
    assert [] == world.leaks()
    assert 3 < watch.rounds
    assert set() == watch.told
    assert set() == watch.open_files


@pytest.mark.parametrize("manager", ["uv", "pip"])
def test_a_folder_of_wheels_alone(world: World, network: Network, manager: str) -> None:
    world.write_pip("no-index = true", f"find-links = {network.wheels}")
    done = world.mlenv("install", "--with", "demo", "--manager", manager)
    assert done.ok, done.stderr


@pytest.mark.parametrize("manager", ["uv", pytest.param("pip", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("where", ["pip.conf", "netrc", "option"])
def test_a_wrong_password_is_said_in_one_line(world: World, network: Network, manager: str, where: str) -> None:
    network.serve(login=True)
    network.index._credentials = (USER, "another")
    options: tuple[str, ...] = ()
    if where == "option":
        options = ("--index-url", network.url())
    else:
        world.write_pip(f"index-url = {network.url() if where == 'pip.conf' else network.plain_url()}")
        world.write_netrc("localhost") if where == "netrc" else None
    done = world.mlenv("install", "--with", "demo", "--manager", manager, *options)
    assert 5 == done.status, done.stderr
    told = [line for line in done.stderr.splitlines() if "error" in line]
    assert 1 == len(told)
    assert "credentials" in told[0]
    assert not holds_secret(f"{done.stdout}{done.stderr}".encode()), done.stderr
    assert [] == world.leaks()
    assert not (world.place / ".venv").exists()
    assert not (world.place / ".venv.generations").exists()


# ---------------------------------------------------------------- mlenv's own questions


def make_torch(folder: Path) -> None:
    """Torch for every Python that may be here, as the default index has it."""
    for series in ("310", "311", "312", "313", "314"):
        tag = f"cp{series}-cp{series}-manylinux_2_28_x86_64"
        make_wheel(folder, "torch", "2.14.1", tag=tag, modules={"torch/__init__.py": ""})


@pytest.mark.thorough
@pytest.mark.parametrize("name", [name for name in CASES if name != "pip-conf-find-links-page"])
def test_the_sources_are_asked_with_the_same_settings(world: World, network: Network, name: str) -> None:
    """What mlenv looks up by itself (which builds there are) goes the way that the installers go."""
    make_torch(network.wheels)
    found = CASES[name](world, network)
    overlay = world.place / "site"
    own_index = f"http://127.0.0.1:{unused_port()}/whl/{{variant}}"
    world.write(overlay / "indexes.toml", indexes(own_index))
    options = ("--matrix", str(overlay), "--accelerator", "cpu", "--format", "json", *found.arguments)
    done = world.mlenv("plan", "--with", "torch", "--prove", *options, variables=found.variables)
    assert done.ok, done.stdout + done.stderr
    assert '"status": "proven"' in done.stdout, done.stdout
    ours = [seen for seen in network.index.requests if seen.headers["user-agent"].startswith("mlenv/")]
    assert ("/simple/torch/", 200, found.user, found.client) in [
        (seen.path, seen.status, seen.user, seen.client) for seen in ours
    ]
    assert not holds_secret(f"{done.stdout}{done.stderr}".encode())


def unused_port() -> int:
    """A port on which nobody answers."""
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


LOOKS = [
    *(("plan", "--with", "demo", "--format", form) for form in ("text", "json", "shell", "requirements", "pyproject")),
    ("plan", "--with", "demo", "--format", "dockerfile"),
    ("install", "--with", "demo", "--dry-run"),
    ("install", "--with", "demo", "--dry-run", "--format", "json"),
    ("probe", "--format", "json"),
    ("doctor", "--format", "json"),
    ("why", "torch"),
]


@pytest.mark.parametrize("words", LOOKS, ids=" ".join)
def test_nothing_that_is_shown_tells_it(world: World, network: Network, words: tuple[str, ...]) -> None:
    network.serve(login=True)
    login = f"{USER}:{quote(PASSWORD, safe='')}"
    extra = f"extra-index-url = http://{login}@{HOST}/more/"
    world.write_pip(f"index-url = {network.url()}", extra, f"proxy = http://{login}@{HOST}:3128")
    done = world.mlenv(*words)
    assert done.status in (0, 1, 3, 5), done.stderr
    assert not holds_secret(f"{done.stdout}{done.stderr}".encode())
    assert [] == world.leaks()


# ---------------------------------------------------------------- rights


@pytest.mark.parametrize("manager", ["uv", pytest.param("pip", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_nobody_else_may_write_to_what_is_made(world: World, network: Network, manager: str, umask: int) -> None:
    network.serve(login=True)
    world.write_pip(f"index-url = {network.url()}")
    make_wheel(network.wheels, "ipykernel", "7.0", modules={"ipykernel/__init__.py": ""})
    words = ("install", "--with", "demo", "--manager", manager, "--jupyter-kernel", "ours")
    with Watch(world) as watch:
        done = world.mlenv(*words, umask=umask)
    assert done.ok, done.stderr
    kernel = world.home / "data" / "jupyter" / "kernels" / "ours" / "kernel.json"
    assert kernel.is_file()
    assert [] == world.writable_for_others()
    assert set() == watch.open_files
    private = [world.generation / "mlenv" / "pylock.toml", *(world.home / "state" / "mlenv" / "logs").iterdir()]
    assert [0o600] * len(private) == [path.stat().st_mode & 0o777 for path in private]
