"""Pages of an index that asks who is there, over plain HTTP and TLS."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlenv.system.access import Access
from mlenv.system.page import Page
from mlenv.system.pages import Pages
from tests.stands.certificates import Authority
from tests.stands.package_index import PackageIndex
from tests.stands.proxy import Proxy
from tests.stands.wheels import make_wheel

pytestmark = pytest.mark.enable_socket
WHO = ("somebody", "p@ss/word")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_wheel(tmp_path / "wheels", "demo", "1.0")
    return tmp_path / "wheels"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", "/dev/null")


def get(url: str, access: Access | None = None) -> Page:
    pages = Pages(access)
    try:
        return pages.get(url)
    finally:
        pages.close()


def test_a_login_in_the_address(folder: Path) -> None:
    with PackageIndex(folder, credentials=WHO) as index:
        page = get(f"{index.url(user=WHO[0], password=WHO[1])}demo/")
        assert "found" == page.state
        assert "p%40ss" not in page.url
        assert ("unreachable", "HTTP 401") == (get(f"{index.url()}demo/").state, get(f"{index.url()}demo/").detail)


def test_a_login_that_is_found_for_the_address(folder: Path) -> None:
    asked: list[str] = []

    def find(url: str) -> tuple[str, str]:
        asked.append(url)
        return WHO

    with PackageIndex(folder, credentials=WHO) as index:
        assert "found" == get(f"{index.url()}demo/", Access(login=find)).state
        assert [f"{index.url()}demo/"] == asked
        assert "missing" == get(f"{index.url()}other/", Access(login=find)).state


def test_an_authority_of_ones_own(folder: Path, authority: Authority) -> None:
    with PackageIndex(folder, authority=authority) as index:
        url = f"{index.url()}demo/"
        assert "found" == get(url, Access(certificate=str(authority.bundle))).state
        assert "its certificate is not trusted" == get(url).detail
        assert "found" == get(url, Access(trusted_hosts=("127.0.0.1",))).state
        assert "unreachable" == get(url, Access(trusted_hosts=("127.0.0.2",))).state


def test_a_certificate_of_the_client(folder: Path, authority: Authority) -> None:
    trust = str(authority.bundle)
    with PackageIndex(folder, authority=authority, asks_client=True) as index:
        url = f"{index.url()}demo/"
        mine = str(authority.client_certificate("me"))
        assert "found" == get(url, Access(certificate=trust, client_certificate=mine)).state
        assert "me" == index.requests[-1].client
        assert "unreachable" == get(url, Access(certificate=trust)).state


def test_a_proxy_beside_those_of_variables(folder: Path) -> None:
    with PackageIndex(folder) as index, Proxy(routes={"packages.example.org": index.port}, credentials=WHO) as proxy:
        address = proxy.url(user="somebody", password="p%40ss%2Fword")
        assert "found" == get("http://packages.example.org/simple/demo/", Access(proxy=address)).state
        assert ["somebody"] == [passed.user for passed in proxy.passed]


def test_an_address_that_is_none() -> None:
    assert "unreachable" == get("nonsense").state
