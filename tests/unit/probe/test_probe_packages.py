"""Configuration of pip and uv."""

from __future__ import annotations

from typing import Any

import pytest

from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.probe.log import Log
from mlenv.probe.python.package_configuration import read_package_configuration
from mlenv.probe.python.pip_configuration import configuration_files, parse_pip_file
from mlenv.probe.python.uv_configuration import UvSettings, parse_uv_file, read_variables
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import linux, probe, readings

USER = "/home/ada/.config/pip/pip.conf"
UV_USER = "/home/ada/.config/uv/uv.toml"
EXAMPLE = "https://packages.example.org"


def configuration(files: dict[str, str], **more: Any) -> PackageConfiguration:
    return read_package_configuration(RecordedHost(linux(files, **more)), Log())


def one(value: str, origin: str) -> Setting:
    return Setting(value=value, origin=origin)


def test_nothing_configured() -> None:
    assert configuration({}) == PackageConfiguration()


def test_pip_files_in_the_order_of_pip() -> None:
    found = configuration(
        {
            "/etc/xdg/pip/pip.conf": "[global]\nindex-url = https://xdg.example.org\nproxy = http://proxy:3128\n",
            "/etc/pip.conf": "[global]\nindex_url = https://etc.example.org\n[install]\nfind-links = /etc/wheels\n",
            "/home/ada/.pip/pip.conf": "[global]\ntrusted-host = a.example.org b.example.org\n",
            USER: f"[global]\nindex-url = {EXAMPLE}/simple\nfind-links =\n    /srv/wheels\n    /srv/more\n",
            "/srv/venv/pip.conf": "[global]\nextra-index-url =\n    https://one.example.org\n    https://two.example.org\n",
        },
        environ={"VIRTUAL_ENV": "/srv/venv"},
    )
    assert found == PackageConfiguration(
        index_url=one(f"{EXAMPLE}/simple", USER),
        extra_index_urls=(
            one("https://one.example.org", "/srv/venv/pip.conf"),
            one("https://two.example.org", "/srv/venv/pip.conf"),
        ),
        # pip's section for the command outranks its general one, whichever file is later.
        find_links=(one("/etc/wheels", "/etc/pip.conf"),),
        trusted_hosts=(
            one("a.example.org", "/home/ada/.pip/pip.conf"),
            one("b.example.org", "/home/ada/.pip/pip.conf"),
        ),
        proxies=(one("http://proxy:3128", "/etc/xdg/pip/pip.conf"),),
    )


def test_variables_of_pip_outrank_its_files() -> None:
    files = {USER: "[global]\nindex-url = https://file.example.org\nfind-links = /file/wheels\nno-index = true\n"}
    environ = {
        "PIP_INDEX_URL": "https://variable.example.org",
        "PIP_FIND_LINKS": "/a /b",
        "PIP_NO_INDEX": "0",
        "PIP_CERT": "/etc/ssl/company.pem",
    }
    assert configuration(files, environ=environ) == PackageConfiguration(
        index_url=one("https://variable.example.org", "PIP_INDEX_URL"),
        find_links=(one("/a", "PIP_FIND_LINKS"), one("/b", "PIP_FIND_LINKS")),
        certificate=one("/etc/ssl/company.pem", "PIP_CERT"),
    )


def test_named_file_replaces_those_of_the_user() -> None:
    files = {
        "/etc/pip.conf": "[global]\nfind-links = /etc/wheels\n",
        USER: "[global]\nindex-url = https://user.example.org\n",
        "/srv/ci.conf": "[global]\nno-index = yes\n",
    }
    assert configuration(files, environ={"PIP_CONFIG_FILE": "/srv/ci.conf"}) == PackageConfiguration(
        find_links=(one("/etc/wheels", "/etc/pip.conf"),), no_index=one("yes", "/srv/ci.conf")
    )
    assert configuration(files, environ={"PIP_CONFIG_FILE": "/dev/null"}) == PackageConfiguration()


def test_uv_outranks_pip_and_lists_are_united() -> None:
    files = {
        USER: f"[global]\nindex-url = https://pip.example.org\nextra-index-url = {EXAMPLE}/a {EXAMPLE}/b\n",
        UV_USER: (
            f'extra-index-url = ["{EXAMPLE}/b"]\nfind-links = ["/uv/wheels"]\n'
            f'[[index]]\nname = "main"\nurl = "{EXAMPLE}/simple"\ndefault = true\n'
            f'[[index]]\nname = "torch"\nurl = "{EXAMPLE}/torch"\nexplicit = true\n'
            f'[[index]]\nurl = "{EXAMPLE}/own"\n'
            '[pip]\nfind-links = ["/uv/pip-wheels"]\n'
        ),
        "/etc/uv/uv.toml": 'index-url = "https://system.example.org"\nno-index = true\n',
    }
    environ = {"UV_FIND_LINKS": "/variable/wheels", "HTTPS_PROXY": "http://proxy:3128"}
    assert configuration(files, environ=environ) == PackageConfiguration(
        index_url=one(f"{EXAMPLE}/simple", UV_USER),
        extra_index_urls=(
            one(f"{EXAMPLE}/own", UV_USER),
            one(f"{EXAMPLE}/b", UV_USER),
            one(f"{EXAMPLE}/a", USER),
        ),
        find_links=(
            one("/variable/wheels", "UV_FIND_LINKS"),
            one("/uv/pip-wheels", UV_USER),
            one("/uv/wheels", UV_USER),
        ),
        no_index=one("true", "/etc/uv/uv.toml"),
        proxies=(one("http://proxy:3128", "HTTPS_PROXY"),),
    )


