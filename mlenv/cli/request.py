"""From options to a resolution: shared by ``plan`` and ``install``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mlenv.cli.settings import RequestOptions
from mlenv.errors import UsageError
from mlenv.facts.machine import Machine
from mlenv.facts.packages import Setting
from mlenv.matrix.age import warn_of_age
from mlenv.matrix.load import Matrix
from mlenv.matrix.profiles import read_profile
from mlenv.matrix.rows import Profile
from mlenv.resolve.request import Request, make_request


def load_profile(matrix: Matrix, name: str) -> Profile:
    """A profile by its name, or from a TOML file of the user."""
    if name.endswith(".toml") or "/" in name or "\\" in name:
        return read_profile(Path(name), matrix.stated_profile)
    return matrix.profile(name)


def read_request(matrix: Matrix, asked: RequestOptions) -> Request:
    """The request that the options describe."""
    if not asked.profiles and not asked.extras:
        raise UsageError(
            "say what to install: `--profile NAME` or `--with REQUIREMENT`",
            hint=f"profiles: {', '.join(matrix.profile_names)}",
        )
    return make_request(
        matrix,
        [load_profile(matrix, name) for name in asked.profiles],
        asked.extras,
        accelerator=asked.accelerator,
        python=asked.python,
    )


def data_warnings(matrix: Matrix) -> tuple[str, ...]:
    """What must be said of the data, as of the day that was asked for (today, where none was)."""
    warning = warn_of_age(matrix.info, matrix.as_of or dt.datetime.now(dt.timezone.utc).date())
    return (warning,) if warning else ()


def configure_packages(machine: Machine, asked: RequestOptions) -> Machine:
    """The machine with the command line's package sources before the configured ones."""
    found = machine.packages
    index = Setting(value=asked.index_url, origin="--index-url") if asked.index_url else found.index_url
    links = [_absolute(link) for link in asked.find_links]
    packages = msgspec.structs.replace(
        found,
        index_url=index,
        extra_index_urls=(*_settings(asked.extra_index_urls, "--extra-index-url"), *found.extra_index_urls),
        find_links=(*_settings(links, "--find-links"), *found.find_links),
        no_index=None if asked.index_url else found.no_index,
    )
    return msgspec.structs.replace(machine, packages=packages)


def _settings(values: Sequence[str], origin: str) -> tuple[Setting, ...]:
    return tuple(Setting(value=value, origin=origin) for value in values)


def _absolute(link: str) -> str:
    """A folder as an absolute path: the commands run elsewhere."""
    return link if "://" in link else str(Path(link).resolve())
