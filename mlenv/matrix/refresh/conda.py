"""Conda routes as a channel has them now."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from mlenv.facts.version import numbers
from mlenv.matrix.refresh.sources import name_source
from mlenv.matrix.rows import CondaRoute, Framework
from mlenv.matrix.sources.conda_channel import CondaPackage
from mlenv.matrix.sources.conda_route import ChannelRoute, route_of

UNSAID = ("mps",)
"""Accelerators that no build string names."""
SOURCE = "conda-channel"
"""The key in a file's ``[sources]`` of what was read from a channel."""
SOURCE_TEXT = "the channel's own listing (repodata): build strings and dependencies of the newest release"


def lay_route(framework: Framework, packages: Mapping[str, CondaPackage]) -> Framework:
    """A framework with its conda route as the channel's listing has it.

    A package that the channel lacks leaves the route as it stands: the row says which name was
    found where, and a person has to look.
    """
    if framework.conda is None:
        return framework
    package = packages.get(framework.conda.package)
    route = route_of(package) if package else None
    if route is None:
        return framework
    fresh = _with_listing(framework.conda, route)
    if fresh == framework.conda:
        return framework
    # The GPU code is read from the recipe alone, and its rows name that source themselves.
    fresh = replace(fresh, evidence="measured", source=(SOURCE,))
    return name_source(replace(framework, conda=fresh), SOURCE, SOURCE_TEXT)


def _with_listing(row: CondaRoute, route: ChannelRoute) -> CondaRoute:
    """The selectors, what the builds ask for, and where builds of several kinds are: platforms and Pythons.

    No build string says Metal, and a package of one kind may be a shell around another (jax): what
    rows say of those stays.
    """
    unsaid = {name: glob for name, glob in row.builds.items() if name in UNSAID}
    fresh = replace(row, builds={**route.selectors, **unsaid}, virtual=_virtual_packages(route))
    if not route.selectors:
        return replace(fresh, virtual=fresh.virtual or row.virtual)
    pythons = {text for build in route.builds for text in build.pythons if not text.endswith("t")}
    return replace(
        fresh,
        platforms=route.platforms,
        pythons=tuple(sorted(pythons, key=numbers)) or row.pythons,
    )


def _virtual_packages(route: ChannelRoute) -> dict[str, str]:
    """What the builds of each accelerator ask of the machine, on the first platform that has them."""
    asked: dict[str, str] = {}
    for build in route.builds:
        if build.virtual_packages:
            asked.setdefault(build.accelerator, ", ".join(build.virtual_packages))
    return dict(sorted(asked.items()))
