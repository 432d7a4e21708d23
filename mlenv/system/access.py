"""What a server asks of those who fetch files: certificates, proxies, logins; and which files need none."""
# ruff: noqa: TID251 - a part of the one door, apart so that a command that reads two pages loads none of it

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
import requests
import urllib3

from mlenv.system.network import AGENT

Login = Callable[[str], "tuple[str, str] | None"]


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What a server asks for: certificates, a proxy beside those of variables, a login for an address.

    ``trusted_hosts`` (``host`` or ``host:port``) are believed without a certificate.
    """

    certificate: str | None = None
    client_certificate: str | None = None
    proxy: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    login: Login | None = None


class _TrustingAdapter(requests.adapters.HTTPAdapter):
    """Asks no certificate of trusted hosts, and of those alone: also where a server sends one elsewhere."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = {urlsplit(host).netloc if "://" in host else host for host in hosts}
        super().__init__(pool_connections=2, pool_maxsize=2)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        names = {parts.hostname or "", f"{parts.hostname}:{parts.port or 443}"}
        if names & self._hosts:
            options["verify"] = False
        return super().send(request, *args, **options)


def local_path(address: str) -> str | None:
    """The path that an address names: a path itself or a ``file:`` address; None for those of the web."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        path = unquote(parts.path)
        return path[1:] if path[2:3] == ":" else path  # file:///C:/wheels
    return address if len(parts.scheme) <= 1 else None  # one letter is a Windows drive


def split_login(address: str) -> tuple[str, tuple[str, str] | None]:
    """An address without its user name and password, and these."""
    parts = urlsplit(address)
    if "@" not in parts.netloc:
        return address, None
    login, _, host = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    return parts._replace(netloc=host).geturl(), (unquote(user), unquote(password))


def open_session(access: Access) -> requests.Session:
    """Connections that trust whom the user trusts."""
    if access.trusted_hosts:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    session = requests.Session()
    session.headers.update(AGENT)
    for scheme in ("http://", "https://"):
        session.mount(scheme, _TrustingAdapter(access.trusted_hosts))
    return session