def test_variables_of_uv() -> None:
    environ = {
        "UV_DEFAULT_INDEX": f"company={EXAMPLE}/simple",
        "UV_INDEX_URL": "https://old.example.org",
        "UV_INDEX": f"torch={EXAMPLE}/torch {EXAMPLE}/q?a=b",
        "UV_EXTRA_INDEX_URL": f"{EXAMPLE}/extra",
        "UV_FIND_LINKS": "/a, /b",
        "UV_INSECURE_HOST": "localhost:8080",
    }
    assert read_variables(environ) == UvSettings(
        index_url=one(f"{EXAMPLE}/simple", "UV_DEFAULT_INDEX"),
        extra_index_urls=(
            one(f"{EXAMPLE}/torch", "UV_INDEX"),
            one(f"{EXAMPLE}/q?a=b", "UV_INDEX"),
            one(f"{EXAMPLE}/extra", "UV_EXTRA_INDEX_URL"),
        ),
        find_links=(one("/a", "UV_FIND_LINKS"), one("/b", "UV_FIND_LINKS")),
        trusted_hosts=(one("localhost:8080", "UV_INSECURE_HOST"),),
    )


def test_named_and_refused_files_of_uv() -> None:
    files = {UV_USER: 'index-url = "https://user.example.org"\n', "/srv/uv.toml": 'find-links = ["/srv/wheels"]\n'}
    assert configuration(files, environ={"UV_CONFIG_FILE": "/srv/uv.toml"}) == PackageConfiguration(
        find_links=(one("/srv/wheels", "/srv/uv.toml"),)
    )
    assert configuration(files, environ={"UV_NO_CONFIG": "1"}) == PackageConfiguration()


def test_certificates_and_proxies_of_everything() -> None:
    environ = {
        "REQUESTS_CA_BUNDLE": "/b.pem",
        "SSL_CERT_FILE": "/a.pem",
        "https_proxy": "http://proxy:1",
        "HTTP_PROXY": "http://proxy:1",
    }
    found = configuration({}, environ=environ)
    assert found.certificate == one("/a.pem", "SSL_CERT_FILE")
    assert found.proxies == (one("http://proxy:1", "https_proxy"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("index-url = x\n", "MissingSectionHeaderError in line 1"),
        ("[global]\nindex-url = a\nindex-url = b\n", "DuplicateOptionError in line 3"),
        ("[global]\n[global]\n", "DuplicateSectionError in line 2"),
        ("[global]\nthis is not an option\n", "ParsingError in line 2"),
        ("[global]\nindex-url = https://u:100%secret@example.org\n", {"index-url": "https://u:100%secret@example.org"}),
    ],
)
def test_pip_file(text: str, expected: str | dict[str, str]) -> None:
    parsed = parse_pip_file(text)
    assert (parsed if isinstance(parsed, str) else parsed["global"]) == expected


def test_broken_files_are_readings_and_the_others_count() -> None:
    machine = probe(
        linux(
            {
                "/etc/pip.conf": "[global]\nsecret without a key\n",
                USER: "[global]\nfind-links = /srv/wheels\n",
                UV_USER: "index-url = https://no-quotes.example.org\n",
            }
        )
    )
    assert machine.packages == PackageConfiguration(find_links=(one("/srv/wheels", USER),))
    assert readings(machine, "packages.pip")[1] == ("/etc/pip.conf", "unreadable", "ParsingError in line 2")
    assert readings(machine, "packages.uv")[0] == (UV_USER, "unreadable", "not valid TOML in line 1")
    assert not any("secret" in reading.detail for reading in machine.readings)


def test_values_of_other_kinds_are_left_out() -> None:
    text = (
        "index-url = 3\nfind-links = 'one'\nextra-index-url = [1, '', 'https://a.example.org']\nindex = [1]\npip = 2\n"
    )
    assert parse_uv_file(text, "f") == UvSettings(extra_index_urls=(one("https://a.example.org", "f"),))


def test_unreadable_file_is_a_reading() -> None:
    machine = probe(linux(errors={"/etc/pip.conf": "PermissionError"}))
    assert ("/etc/pip.conf", "unreadable", "PermissionError") in readings(machine, "packages.pip")


def test_places_on_other_systems() -> None:
    windows = Recording(
        identity=Identity(system="windows", release="10.0.22631", machine="AMD64"),
        home="C:\\Users\\ada",
        environ={"APPDATA": "C:\\Users\\ada\\AppData\\Roaming"},
    )
    assert configuration_files(RecordedHost(windows)) == [
        "C:\\ProgramData\\pip\\pip.ini",
        "C:\\Users\\ada\\pip\\pip.ini",
        "C:\\Users\\ada\\AppData\\Roaming\\pip\\pip.ini",
    ]
    mac = Recording(
        identity=Identity(system="macos", release="23.5.0", machine="arm64"),
        home="/Users/ada",
        existing=["/Users/ada/Library/Application Support/pip"],
    )
    assert configuration_files(RecordedHost(mac)) == [
        "/Library/Application Support/pip/pip.conf",
        "/Users/ada/.pip/pip.conf",
        "/Users/ada/Library/Application Support/pip/pip.conf",
    ]
