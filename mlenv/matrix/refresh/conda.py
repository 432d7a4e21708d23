"""Conda routes as a channel has them now."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from mlenv.matrix.refresh.sources import name_source
from mlenv.matrix.rows import CondaRoute, Framework
from mlenv.matrix.sources.conda_channel import CondaPackage
from mlenv.matrix.sources.conda_route import ChannelRoute, route_of

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
    fresh = replace(fresh, evidence="measured", source=(SOURCE,))
    return name_source(replace(framework, conda=fresh), SOURCE, SOURCE_TEXT)


def _with_listing(row: CondaRoute, route: ChannelRoute) -> CondaRoute:
    return replace(row, builds=dict(route.selectors), virtual=_virtual_packages(route))


def _virtual_packages(route: ChannelRoute) -> dict[str, str]:
    """What the builds of each accelerator ask of the machine, on the first platform that has them."""
    asked: dict[str, str] = {}
    for build in route.builds:
        if build.virtual_packages:
            asked.setdefault(build.accelerator, ", ".join(build.virtual_packages))
    return dict(sorted(asked.items()))
