"""What was given up, in few sentences."""

from __future__ import annotations

from collections.abc import Sequence

from mlenv.resolve.refutation import Refutation

Picks = tuple[tuple[str, str], ...]


def list_given_up(refuted: Sequence[Refutation]) -> tuple[str, ...]:
    """What fell: the same releases on several Pythons, and all releases of a framework, in one sentence."""
    pythons: dict[tuple[Picks, str], list[str]] = {}
    for one in refuted:
        pythons.setdefault((one.picks, one.text), []).append(one.python)
    rows: dict[tuple[str, str, str], list[str]] = {}
    for (picks, text), found in pythons.items():
        place = ", ".join(python for python in found if python)
        first = picks[0][0] if len(picks) == 1 else ""
        rows.setdefault((first or _name_picks(picks), place, text), []).append(picks[0][1] if first else "")
    return tuple(
        f"{name}{' ' if versions[0] else ''}{_span(versions)}{f' on Python {place}' if place else ''}: {text}"
        for (name, place, text), versions in rows.items()
    )


def _span(versions: Sequence[str]) -> str:
    return versions[0] if len(versions) == 1 else f"{versions[0]} to {versions[-1]}"


def _name_picks(picks: Picks) -> str:
    """``torch 2.15.0 with tensorflow 2.21.0``."""
    return " with ".join(f"{name} {version}" for name, version in picks)
