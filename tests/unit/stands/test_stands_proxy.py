"""The proxy between an index and the real uv, pip, and mlenv's own door to the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlenv.system.network import Web
from mlenv.system.process import Completed
from tests.stands.certificates import Authority
from tests.stands.clients import pip_install, uv_install
from tests.stands.faults import Fault
from tests.stands.package_index import PackageIndex
from tests.stands.proxy import Passed, Proxy
from tests.unit.stands.conftest import FILE

pytestmark = [pytest.mark.enable_socket, pytest.mark.live, pytest.mark.stand]
HOST = "packages.example.org"
Install = Callable[..., Completed]
both = pytest.mark.parametrize("install", [uv_install, pip_install], ids=["uv", "pip"])


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Signs for the index."""
    return Authority(tmp_path / "authority")


@pytest.fixture
def inspector(tmp_path: Path) -> Authority:
    """Signs for a proxy that reads along."""
    return Authority(tmp_path / "inspector", "inspector")


@pytest.fixture
def index(folder: Path) -> Iterator[PackageIndex]:
    with PackageIndex(folder) as index:
        yield index


@pytest.fixture
def secure(folder: Path, authority: Authority) -> Iterator[PackageIndex]:
    with PackageIndex(folder, authority=authority, names=(HOST, "127.0.0.1")) as index:
        yield index


def test_requests_are_forwarded(index: PackageIndex, environ: dict[str, str], target: Path) -> None:
    with Proxy(routes={HOST: index.port}) as proxy:
        done = uv_install({**environ, "HTTP_PROXY": proxy.url()}, f"http://{HOST}/simple/", target, "demo")
        assert done.ok, done.stderr
        assert Passed(method="GET", target=f"http://{HOST}/simple/demo/", status=200) in proxy.passed
        assert [seen.path for seen in index.requests] == [
            one.target.removeprefix(f"http://{HOST}") for one in proxy.passed
        ]
        assert {HOST} == {seen.headers["host"] for seen in index.requests}


@pytest.mark.parametrize(("user", "expected"), [("", (2, 407)), ("bob", (2, 407)), ("ada", (0, 200))])
def test_credentials_for_the_proxy(
    index: PackageIndex, environ: dict[str, str], target: Path, user: str, expected: tuple[int, int]
) -> None:
    with Proxy(routes={HOST: index.port}, credentials=("ada", "secret")) as proxy:
        address = proxy.url(user=user, password="secret")
        done = uv_install({**environ, "HTTP_PROXY": address}, f"http://{HOST}/simple/", target, "demo")
        assert expected == (done.status, proxy.passed[-1].status)
        assert (user or None) == proxy.passed[-1].user
        assert "secret" not in str(proxy.passed) + str(index.requests)


@both
def test_tunnels_are_closed_to_the_proxy(
    secure: PackageIndex, authority: Authority, environ: dict[str, str], target: Path, install: Install
) -> None:
    with Proxy(routes={HOST: secure.port}) as proxy:
        told = {"HTTPS_PROXY": proxy.url(), "SSL_CERT_FILE": str(authority.bundle)}
        done = install({**environ, **told}, f"https://{HOST}/simple/", target, "demo")
        assert done.ok, done.stderr
        assert {Passed(method="CONNECT", target=f"{HOST}:443", status=200)} == set(proxy.passed)


@pytest.mark.parametrize(("install", "trusting"), [(uv_install, True), (uv_install, False), (pip_install, True)])
def test_a_proxy_that_reads_along(
    secure: PackageIndex,
    authority: Authority,
    inspector: Authority,
    environ: dict[str, str],
    target: Path,
    install: Install,
    trusting: bool,
) -> None:
    bundle = inspector.bundle if trusting else authority.bundle
    with Proxy(routes={HOST: secure.port}, interceptor=inspector, trusts=authority) as proxy:
        told = {"HTTPS_PROXY": proxy.url(), "SSL_CERT_FILE": str(bundle)}
        done = install({**environ, **told}, f"https://{HOST}/simple/", target, "demo")
        assert trusting == done.ok, done.stderr
        read = Passed(method="GET", target=f"https://{HOST}/simple/demo/", status=200, inside=True)
        assert trusting == (read in proxy.passed)
        assert trusting == (not proxy.failed_handshakes)


def test_our_own_door(secure: PackageIndex, authority: Authority, inspector: Authority) -> None:
    with Proxy(routes={HOST: secure.port}, interceptor=inspector, trusts=authority) as proxy:
        for bundle, state in ((inspector.bundle, "found"), (authority.bundle, "unreachable")):
            web = Web(certificate=str(bundle), proxy=proxy.url())
            assert state == web.page(f"https://{HOST}/simple/demo/").state
            web.close()
        assert ["demo"] == list(secure.names_asked())


def test_nothing_goes_beyond_this_machine(environ: dict[str, str], target: Path) -> None:
    with Proxy() as proxy:
        told = {"HTTP_PROXY": proxy.url(), "HTTPS_PROXY": proxy.url()}
        for scheme, method in (("http", "GET"), ("https", "CONNECT")):
            assert not uv_install({**environ, **told}, f"{scheme}://{HOST}/simple/", target, "demo").ok
            assert (method, 403) == (proxy.passed[-1].method, proxy.passed[-1].status)


def test_a_broken_answer_stays_broken(index: PackageIndex, environ: dict[str, str], target: Path) -> None:
    index.put(FILE, Fault("cut"))
    with Proxy(routes={HOST: index.port}) as proxy:
        done = uv_install({**environ, "HTTP_PROXY": proxy.url()}, f"http://{HOST}/simple/", target, "demo")
        assert not done.ok
        assert not (target / "demo.py").exists()


def test_an_origin_that_is_gone(environ: dict[str, str], target: Path) -> None:
    with PackageIndex(target) as index:
        port = index.port
    with Proxy(routes={HOST: port}) as proxy:
        assert not uv_install({**environ, "HTTP_PROXY": proxy.url()}, f"http://{HOST}/simple/", target, "demo").ok
        assert 502 == proxy.passed[-1].status
