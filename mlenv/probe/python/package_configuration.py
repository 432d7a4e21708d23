"""Where this user's packages come from: what uv and pip are told, in one value."""

from __future__ import annotations

from collections.abc import Mapping

from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.probe.log import Log
from mlenv.probe.python.pip_configuration import PipSettings, read_pip_settings
from mlenv.probe.python.uv_configuration import UvSettings, read_uv_settings
from mlenv.system.host import Host

PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def read_package_configuration(host: Host, log: Log) -> PackageConfiguration:
    """The configuration of uv and pip together, uv's first: it is what mlenv would rather use."""
    return merge(read_uv_settings(host, log), read_pip_settings(host, log), host.environ)


def merge(uv: UvSettings, pip: PipSettings, environ: Mapping[str, str]) -> PackageConfiguration:
    """One configuration; lists are united without repeats, and each value keeps its origin.

    The certificate is the one that pip was given by name, else the one that everything uses.
    """
    certificate = pip.one("cert") or _first(environ, CERTIFICATES)
    client = pip.one("client-cert") or _first(environ, ("SSL_CLIENT_CERT",))
    return PackageConfiguration(
        index_url=uv.index_url or pip.one("index-url"),
        extra_index_urls=unite(uv.extra_index_urls, pip.all("extra-index-url")),
        find_links=unite(uv.find_links, pip.all("find-links")),
        no_index=uv.no_index or pip.switch("no-index"),
        certificate=certificate,
        client_certificate=client,
        trusted_hosts=unite(uv.trusted_hosts, pip.all("trusted-host")),
        proxies=unite(_set(environ, PROXIES), pip.all("proxy")),
        keyring=_in_use(uv.keyring or pip.one("keyring-provider")),
    )


def _in_use(keyring: Setting | None) -> Setting | None:
    """Pip's ``auto`` asks nobody unless its user is asked as well, which an installation never does."""
    return keyring if keyring is not None and keyring.value in ("subprocess", "import") else None


def _set(environ: Mapping[str, str], names: tuple[str, ...]) -> tuple[Setting, ...]:
    return tuple(Setting(value=environ[name], origin=name) for name in names if environ.get(name))


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> Setting | None:
    return next(iter(_set(environ, names)), None)


def unite(*parts: tuple[Setting, ...]) -> tuple[Setting, ...]:
    """All settings in order, each value once."""
    united: dict[str, Setting] = {}
    for part in parts:
        for setting in part:
            united.setdefault(setting.value, setting)
    return tuple(united.values())
