"""What this user's package sources ask of those who fetch files from them: certificates, proxies, logins."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from mlenv.facts.packages import PackageConfiguration
from mlenv.plan.content import Content

if TYPE_CHECKING:
    from mlenv.bundle.logins import NamedIndex
    from mlenv.supply.offers import Source
    from mlenv.system.access import Access
    from mlenv.system.page import Page
    from mlenv.system.pages import Pages

CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
KEYRING_SECONDS = 60.0
"""A keyring may have to ask its user."""


def make_access(packages: PackageConfiguration, content: Content, environ: Mapping[str, str]) -> Access:
    """How the files of a plan are fetched: as pip and uv are configured, with the logins of its indexes."""
    from mlenv.bundle.logins import NamedIndex

    indexes = [NamedIndex(address=row.url, name=row.name) for row in content.indexes]
    return _access(packages, [*indexes, *(NamedIndex(address=row.address) for row in content.wheels)], environ)


def open_pages(
    packages: PackageConfiguration, sources: Sequence[Source], environ: Mapping[str, str]
) -> Callable[[str], Page]:
    """What fetches the pages of sources as the installers do; nothing is loaded or asked before the first one."""
    lock = threading.Lock()
    opened: list[Pages] = []

    def get(url: str) -> Page:
        with lock:
            if not opened:
                opened.append(_open_pages(packages, sources, environ))
        return opened[0].get(url)

    return get


def _open_pages(packages: PackageConfiguration, sources: Sequence[Source], environ: Mapping[str, str]) -> Pages:
    from mlenv.bundle.logins import NamedIndex
    from mlenv.system.pages import Pages

    return Pages(_access(packages, [NamedIndex(address=row.address, name=row.id) for row in sources], environ))


def _access(packages: PackageConfiguration, indexes: Sequence[NamedIndex], environ: Mapping[str, str]) -> Access:
    from mlenv.bundle.logins import Logins, ask_keyring
    from mlenv.system.access import Access

    return Access(
        certificate=trusted_bundle(packages, environ),
        client_certificate=packages.client_certificate.value if packages.client_certificate else None,
        proxy=packages.pip_proxy,
        trusted_hosts=tuple(row.value for row in packages.trusted_hosts),
        login=Logins(indexes, environ, ask_keyring(_run_keyring) if packages.keyring else None).find,
    )


def trusted_bundle(packages: PackageConfiguration, environ: Mapping[str, str]) -> str | None:
    """The file of authorities to trust: all that pip and the variables of this user name; None for the system's own.

    Each of them is trusted by one of the user's package programs already, and none of these knows all.
    """
    from mlenv.system.folders import cache_folder
    from mlenv.system.trust import join_bundles

    named = [packages.certificate.value] if packages.certificate else []
    named += [environ[name] for name in CERTIFICATES if environ.get(name)]
    return join_bundles(named, cache_folder() / "certificates")


def access_variables(packages: PackageConfiguration, environ: Mapping[str, str]) -> dict[str, str]:
    """What uv and pip must be told by variables, since each reads its own settings alone."""
    found: dict[str, str] = {}
    bundle = trusted_bundle(packages, environ)
    if bundle is not None:
        # In pip the variable of its HTTP library outranks its own setting.
        found |= dict.fromkeys(("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"), bundle)
    if packages.client_certificate:
        found |= dict.fromkeys(("SSL_CLIENT_CERT", "PIP_CLIENT_CERT"), packages.client_certificate.value)
    if packages.keyring:
        # A new environment has no keyring that pip could import.
        found |= dict.fromkeys(("UV_KEYRING_PROVIDER", "PIP_KEYRING_PROVIDER"), "subprocess")
    if packages.pip_proxy:
        found["ALL_PROXY"] = environ.get("ALL_PROXY") or packages.pip_proxy
    return found


def source_variables(packages: PackageConfiguration, *, offline: bool) -> dict[str, str]:
    """The package sources as variables for uv: an argument would show a password to every user of the machine."""
    named = {
        "UV_DEFAULT_INDEX": packages.index_url.value if packages.index_url else "",
        "UV_INDEX": " ".join(row.value for row in packages.extra_index_urls),
        "UV_FIND_LINKS": ",".join(row.value for row in packages.find_links),
        "UV_NO_INDEX": "1" if packages.no_index else "",
        "UV_INSECURE_HOST": " ".join(row.value for row in packages.trusted_hosts),
        "UV_OFFLINE": "1" if offline else "",
    }
    return {name: value for name, value in named.items() if value}


def _run_keyring(argv: Sequence[str]) -> str:
    from mlenv.system.process import run

    done = run(argv, timeout=KEYRING_SECONDS)
    return done.stdout if done.ok else ""
