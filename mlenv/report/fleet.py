"""Many machines' reports as one document: ``mlenv report merge``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from mlenv.fleet.board import Column
from mlenv.fleet.gather import NOT_REACHED, Gathered, Unread
from mlenv.fleet.host import STATUSES, Host, HostStatus
from mlenv.fleet.majority import (
    Measure,
    Odd,
    Outlier,
    Share,
    Trait,
    count_values,
    find_odd_numbers,
    find_odd_values,
    gather_numbers,
    is_fleet_wide,
    measure,
    split_groups,
    word_number,
)
from mlenv.fleet.tally import UNREACHABLE, Cause, Severity
from mlenv.fleet.traits import LABELS, RATE_ENDINGS, TIME_ENDING, label
from mlenv.matrix.load import DataVersion
from mlenv.report.document import Document
from mlenv.report.redact import mask_text
from mlenv.report.summary import Remedy

SCHEMA = "mlenv.fleet/1"
FleetStatus = Literal["ok", "warning", "error", "unknown"]
MOST_VALUES = 20
"""Values of a trait that a group lists; a fleet where each machine has its own says nothing by more."""


class FleetCause(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong on some machines.

    ``id`` is that of the finding or check, ``reason`` the slug of a verification's result.  ``title``,
    ``detail`` and ``remedies`` are in the words that most machines have; ``other_titles`` are those of
    machines that say something else.  ``hosts`` are files where the cause is ``report-unreadable``.
    """

    id: str
    severity: Severity
    reason: str = ""
    title: str = ""
    detail: str = ""
    remedies: tuple[Remedy, ...] = ()
    hosts: tuple[str, ...] = ()
    other_titles: dict[str, str] = {}


class FleetGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Machines with equal GPUs, and what they have."""

    name: str
    machines: int
    traits: tuple[Trait, ...] = ()
    measures: tuple[Measure, ...] = ()


class FleetHost(msgspec.Struct, frozen=True, kw_only=True):
    """One machine; ``cells`` has a letter for each of the document's ``checks``, ``causes`` the ids of what is wrong.

    f fail, e could not run, w warning, u not known, i good to know, p pass, s skip, - not looked at.
    """

    name: str
    status: HostStatus
    group: str
    reports: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    outliers: tuple[str, ...] = ()
    cells: str = ""


class FleetDocument(Document, frozen=True, kw_only=True):
    """A fleet: the verdict, what is wrong and where, who is not like the others; the worst first."""

    status: FleetStatus
    machines: int
    reports: int
    counts: dict[str, int]
    causes: tuple[FleetCause, ...]
    outliers: tuple[Outlier, ...]
    groups: tuple[FleetGroup, ...]
    unreadable: tuple[Unread, ...]
    checks: tuple[Column, ...]
    hosts: tuple[FleetHost, ...]


def make_document(gathered: Gathered, data: DataVersion) -> FleetDocument:
    """All that was read, as a document."""
    groups, outliers = compare(gathered.hosts)
    counts: dict[str, int] = dict.fromkeys(STATUSES, 0)
    for host in gathered.hosts:
        counts[host.status] += 1
    return FleetDocument(
        schema=SCHEMA,
        matrix_version=data.version,
        matrix_digest=data.digest,
        status=find_status(counts, unreadable=len(gathered.unread), outliers=len(outliers)),
        machines=len(gathered.hosts),
        reports=gathered.reports,
        counts=counts,
        causes=tuple(_make_cause(cause) for cause in gathered.causes),
        outliers=outliers,
        groups=groups,
        unreadable=gathered.unread,
        checks=gathered.columns,
        hosts=_make_hosts(gathered, outliers),
    )


def find_status(counts: dict[str, int], *, unreadable: int = 0, outliers: int = 0) -> FleetStatus:
    """The verdict over a fleet.

    A machine that failed or could not be reached makes it an error.  Green means that each was seen to be
    well: one without a verdict, a file that could not be read or no machine at all leave it unknown.
    """
    if counts.get("error") or counts.get("unreachable"):
        return "error"
    if counts.get("unknown") or unreadable or not sum(counts.values()):
        return "unknown"
    return "warning" if counts.get("warning") or outliers else "ok"


def _make_cause(cause: Cause) -> FleetCause:
    trouble = cause.common()
    title = NOT_REACHED if trouble.id == UNREACHABLE else trouble.title
    return FleetCause(
        id=trouble.id,
        severity=cause.severity,
        reason=trouble.reason,
        title=mask_text(title),
        detail=mask_text(trouble.detail),
        remedies=tuple(Remedy(text=advice.text, command=advice.command) for advice in trouble.remedies),
        hosts=tuple(sorted(cause.hosts)),
        other_titles={host: mask_text(said) for host, said in cause.hosts.items() if said != title},
    )


def _make_hosts(gathered: Gathered, outliers: Sequence[Outlier]) -> tuple[FleetHost, ...]:
    differs: dict[str, list[str]] = {}
    for outlier in outliers:
        for odd in outlier.odd:
            differs.setdefault(odd.host, []).append(outlier.label)
    return tuple(
        FleetHost(
            name=host.name,
            status=host.status,
            group=host.group,
            reports=host.kinds,
            causes=tuple(dict.fromkeys(cause.trouble.id for cause in _by_severity(host))),
            outliers=tuple(differs.get(host.name, ())),
            cells=gathered.board.draw(host.row, gathered.order),
        )
        for host in gathered.hosts
    )


def _by_severity(host: Host) -> list[Cause]:
    return sorted(host.causes, key=lambda cause: cause.key)


# ---------------------------------------------------------------- comparing


def compare(hosts: Sequence[Host]) -> tuple[tuple[FleetGroup, ...], tuple[Outlier, ...]]:
    """The groups of equal machines, and who is not like the others: first in the fleet, then in its group."""
    known = [host for host in hosts if host.group]
    groups = split_groups(hosts)
    outliers = list(_compare_values("", known, fleet_wide=True))
    made: list[FleetGroup] = []
    for name, members in groups.items():
        columns = gather_numbers(members)
        measures = {
            number: measure(number, label(number), [value.value for _, value in column])
            for number, column in columns.items()
        }
        outliers += _compare_values(name, members, fleet_wide=False)
        for number, over in measures.items():
            odd = find_odd_numbers(columns[number], over)
            outliers += [_make_number(name, over, odd)] if odd else []
        made.append(
            FleetGroup(
                name=name,
                machines=len(members),
                traits=tuple(_list_traits(members)),
                measures=tuple(measures.values()),
            )
        )
    ranks = {name: rank for rank, name in enumerate(["", *groups])}
    return tuple(made), tuple(sorted(outliers, key=lambda outlier: (ranks[outlier.group], *_order(outlier))))


def _order(outlier: Outlier) -> tuple[float, int, str]:
    """Sorts: what the machine is, then rates, then its software, then times; the rarest first."""
    places = {trait: float(place) for place, trait in enumerate(LABELS)}
    place = places.get(outlier.trait, len(places))
    if outlier.trait.endswith(RATE_ENDINGS):
        place = places["driver"] - 0.5
    return place + outlier.trait.endswith(TIME_ENDING), len(outlier.odd), outlier.trait


def _compare_values(group: str, hosts: Sequence[Host], *, fleet_wide: bool) -> Iterator[Outlier]:
    counts = {trait: count for trait, count in count_values(hosts).items() if is_fleet_wide(trait) is fleet_wide}
    for trait, common, odd in find_odd_values(hosts, counts):
        count = counts[trait]
        yield Outlier(
            group=group,
            trait=trait,
            label=label(trait),
            expected=common,
            alike=count[common],
            known=sum(count.values()),
            odd=tuple(odd),
        )


def _make_number(group: str, over: Measure, odd: Sequence[Odd]) -> Outlier:
    return Outlier(
        group=group,
        trait=over.name,
        label=over.label,
        expected=word_number(over.median, over.name),
        alike=over.machines - len(odd),
        known=over.machines,
        odd=tuple(odd),
    )


def _list_traits(hosts: Sequence[Host]) -> Iterator[Trait]:
    for trait, count in count_values(hosts).items():
        shares = tuple(Share(value=value, machines=number) for value, number in count.most_common(MOST_VALUES))
        yield Trait(trait=trait, label=label(trait), values=shares)
