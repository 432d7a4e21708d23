"""From options to a resolution: shared by ``plan`` and ``install``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mlenv.errors import UsageError
from mlenv.facts.machine import Machine, PackageConfiguration, Setting
from mlenv.matrix.load import Matrix, load_file
from mlenv.matrix.rows import Profile
from mlenv.resolve.request import Request, make_request


def load_profile(matrix: Matrix, name: str) -> Profile:
    """A profile by its name, or from a TOML file of the user."""
    if name.endswith(".toml") or "/" in name or "\\" in name:
        return load_file(Path(name), Profile)
    return matrix.profile(name)


def read_request(
    matrix: Matrix,
    *,
    profiles: Sequence[str],
    extras: Sequence[str],
    accelerator: str | None,
    python: str | None,
    as_of: dt.date | None,
) -> Request:
    """The request that the options describe."""
    if not profiles and not extras:
        raise UsageError(
            "say what to install: `--profile NAME` or `--with REQUIREMENT`",
            hint=f"profiles: {', '.join(matrix.profile_names)}",
        )
    loaded = [load_profile(matrix, name) for name in profiles]
    return make_request(matrix, loaded, extras, accelerator=accelerator, python=python, as_of=as_of)


def configure_packages(
    machine: Machine, *, index_url: str | None, extra_index_urls: Sequence[str], find_links: Sequence[str]
) -> Machine:
    """The machine with the command line's package sources before the configured ones."""
    found = machine.packages
    packages = PackageConfiguration(
        index_url=Setting(value=index_url, origin="--index-url") if index_url else found.index_url,
        extra_index_urls=(*_settings(extra_index_urls, "--extra-index-url"), *found.extra_index_urls),
        find_links=(*_settings([_absolute(link) for link in find_links], "--find-links"), *found.find_links),
        no_index=None if index_url else found.no_index,
        certificate=found.certificate,
        client_certificate=found.client_certificate,
        trusted_hosts=found.trusted_hosts,
        proxies=found.proxies,
    )
    return msgspec.structs.replace(machine, packages=packages)


def _settings(values: Sequence[str], origin: str) -> tuple[Setting, ...]:
    return tuple(Setting(value=value, origin=origin) for value in values)


def _absolute(link: str) -> str:
    """A folder as an absolute path: the commands run elsewhere."""
    return link if "://" in link else str(Path(link).resolve())
