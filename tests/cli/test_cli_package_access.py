"""What uv, pip and mlenv are told of each other's settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlenv.cli.package_access import access_variables, open_pages, trusted_bundle
from mlenv.facts.packages import PackageConfiguration, Setting


def setting(value: str, origin: str = "pip.conf") -> Setting:
    return Setting(value=value, origin=origin)


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    path = tmp_path / "authority.pem"
    path.write_text("ONE")
    return str(path)


def test_nothing_set_is_nothing_told() -> None:
    assert {} == access_variables(PackageConfiguration(), {})


def test_a_certificate_of_pip_is_uvs_too(bundle: str) -> None:
    found = access_variables(PackageConfiguration(certificate=setting(bundle)), {})
    assert dict.fromkeys(("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"), bundle) == found


def test_all_that_are_named_count(bundle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "cache"))
    other = tmp_path / "other.pem"
    other.write_text("TWO")
    joint = trusted_bundle(PackageConfiguration(certificate=setting(bundle)), {"SSL_CERT_FILE": str(other)})
    assert joint is not None
    assert "ONE\nTWO\n" == Path(joint).read_text()


def test_a_bundle_that_is_gone_is_not_told(tmp_path: Path) -> None:
    assert {} == access_variables(PackageConfiguration(certificate=setting(str(tmp_path / "gone.pem"))), {})


def test_the_rest_is_told_both() -> None:
    packages = PackageConfiguration(
        client_certificate=setting("/me.pem"),
        keyring=setting("import"),
        proxies=(setting("http://proxy.example.org:3128"),),
    )
    assert {
        "SSL_CLIENT_CERT": "/me.pem",
        "PIP_CLIENT_CERT": "/me.pem",
        "UV_KEYRING_PROVIDER": "subprocess",
        "PIP_KEYRING_PROVIDER": "subprocess",
        "ALL_PROXY": "http://proxy.example.org:3128",
    } == access_variables(packages, {})


def test_a_proxy_of_a_variable_stays() -> None:
    packages = PackageConfiguration(proxies=(setting("http://pip.example.org:3128"),))
    environ = {"ALL_PROXY": "http://mine.example.org:3128"}
    assert environ == access_variables(packages, environ)


@pytest.mark.enable_socket
def test_nothing_is_opened_before_the_first_page() -> None:
    get = open_pages(PackageConfiguration(), (), {})
    assert "unreachable" == get("nonsense").state
