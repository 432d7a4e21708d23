"""The variables under which conda, mamba, micromamba, pixi and py-rattler run.

Each reads proxies, certificates and logins in its own way; what the user has set stays as it is.

===================  ==================================  =============================================
program              certificates                        proxies, logins
===================  ==================================  =============================================
conda                ``ssl_verify`` of ``.condarc``,     ``proxy_servers``, ``HTTPS_PROXY``;
                     else ``REQUESTS_CA_BUNDLE``         ``netrc``, ``.condarc``
mamba, micromamba    the same                            the same
pixi, py-rattler     ``SSL_CERT_FILE``                   ``HTTPS_PROXY``; ``netrc``, ``pixi auth login``
pip inside conda     ``cert`` of ``pip.conf``,           ``proxy`` of ``pip.conf``, ``HTTPS_PROXY``;
                     else ``REQUESTS_CA_BUNDLE``         ``netrc``, ``keyring``
===================  ==================================  =============================================
"""

from __future__ import annotations

from collections.abc import Mapping

from mlenv.facts.packages import PackageConfiguration

CERTIFICATES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
QUIET = {
    "CONDA_NOTIFY_OUTDATED_CONDA": "false",
    "CONDA_REPORT_ERRORS": "false",
    "MAMBA_NO_PROGRESS_BARS": "true",
    "PIXI_NO_PROGRESS": "true",
    "NO_COLOR": "1",
    "PIP_NO_INPUT": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    # A package of the user's own folder is none of the environment.
    "PYTHONNOUSERSITE": "1",
}
"""Nobody answers a question, and a progress bar is no line."""
MISLEADING = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_REQUIRE_VIRTUALENV", "PYTHONHOME", "PYTHONPATH")
"""What would have pip install elsewhere, or refuse to: an environment of conda is no virtualenv."""


def conda_environ(packages: PackageConfiguration, environ: Mapping[str, str], *, condarc: str = "") -> dict[str, str]:
    """The variables for the commands of conda's family: ``environ`` with what only pip or uv was told.

    ``condarc`` is the path of the plan's file of that name (:data:`mlenv.plan.conda_login.CONDARC_FILE`),
    where the plan has one.
    """
    kept = {name: value for name, value in environ.items() if name not in MISLEADING}
    added = {**_certificates(packages, environ), **_proxies(packages, environ), **QUIET}
    if condarc:
        added["CONDARC"] = condarc
    return {**{name: value for name, value in added.items() if value}, **kept}


def _certificates(packages: PackageConfiguration, environ: Mapping[str, str]) -> dict[str, str]:
    """One bundle for all of them, and the client's certificate for those that can show one."""
    named = packages.certificate.value if packages.certificate else ""
    bundle = next((environ[name] for name in CERTIFICATES if environ.get(name)), named)
    client = packages.client_certificate.value if packages.client_certificate else ""
    return {
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "PIP_CERT": named,
        "PIP_CLIENT_CERT": client,
        "CONDA_CLIENT_SSL_CERT": client,
    }


def _proxies(packages: PackageConfiguration, environ: Mapping[str, str]) -> dict[str, str]:
    """The proxy that only pip knows of, where the variables of all programs name none."""
    if packages.pip_proxy is None or any(name.lower() in PROXIES and value for name, value in environ.items()):
        return {}
    return {"http_proxy": packages.pip_proxy, "https_proxy": packages.pip_proxy}  # curl knows the first only so
