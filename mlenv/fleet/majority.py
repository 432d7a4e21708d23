"""Who is not like the others: words against the majority, numbers against the median.

Machines are held against those with the same GPUs, so a mixed fleet is not all outliers; the model itself,
and the versions of mlenv and its data, against the whole fleet.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from mlenv.fleet.host import Host
from mlenv.fleet.traits import FLEET_WIDE, LABELS, MODEL, Number, NumberKind

FEWEST = 3
"""Fewer values have no majority."""
SIGMA = 1.4826
"""The median absolute deviation of a normal distribution, times this, is its standard deviation."""
SIGMAS = 3.5
"""How many of them from the median a value is odd: the limit of Iglewicz and Hoaglin (1993)."""
ROOM: dict[NumberKind, float] = {"amount": 0.02, "rate": 0.10, "time": 1.0}
"""The part of the median within which nothing is odd: equal GPUs are within a tenth of each other, a DIMM
that is missing takes more than a fiftieth of the memory, and what takes twice as long is slow."""
SECONDS_LONGER = 5.0
"""A time is only odd where it is longer by that: half a second more of half a second says nothing."""


class Odd(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that is not like the others, and what it has; ``deviation`` is the part of the median."""

    host: str
    value: str
    deviation: float | None = None


class Outlier(msgspec.Struct, frozen=True, kw_only=True):
    """One trait or number in which some machines of a group differ.

    ``group`` is the GPU model (empty for the whole fleet), ``expected`` what ``alike`` of ``known``
    machines have; of a number it is the median.
    """

    group: str
    trait: str
    label: str
    expected: str
    alike: int
    known: int
    odd: tuple[Odd, ...]


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """How many machines of a group have a value."""

    value: str
    machines: int


class Trait(msgspec.Struct, frozen=True, kw_only=True):
    """What machines of a group have: the values, the most frequent first."""

    trait: str
    label: str
    values: tuple[Share, ...]


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A number over a group; ``mad`` is the median absolute deviation from the median."""

    name: str
    label: str
    machines: int
    median: float
    mad: float
    lowest: float
    highest: float


def split_groups(hosts: Sequence[Host]) -> dict[str, list[Host]]:
    """Machines by their GPUs, the largest group first; those of which nothing is known are in none."""
    groups: dict[str, list[Host]] = {}
    for host in hosts:
        if host.group:
            groups.setdefault(host.group, []).append(host)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))


# ---------------------------------------------------------------- words


def count_values(hosts: Sequence[Host]) -> dict[str, Counter[str]]:
    """By trait how many machines have each value, in the order in which traits are told."""
    counts: dict[str, Counter[str]] = {}
    for host in hosts:
        for trait, value in (*host.traits.items(), (MODEL, host.group)):
            counts.setdefault(trait, Counter())[value] += 1
    known = {trait: place for place, trait in enumerate(LABELS)}
    return dict(sorted(counts.items(), key=lambda item: (known.get(item[0], len(known)), item[0])))


def find_odd_values(hosts: Sequence[Host], counts: Mapping[str, Counter[str]]) -> Iterator[tuple[str, str, list[Odd]]]:
    """Trait, the value of more than half of the machines that have one, and who has another one."""
    for trait, count in counts.items():
        (common, number), known = count.most_common(1)[0], count.total()
        if known < FEWEST or number == known or number * 2 <= known:
            continue
        values = [(host, host.group if trait == MODEL else host.traits.get(trait)) for host in hosts]
        odd = [Odd(host=host.name, value=value) for host, value in values if value is not None and value != common]
        yield trait, common, sorted(odd, key=lambda row: (count[row.value], row.value, row.host))


# ---------------------------------------------------------------- numbers


def gather_numbers(hosts: Sequence[Host]) -> dict[str, list[tuple[Host, Number]]]:
    """By name of a number the machines that have it."""
    columns: dict[str, list[tuple[Host, Number]]] = {}
    for host in hosts:
        for name, number in host.numbers.items():
            columns.setdefault(name, []).append((host, number))
    return dict(sorted(columns.items()))


def measure(name: str, label: str, values: Sequence[float]) -> Measure:
    """Median, spread and ends of some values."""
    median = statistics.median(values)
    mad = statistics.median([abs(value - median) for value in values])
    return Measure(
        name=name,
        label=label,
        machines=len(values),
        median=median,
        mad=mad,
        lowest=min(values),
        highest=max(values),
    )


def find_odd_numbers(column: Sequence[tuple[Host, Number]], over: Measure) -> list[Odd]:
    """Who is far from the median: beyond what is usual in this group, and beyond what is never odd."""
    if over.machines < FEWEST or not over.median:
        return []
    rows = [(host, number.value) for host, number in column if _is_odd(number, over)]
    rows.sort(key=lambda row: (-abs(row[1] - over.median), row[0].name))
    return [
        Odd(host=host.name, value=word_number(value, over.name), deviation=round(value / over.median - 1, 4))
        for host, value in rows
    ]


def _is_odd(number: Number, over: Measure) -> bool:
    away = number.value - over.median
    if number.kind == "time" and away < SECONDS_LONGER:
        return False
    return abs(away) > ROOM[number.kind] * over.median and abs(away) > SIGMAS * SIGMA * over.mad


UNITS = {"_tflops": "TFLOP/s", "_gb_per_s": "GB/s", "memory": "GiB", " seconds": "s"}


def word_number(value: float, name: str) -> str:
    """A number with the unit that its name ends with."""
    unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")
    return f"{value:.4g} {unit}".rstrip()


def is_fleet_wide(trait: str) -> bool:
    """Whether all machines are held against each other in it."""
    return trait in FLEET_WIDE
