"""The package index as a source: what is published of a distribution, and what a wheel requires."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from typing import NamedTuple

import msgspec
from packaging.markers import UndefinedComparison
from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from mlenv.facts.packages import PackageConfiguration
from mlenv.matrix.rows import Platform
from mlenv.matrix.sources.conditions import normalise_conditions, render_conditions
from mlenv.matrix.sources.project_page import parse_project
from mlenv.matrix.sources.published import PublishedProject, PublishedWheel, SourceTrouble
from mlenv.matrix.sources.remote_wheel import read_metadata
from mlenv.system.page import WebDoor, WebError

SOURCE = "the package index"


class Requirements(msgspec.Struct, frozen=True, kw_only=True):
    """What a wheel asks for; ``extras`` are those it offers, ``unreadable`` lines that are no PEP 508."""

    requires_python: str = ""
    requires: tuple[Requirement, ...] = ()
    extras: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


class _System(NamedTuple):
    """What Python says of a system: ``os.name``, ``sys.platform``, ``platform.system()`` and ``.machine()``."""

    os_name: str
    sys_platform: str
    platform_system: str
    platform_machine: str


SYSTEMS: dict[Platform, _System] = {
    "linux-x86_64": _System("posix", "linux", "Linux", "x86_64"),
    "linux-aarch64": _System("posix", "linux", "Linux", "aarch64"),
    "windows-x86_64": _System("nt", "win32", "Windows", "AMD64"),
    "macos-arm64": _System("posix", "darwin", "Darwin", "arm64"),
    "macos-x86_64": _System("posix", "darwin", "Darwin", "x86_64"),
}


def default_index(packages: PackageConfiguration) -> str:
    """The address of the index that this user's installers take packages from.

    :class:`SourceTrouble` where they are told to use none.
    """
    if packages.no_index is not None:
        raise SourceTrouble(source=SOURCE, phrase=f"packages are taken from no index ({packages.no_index.origin})")
    if packages.index_url is not None:
        return packages.index_url.value
    from pypi_simple import PYPI_SIMPLE_ENDPOINT

    return PYPI_SIMPLE_ENDPOINT


def read_project(web: WebDoor, index_url: str, distribution: str, *, newest_python: str) -> PublishedProject:
    """What an index lists of a distribution.

    ``newest_python`` (``3.15``) is where the stable ABI's reach upwards ends.  Dates and sizes are
    unknown where the index answers in HTML.  :class:`SourceTrouble` where the index is out of
    reach, has no such distribution or answers something else.
    """
    name = canonicalize_name(distribution)
    url = f"{index_url.rstrip('/')}/{name}/"
    page = web.page(url)
    if page.state != "found":
        phrase = f"it has no {name}" if page.state == "missing" else page.detail
        raise SourceTrouble(source=SOURCE, url=url, phrase=phrase)
    try:
        return parse_project(
            page.body, page.content_type, url=page.url or url, distribution=name, newest_python=newest_python
        )
    except ValueError as error:
        raise SourceTrouble(source=SOURCE, url=url, phrase="what it answers is no package index") from error


def read_projects(
    web: WebDoor, index_url: str, distributions: Iterable[str], *, newest_python: str, workers: int = 8
) -> dict[str, PublishedProject | SourceTrouble]:
    """What an index lists of many distributions, in their order; for each that, or what went wrong."""

    def read(distribution: str) -> PublishedProject | SourceTrouble:
        try:
            return read_project(web, index_url, distribution, newest_python=newest_python)
        except SourceTrouble as trouble:
            return trouble

    names = tuple(dict.fromkeys(distributions))
    with ThreadPoolExecutor(workers) as pool:
        return dict(zip(names, pool.map(read, names), strict=True))


def read_requirements(web: WebDoor, wheel: PublishedWheel) -> Requirements:
    """What a wheel requires, from the metadata that the index shows, else from within the wheel.

    The wheel is not downloaded.  :class:`SourceTrouble` where neither can be read.
    """
    if wheel.metadata_url:
        page = web.page(wheel.metadata_url)
        if page.state == "found":
            return parse_requirements(page.body.decode("utf-8", "replace"))
    try:
        return parse_requirements(read_metadata(web, wheel.url))
    except WebError as error:
        raise SourceTrouble(source=SOURCE, url=wheel.url, phrase=str(error)) from error


# Metadata-Version: 2.4
# Requires-Python: >=3.12
# Requires-Dist: jaxlib<=0.12.0,>=0.11.2
# Requires-Dist: jax-cuda13-plugin[with-cuda]<=0.12.0,>=0.11.2; extra == "cuda13"
# Provides-Extra: cuda13
def parse_requirements(metadata: str) -> Requirements:
    """The conditions in a core metadata text."""
    fields, _ = parse_email(metadata)
    read = [_read_requirement(line) for line in fields.get("requires_dist", ())]
    return Requirements(
        requires_python=normalise_conditions(fields.get("requires_python", "")),
        requires=tuple(one for one in read if isinstance(one, Requirement)),
        extras=tuple(canonicalize_name(extra) for extra in fields.get("provides_extra", ())),
        unreadable=tuple(line for line in read if isinstance(line, str)),
    )


def _read_requirement(line: str) -> Requirement | str:
    try:
        return Requirement(line)
    except InvalidRequirement:
        return line


def neighbour_pins(
    requirements: Requirements, *, python: str, platform: Platform, names: Collection[str], extra: str = ""
) -> dict[str, str]:
    """The conditions on some distributions that hold on a platform and series of Python, by name.

    ``names`` are normalised names or patterns (``nvidia-*``).  With an ``extra`` those that it adds
    are among them.  Several conditions on one distribution become one; it is empty where any
    version will do.
    """
    environment = marker_environment(python, platform)
    pins: dict[str, SpecifierSet] = {}
    for requirement in requirements.requires:
        name = canonicalize_name(requirement.name)
        if any(fnmatchcase(name, pattern) for pattern in names) and _applies(requirement, environment, extra):
            pins[name] = pins.get(name, SpecifierSet()) & requirement.specifier
    return {name: render_conditions(pins[name]) for name in sorted(pins)}


def marker_environment(python: str, platform: Platform) -> dict[str, str]:
    """The values of all environment markers on a platform: CPython, a late patch release of the series.

    The releases of kernel and system are unknown there and empty.
    """
    series = python.rstrip("t")
    return {
        **SYSTEMS[platform]._asdict(),
        "implementation_name": "cpython",
        "implementation_version": f"{series}.99",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_version": "",
        "python_full_version": f"{series}.99",
        "python_version": series,
    }


def _applies(requirement: Requirement, environment: dict[str, str], extra: str) -> bool:
    if requirement.marker is None:
        return True
    chosen: Sequence[str] = ("", extra) if extra else ("",)
    try:
        return any(requirement.marker.evaluate({**environment, "extra": one}) for one in chosen)
    except (UndefinedComparison, InvalidVersion):
        return False  # it asks for a release of kernel or system
