"""What this user's package sources ask of those who fetch files from them: certificates, proxies, logins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mlenv.facts.packages import PackageConfiguration
from mlenv.plan.content import Content

if TYPE_CHECKING:
    from mlenv.system.download import Access

KEYRING_SECONDS = 60.0
"""A keyring may have to ask its user."""


def make_access(packages: PackageConfiguration, content: Content, environ: Mapping[str, str]) -> Access:
    """How the files of a plan are fetched: as pip and uv are configured, with the logins of its indexes."""
    from mlenv.bundle.logins import Logins, NamedIndex, ask_keyring
    from mlenv.system.download import Access

    keyring = ask_keyring(_run_keyring) if packages.keyring else None
    indexes = [NamedIndex(address=row.url, name=row.name) for row in content.indexes]
    pages = [NamedIndex(address=row.address) for row in content.wheels]
    return Access(
        certificate=packages.certificate.value if packages.certificate else None,
        client_certificate=packages.client_certificate.value if packages.client_certificate else None,
        proxy=packages.pip_proxy,
        trusted_hosts=tuple(row.value for row in packages.trusted_hosts),
        login=Logins([*indexes, *pages], environ, keyring).find,
    )


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
