"""Packages of a conda channel, read with py-rattler (the extra ``mlenv[conda]``).

Only the records of the wanted packages are loaded: a channel in shards sends just theirs, of any
other the index is kept in the cache folder and read in parts.  Nothing is solved here.

Honoured, as tried with py-rattler 0.28: ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and
``NO_PROXY``; ``SSL_CERT_FILE``; mirrors, proxies, certificates and credentials in the
``config.toml`` of rattler and of pixi.  Not honoured: ``.condarc``, ``REQUESTS_CA_BUNDLE``,
``CURL_CA_BUNDLE`` and the settings of pip.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlenv.matrix.rows import Platform
from mlenv.matrix.sources.conda_build import PLATFORM_OF, CondaBuild, parse_build
from mlenv.matrix.sources.published import SourceTrouble

if TYPE_CHECKING:
    from rattler import Channel, Gateway, RepoDataRecord

SOURCE = "conda channel"
PLATFORMS = tuple(PLATFORM_OF.values())
DEADLINE_SECONDS = 120.0
RETRIES = 1
MISSING = "py-rattler 0.28 or newer is not installed; it comes with mlenv[conda]"

# py-rattler crashes an interpreter that ends while a thread of its runtime still hands over the
# last answer; https://github.com/PyO3/pyo3-async-runtimes/issues/40
SETTLE_SECONDS = 0.05


class CondaRelease(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a package; ``released`` is the day of its first build."""

    version: str
    released: dt.date | None
    builds: tuple[CondaBuild, ...]


class CondaPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A package of a channel, newest release first; no releases where the channel has no such package.

    ``platforms`` are those that were asked about.
    """

    channel: str
    package: str
    platforms: tuple[Platform, ...]
    releases: tuple[CondaRelease, ...]


def read_package(
    channel: str,
    package: str,
    platforms: Sequence[Platform] = PLATFORMS,
    *,
    pythons: Sequence[str] | None = None,
    cache: str | None = None,
    timeout: float = DEADLINE_SECONDS,
) -> CondaPackage:
    """One package of a channel; see :func:`read_packages`."""
    return read_packages(channel, [package], platforms, pythons=pythons, cache=cache, timeout=timeout)[package]


def read_packages(
    channel: str,
    packages: Sequence[str],
    platforms: Sequence[Platform] = PLATFORMS,
    *,
    pythons: Sequence[str] | None = None,
    cache: str | None = None,
    timeout: float = DEADLINE_SECONDS,
) -> dict[str, CondaPackage]:
    """Packages of a channel by name, asked for together; :class:`SourceTrouble` where the channel fails.

    ``channel`` is a name (``conda-forge``), an address, or a folder (``./channel``).
    ``noarch`` builds are always among the answers.  ``pythons`` are the series to tell apart, by
    default those of the matrix.  ``cache`` is the folder for what is fetched, by default
    rattler's own.  ``timeout`` limits the whole, in seconds.
    """
    records = _records(channel, packages, platforms, cache, timeout)
    known = _known_pythons() if pythons is None else pythons
    return {name: _package(channel, name, platforms, records, known) for name in packages}


def _records(
    channel: str, packages: Sequence[str], platforms: Sequence[Platform], cache: str | None, timeout: float
) -> list[RepoDataRecord]:
    """The records of the packages, whichever platform they are for; rattler's errors as ours."""
    subdirs = [subdir for subdir, platform in PLATFORM_OF.items() if platform in platforms]
    with told_plainly(channel, timeout):
        return asyncio.run(_query(channel, packages, [*subdirs, "noarch"], cache, timeout))


@contextmanager
def told_plainly(channel: str, timeout: float) -> Iterator[None]:
    """Rattler's errors about a channel as :class:`SourceTrouble` in a few words, its absence too."""
    try:
        from rattler import Config, exceptions  # noqa: F401 - older releases have no Config
    except ImportError:
        raise _trouble(channel, MISSING) from None
    try:
        yield
    except (TimeoutError, asyncio.TimeoutError):
        raise _trouble(channel, f"no answer within {timeout:g} seconds") from None
    except (
        exceptions.CacheDirError,
        exceptions.ConfigError,
        exceptions.GatewayError,
        exceptions.InvalidChannelError,
        exceptions.InvalidPackageNameError,
        OSError,
        ValueError,
    ) as error:
        raise _trouble(channel, _plain(str(error))) from None


