"""Which installed distribution needs which: their requirements under the conditions of this environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlenv.consistency.metadata import Installed
from mlenv.consistency.specifications import evaluate_marker, normalise, parse_requirement


def find_needs(installed: Mapping[str, Installed], variables: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """For each distribution the installed ones that it requires, sorted.

    ``variables`` are those of markers.  What an extra requires counts where another distribution
    asks for that extra; what is not installed is left out.
    """
    edges: dict[str, set[str]] = {name: set() for name in installed}
    waiting = [(name, "") for name in installed]
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        for wanted, extras in _find_required(installed[name], extra, variables):
            if wanted not in installed:
                continue
            if wanted != name:  # `toy[all]` of toy is a way to write extras
                edges[name].add(wanted)
            fresh = {(wanted, asked) for asked in extras} - seen
            seen |= fresh
            waiting += sorted(fresh)
    return {name: tuple(sorted(found)) for name, found in edges.items()}


def _find_required(item: Installed, extra: str, variables: Mapping[str, str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Names, and the extras asked of each."""
    for line in item.requires:
        if extra and "extra" not in line:
            continue  # told once, without an extra
        requirement = parse_requirement(line)
        if requirement is None:
            continue
        marker = requirement.marker
        if marker is None or evaluate_marker(marker, {**variables, "extra": extra}):
            yield normalise(requirement.name), frozenset(map(normalise, requirement.extras))
