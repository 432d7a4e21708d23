"""The variables for conda's family: one setting serves all of them, and what the user has set stays."""

from __future__ import annotations

import pytest

from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.plan.conda_variables import QUIET, conda_environ

COMPANY = PackageConfiguration(
    certificate=Setting(value="/etc/company.pem", origin="pip.conf"),
    client_certificate=Setting(value="/etc/me.pem", origin="pip.conf"),
    proxies=(Setting(value="http://me:pw@proxy.example:3128", origin="pip.conf"),),
)
TRUSTED = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "PIP_CERT")
PROXIES = ("http_proxy", "https_proxy")


def test_what_only_pip_was_told_holds_for_all() -> None:
    found = conda_environ(COMPANY, {"HOME": "/home/me"})
    assert dict.fromkeys(TRUSTED, "/etc/company.pem") == {name: found[name] for name in TRUSTED}
    assert dict.fromkeys(PROXIES, "http://me:pw@proxy.example:3128") == {name: found[name] for name in PROXIES}
    assert ("/etc/me.pem", "/etc/me.pem") == (found["PIP_CLIENT_CERT"], found["CONDA_CLIENT_SSL_CERT"])
    assert "/home/me" == found["HOME"]


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"])
def test_a_bundle_under_any_name_is_everybodys(name: str) -> None:
    found = conda_environ(PackageConfiguration(), {name: "/my.pem"})
    assert ("/my.pem", "/my.pem") == (found["REQUESTS_CA_BUNDLE"], found["SSL_CERT_FILE"])
    assert "PIP_CERT" not in found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "/mine.pem") for name in (*TRUSTED, "PIP_CLIENT_CERT", "CONDA_CLIENT_SSL_CERT")),
        ("CONDA_SSL_VERIFY", "truststore"),
        ("MAMBA_SSL_VERIFY", "/mamba.pem"),
        ("CONDARC", "/my/condarc"),
        *((name, "mine") for name in QUIET),
    ],
)
def test_what_the_user_has_set_stays(name: str, value: str) -> None:
    assert value == conda_environ(COMPANY, {name: value}, condarc="/plan/condarc")[name]


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "http_proxy"])
def test_a_proxy_of_all_programs_outranks_pips(name: str) -> None:
    found = conda_environ(COMPANY, {name: "http://other.example:1"})
    assert {name: "http://other.example:1"} == {key: found[key] for key in found if key.lower().endswith("_proxy")}


def test_nothing_is_made_up() -> None:
    assert QUIET == conda_environ(PackageConfiguration(), {})


def test_the_file_with_the_logins_is_named() -> None:
    assert "/env/mlenv/condarc" == conda_environ(PackageConfiguration(), {}, condarc="/env/mlenv/condarc")["CONDARC"]


@pytest.mark.parametrize("name", ["PIP_TARGET", "PIP_USER", "PIP_REQUIRE_VIRTUALENV", "PYTHONPATH", "PYTHONHOME"])
def test_what_would_have_pip_install_elsewhere_is_left_out(name: str) -> None:
    assert name not in conda_environ(PackageConfiguration(), {name: "1"})
