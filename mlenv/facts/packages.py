"""Where this user's package managers take packages from."""

from __future__ import annotations

from mlenv.facts.fact import Fact


class Setting(Fact, frozen=True, kw_only=True):
    """One value of a package manager's configuration and the file or variable that set it."""

    value: str
    origin: str


class PackageConfiguration(Fact, frozen=True, kw_only=True):
    """Where this user's pip and uv take packages from.

    ``index_url`` replaces the default index, ``extra_index_urls`` stand beside it, ``find_links``
    are folders or pages of wheels.  ``keyring`` is how a keyring is asked for passwords
    (``subprocess``, ``import``), None where it is not.  Passwords inside addresses are kept here, in memory, because
    the installer needs them; writers mask them (see :func:`mlenv.report.redact.mask_url`).
    """

    index_url: Setting | None = None
    extra_index_urls: tuple[Setting, ...] = ()
    find_links: tuple[Setting, ...] = ()
    no_index: Setting | None = None
    certificate: Setting | None = None
    client_certificate: Setting | None = None
    trusted_hosts: tuple[Setting, ...] = ()
    proxies: tuple[Setting, ...] = ()
    keyring: Setting | None = None

    @property
    def pip_proxy(self) -> str | None:
        """The proxy that only pip would know of; those of ``HTTPS_PROXY`` and the like every program sees."""
        shared = ("http_proxy", "https_proxy", "all_proxy")
        return next((setting.value for setting in self.proxies if setting.origin.lower() not in shared), None)
