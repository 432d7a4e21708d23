"""Whether the places that a lock names can be reached at all, before anything is fetched from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from mlenv.errors import NoVerdictError
from mlenv.facts.machine import Machine
from mlenv.plan.lock import Lock
from mlenv.system.page import Page

Ask = Callable[[str], Page]


def demand_reach(lock: Lock, ask: Ask) -> None:
    """Ask one file of each server; :class:`NoVerdictError` naming those that do not answer.

    A server that answers with a refusal is there: the installer has the logins.
    """
    silent = {}
    for server, url in _one_of_each(lock).items():
        page = ask(url)
        if page.state == "unreachable" and not page.detail.startswith("HTTP"):
            silent[server] = page.detail
    if silent:
        told = "; ".join(f"{server}: {detail}" for server, detail in silent.items())
        raise NoVerdictError(
            f"where the lock's files are cannot be reached, so nothing was begun ({told})",
            hint="check the network, proxy and certificate settings (`mlenv probe` shows them), then run it again",
        )


def _one_of_each(lock: Lock) -> dict[str, str]:
    """An address of each server."""
    urls = (file.url for package in lock.packages for file in package.files)
    found: dict[str, str] = {}
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname:
            found.setdefault(parts.hostname, url)
    return found


def open_ask(machine: Machine, environ: Mapping[str, str]) -> Ask:
    """Asks as the user's proxies and certificates have it."""
    from mlenv.cli.package_access import trusted_bundle
    from mlenv.system.network import answers

    packages = machine.packages
    bundle = trusted_bundle(packages, environ)
    return lambda url: answers(url, certificate=bundle, proxy=packages.pip_proxy)
