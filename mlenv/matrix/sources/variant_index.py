"""Indexes that publish the builds of a distribution apart: the PyTorch index and its kind.

Two kinds are known.  Where the address of an index holds ``{variant}``, each build has pages of
its own: PyTorch's wheels carry the variant as the local part of their version besides
(``torch-2.15.0+cu126-...``), Paddle's carry none.  Where it does not, as with AMD's index for all
its GPUs, one page holds them all and the local part alone tells them apart.

These pages are HTML (PEP 503) without dates and sizes.  As excerpts in PyTorch's issues show
(153469, 164347, 181056), links are relative to the host or lead to another one, ``+`` is written
``%2B``, and hashes and the mark of separate metadata stand at some files only.  For a page that
it does not have, PyTorch's index answers 403 (uv's documentation of indexes).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import Version

from mlenv.facts.version import numbers
from mlenv.matrix.rows import Framework, Index, Platform
from mlenv.matrix.sources.project_page import parse_project
from mlenv.matrix.sources.published import PublishedRelease, SourceTrouble, pythons_on
from mlenv.system.page import Page, WebDoor

WORKERS = 8
FORBIDDEN = "HTTP 403"

Answer = tuple[PublishedRelease, ...] | SourceTrouble
"""The releases of one variant, newest first; none where the index has no such page."""


class VariantBuild(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A build of a release on one platform, as published or as recorded.

    ``release`` is the version without its local part, which stands in ``local``; ``pythons`` are
    series, oldest first.
    """

    release: str
    variant: str
    platform: Platform
    local: str
    pythons: tuple[str, ...]


def read_variants(
    web: WebDoor, index: Index, distribution: str, variants: Iterable[str], *, newest_python: str
) -> dict[str, Answer]:
    """What an index has of a distribution in each of some variants.

    Versions keep their local part.  ``newest_python`` (``3.15``) is where the stable ABI's reach
    upwards ends.
    """
    names = tuple(dict.fromkeys(variants))
    addresses = {name: _address(index, distribution, name) for name in names}
    with ThreadPoolExecutor(WORKERS) as pool:
        distinct = tuple(dict.fromkeys(addresses.values()))
        pages = dict(zip(distinct, pool.map(web.page, distinct), strict=True))
    answered = any(page.state == "found" for page in pages.values())
    answers = {
        address: _answer(page, address, index, distribution, newest_python, answered=answered)
        for address, page in pages.items()
    }
    chosen = {name: answers[address] for name, address in addresses.items()}
    return chosen if "{variant}" in index.url else {name: _with_local(found, name) for name, found in chosen.items()}


def find_variants(web: WebDoor, index: Index, distribution: str, *, newest_python: str) -> tuple[str, ...]:
    """The local parts on the index's page of all variants, none where it has no such page.

    PyTorch's index has that page but does not promise what is on it (issue 163675): a hint at
    variants that nobody recorded, not a list of all.  :class:`SourceTrouble` where it is out of reach.
    """
    whole = msgspec.structs.replace(index, url=index.url.replace("/{variant}", ""))
    address = _address(whole, distribution, "")
    answer = _answer(web.page(address), address, index, distribution, newest_python, answered=True)
    if isinstance(answer, SourceTrouble):
        raise answer
    return tuple(sorted({local for release in answer if (local := _local(release))}))


def published_builds(
    answers: Mapping[str, Answer], *, pythons: Collection[str], prereleases: bool = False
) -> tuple[VariantBuild, ...]:
    """The builds that were found for some series of Python, newest release first.

    Yanked releases are left out, and pre-releases unless they are asked for.
    """
    builds = [
        VariantBuild(
            release=Version(release.version).public,
            variant=variant,
            platform=platform,
            local=_local(release),
            pythons=_oldest_first(pythons_on(release, platform, pythons)),
        )
        for variant, answer in answers.items()
        if not isinstance(answer, SourceTrouble)
        for release in answer
        if not release.yanked and (prereleases or not release.prerelease)
        for platform in sorted({wheel.platform for wheel in release.wheels})
    ]
    return _newest_first(build for build in builds if build.pythons)


def recorded_builds(
    framework: Framework, index: Index, distribution: str, variants: Collection[str]
) -> tuple[VariantBuild, ...]:
    """The builds that the matrix says are on an index, in the form of :func:`published_builds`.

    Give the variants that answered: of others nothing is known.  Rows that stand apart for what is
    no matter here (one platform, some Pythons on another index too) become one.
    """
    found: dict[tuple[str, str, Platform, str], set[str]] = defaultdict(set)
    for release in framework.release:
        for build in release.builds:
            name = build.distribution or framework.distribution
            if index.id not in build.indexes or build.variant not in variants or name != distribution:
                continue
            local = str(Version(f"0+{build.variant}").local) if build.local else ""
            for platform in build.platforms:
                found[str(Version(release.version)), build.variant, platform, local].update(build.pythons)
    return _newest_first(
        VariantBuild(release=release, variant=variant, platform=platform, local=local, pythons=_oldest_first(pythons))
        for (release, variant, platform, local), pythons in found.items()
    )


def _address(index: Index, distribution: str, variant: str) -> str:
    return f"{index.url.replace('{variant}', variant).rstrip('/')}/{canonicalize_name(distribution)}/"


def _answer(page: Page, address: str, index: Index, distribution: str, newest_python: str, *, answered: bool) -> Answer:
    """``answered`` says that other pages of the index were found: then 403 means a missing one."""
    if page.state == "missing" or (answered and page.detail == FORBIDDEN):
        return ()
    if page.state != "found":
        return SourceTrouble(source=index.title, url=address, phrase=page.detail)
    name = canonicalize_name(distribution)
    try:
        project = parse_project(
            page.body, page.content_type, url=page.url or address, distribution=name, newest_python=newest_python
        )
    except ValueError:
        return SourceTrouble(source=index.title, url=address, phrase="what it answers is no package index")
    if not project.releases:
        return SourceTrouble(source=index.title, url=address, phrase=f"no file of {name} is listed on its page")
    return project.releases


def _with_local(answer: Answer, variant: str) -> Answer:
    if isinstance(answer, SourceTrouble):
        return answer
    return tuple(release for release in answer if _local(release) == Version(f"0+{variant}").local)


def _local(release: PublishedRelease) -> str:
    return Version(release.version).local or ""


def _oldest_first(pythons: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(pythons, key=lambda series: (numbers(series), series)))


def _newest_first(builds: Iterable[VariantBuild]) -> tuple[VariantBuild, ...]:
    in_order = sorted(builds)
    return tuple(sorted(in_order, key=lambda build: Version(build.release), reverse=True))