async def _query(
    channel: str, packages: Sequence[str], subdirs: Sequence[str], cache: str | None, timeout: float
) -> list[RepoDataRecord]:
    from rattler import MatchSpec, PackageName, Subdir

    try:
        question = open_gateway(cache, timeout).query(
            [open_channel(channel)],
            [Subdir(name) for name in subdirs],
            [MatchSpec(PackageName(name).normalized) for name in packages],
            recursive=False,
            channel_relations="disabled",
        )
        return [record for records in await asyncio.wait_for(question, timeout) for record in records]
    finally:
        await asyncio.sleep(SETTLE_SECONDS)


def open_channel(channel: str) -> Channel:
    """A channel by name, address or folder (``./channel``)."""
    from rattler import Channel, ChannelConfig

    return Channel(channel, ChannelConfig(root_dir=os.getcwd()))


def open_gateway(cache: str | None, timeout: float, *, offline: bool = False) -> Gateway:
    """What fetches the listings of channels, with the settings of rattler and pixi.

    ``offline`` takes what the cache holds, however old, and nothing else.
    """
    from rattler import Config, Gateway, SourceConfig
    from rattler.networking import Client

    config = Config.load_from_default_locations("pixi")  # the files that all tools on rattler share, and pixi's
    client = Client.from_config(config, max_retries=RETRIES, timeout=max(1, round(timeout)))
    if offline:
        cached = SourceConfig(cache_action="force-cache-only")
        return Gateway(cache_dir=Path(cache) if cache else None, default_config=cached, client=client)
    return Gateway.from_config(config, cache_dir=Path(cache) if cache else None, client=client)


def _known_pythons() -> list[str]:
    from mlenv.matrix.load import Matrix

    return [row.version for row in Matrix().pythons]


def _package(
    channel: str, name: str, platforms: Sequence[Platform], records: Iterable[RepoDataRecord], pythons: Sequence[str]
) -> CondaPackage:
    from rattler import PackageName

    wanted = PackageName(name).normalized
    builds: dict[str, list[CondaBuild]] = {}
    order = {}
    for record in records:
        if record.name.normalized == wanted:
            version = str(record.version)
            order[version] = record.version
            builds.setdefault(version, []).append(parse_build(record, pythons))
    newest_first = sorted(order, key=lambda version: order[version], reverse=True)
    releases = tuple(_release(version, builds[version]) for version in newest_first)
    return CondaPackage(channel=channel, package=name, platforms=tuple(platforms), releases=releases)


def _release(version: str, builds: Sequence[CondaBuild]) -> CondaRelease:
    days = [build.built for build in builds if build.built]
    ordered = sorted(builds, key=lambda build: (build.platform, build.kind, build.build))
    return CondaRelease(version=version, released=min(days, default=None), builds=tuple(ordered))


_PHRASES = (
    ("could not find subdir", "there is no conda channel"),
    ("dns error", "its name does not resolve"),
    ("Connection refused", "connection refused"),
    ("Network is unreachable", "no network"),
    ("invalid peer certificate", "its certificate is not trusted"),
    ("timed out", "no answer in time"),
    ("no usable repodata cache", "its listing is not in the cache"),
)
_STATUS = re.compile(r"HTTP status \w+ error \((\d{3}) ")
_ADDRESS = re.compile(r"""\s*(?:for url |from )?[('"]*\b[a-z0-9+]+://[^\s'")]+['")]*""")


# error sending request for url (https://channel.example/linux-64/repodata_shards.msgpack.zst)
# Caused by: client error (Connect)
# Caused by: tcp connect error
# Caused by: Connection refused (os error 111)
def _plain(message: str) -> str:
    """The heart of an error of rattler in a few words, without addresses: they may hold a token."""
    for sign, words in _PHRASES:
        if sign in message:
            return words
    if status := _STATUS.search(message):
        return f"HTTP {status.group(1)}"
    lines = [_ADDRESS.sub("", line.removeprefix("Caused by: ")).strip(" .") for line in message.splitlines()]
    return ": ".join(dict.fromkeys([lines[0], lines[-1]])) if lines else "rattler gives no reason"


def _trouble(channel: str, phrase: str) -> SourceTrouble:
    return SourceTrouble(source=SOURCE, url=channel, phrase=phrase)
