"""Masking of secrets."""

from __future__ import annotations

import pytest

from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.facts.reading import Reading
from mlenv.facts.system import OperatingSystem, Variable
from mlenv.report.redact import mask_machine, mask_text, mask_url, strip_configuration, strip_text, strip_url


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("https://me:secret@host.example/simple", "https://****@host.example/simple"),
        ("https://token@host.example/simple/", "https://****@host.example/simple/"),
        ("https://me:s@cret@host.example:8443/simple", "https://****@host.example:8443/simple"),
        ("https://me:sec/ret@host.example/simple", "https://****@host.example/simple"),
        ("http://me:secret@proxy.example:3128", "http://****@proxy.example:3128"),
        ("me:secret@proxy.example:3128", "****@proxy.example:3128"),
        # Nothing to mask.
        ("https://host.example/simple", "https://host.example/simple"),
        ("https://host.example:8443/@scope/simple", "https://host.example:8443/@scope/simple"),
        ("git+https://host.example/group/project@v1.0", "git+https://host.example/group/project@v1.0"),
        ("proxy.example:3128", "proxy.example:3128"),
        ("/home/me/wheels", "/home/me/wheels"),
        ("", ""),
    ],
)
def test_mask_url(url: str, masked: str) -> None:
    assert mask_url(url) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("--index-url https://me:secret@host.example/simple", "--index-url https://****@host.example/simple"),
        ("https:/me:secret@host.example: there is no such file", "https:/****@host.example: there is no such file"),
        ("https://a:b@one.example https://c:d@two.example", "https://****@one.example https://****@two.example"),
        ("'https://a:b@one.example/x'", "'https://****@one.example/x'"),
        ("'https://me:sec'ret@host.example/simple'", "'https://****@host.example/simple'"),
        ('{"a":"https://one.example/x","b":"me@two.example"}', '{"a":"https://one.example/x","b":"me@two.example"}'),
        ("write to me@host.example", "write to me@host.example"),
    ],
)
def test_mask_text(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:secret@host.example/simple", "https://host.example/simple"),
        ("https://token@host.example/simple/", "https://host.example/simple/"),
        ("https://host.example/simple", "https://host.example/simple"),
        ("/srv/wheels", "/srv/wheels"),
    ],
)
def test_strip_url(url: str, expected: str) -> None:
    assert expected == strip_url(url)


def test_strip_text_and_settings() -> None:
    assert "pip -i https://a.example -f /b" == strip_text("pip -i https://me:x@a.example -f /b")
    setting = Setting(value="https://me:x'y\"z@a.example", origin="pip.conf")
    bare = strip_configuration(PackageConfiguration(index_url=setting, find_links=(setting,)))
    assert ["https://a.example"] * 2 == [row.value for row in (bare.index_url, *bare.find_links) if row]
    masked = mask_machine(Machine(os=OperatingSystem(family="linux"), packages=PackageConfiguration(index_url=setting)))
    assert "https://****@a.example" == (masked.packages.index_url or setting).value


def test_no_credential_is_left_in_a_machine() -> None:
    address = "https://me:secret@host.example/simple"
    setting = Setting(value=address, origin="pip.conf")
    packages = PackageConfiguration(
        index_url=setting,
        extra_index_urls=(setting, setting),
        proxies=(Setting(value="me:secret@proxy:1", origin="x"),),
    )
    machine = Machine(
        os=OperatingSystem(family="linux"),
        packages=packages,
        variables=(Variable(name="PIP_INDEX_URL", value=address),),
        readings=(Reading(id="packages.pip", source=address, outcome="found", detail=address),),
    )
    masked = mask_machine(machine)
    assert "secret" not in repr(masked)
    assert masked.packages.index_url == Setting(value="https://****@host.example/simple", origin="pip.conf")
    assert len(masked.packages.extra_index_urls) == 2
    assert masked.packages.no_index is None


def test_a_machine_without_secrets_stays_as_it_is() -> None:
    machine = Machine(os=OperatingSystem(family="linux"))
    assert mask_machine(machine) == machine
