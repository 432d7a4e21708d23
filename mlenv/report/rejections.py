"""What was not chosen, for reading: a release at a time, the builds that fell by the same words together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlenv.resolve.resolution import Rejection

SHOWN = 3
"""So many releases of a framework are told; older ones fell before they mattered."""
TOGETHER = frozenset({"source-unreachable"})
"""Rules about sources, which have no releases."""
HELD = "; it holds "
"""From here on a reason lists what a build has instead; a long list, and told with ``-v``."""


def tell_rejections(rows: Sequence[Rejection], *, verbose: bool = False) -> list[str]:
    """Lines such as ``torch 2.15.0 cu130, cu132: needs driver 580.65.06 ... [driver-too-old: drivers.toml ...]``.

    Of each framework the newest releases; ``verbose`` has all.
    """
    by_framework: dict[str, dict[str, list[Rejection]]] = {}
    for row in rows:
        if row.rule in TOGETHER:
            continue
        framework, version, _ = _parts(row.candidate)
        by_framework.setdefault(framework, {}).setdefault(version, []).append(row)
    lines: list[str] = []
    for framework, releases in by_framework.items():
        shown = list(releases.values()) if verbose else list(releases.values())[:SHOWN]
        lines += [line for release in shown for line in _tell_release(release, verbose=verbose)]
        if len(releases) > len(shown):
            left = len(releases) - len(shown)
            lines.append(f"{framework}: {left} older release{'' if left == 1 else 's'} fell as well (-v shows all)")
    return [*lines, *_tell_together([row for row in rows if row.rule in TOGETHER])]


def _tell_together(rows: Sequence[Rejection]) -> Iterator[str]:
    """Sources that fell by the same words, in one line."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        reasons.setdefault(_predicate(row), []).append(row.candidate)
    yield from (f"{', '.join(names)}: {text}" for text, names in reasons.items())


def _tell_release(rows: Sequence[Rejection], *, verbose: bool) -> Iterator[str]:
    """The reasons of one release, each with the builds that it is of."""
    reasons: dict[tuple[str, str], list[Rejection]] = {}
    for row in rows:
        text = _predicate(row)
        reasons.setdefault((text if verbose else text.partition(HELD)[0], row.rule), []).append(row)
    for (text, rule), members in reasons.items():
        framework, version, _ = _parts(members[0].candidate)
        builds = ", ".join(dict.fromkeys(build for row in members if (build := _parts(row.candidate)[2])))
        name = " ".join(part for part in (framework, version, builds) if part)
        yield f"{name}: {text} [{f'{rule}: {members[0].row}' if members[0].row else rule}]"


def _parts(candidate: str) -> tuple[str, str, str]:
    """``torch 2.15.0 cu132`` in three; what has no version or build has empty parts."""
    framework, _, rest = candidate.partition(" ")
    version, _, build = rest.partition(" ")
    return framework, version, build


def _predicate(row: Rejection) -> str:
    """What is said of a build, without its name."""
    text = row.text
    if text.startswith(row.candidate):
        return text[len(row.candidate) :].lstrip(" :")
    return text.replace(row.candidate, "it")
