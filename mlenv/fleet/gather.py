"""From many files to one fleet: report after report, of which little is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from mlenv.fleet import document, tally
from mlenv.fleet.board import Board, Column
from mlenv.fleet.document import OtherMergeError, Report, UnreadableError, parse_report
from mlenv.fleet.files import find_files, read_documents
from mlenv.fleet.host import STATUSES, Host, read_kind
from mlenv.fleet.naming import Naming
from mlenv.fleet.tally import Cause, Tally, Trouble, find_troubles


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A place (file, or file and line) that holds no report, and why."""

    place: str
    reason: str


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """All that was read: the machines, the worst first, what is wrong, the columns, and what was no report.

    ``order`` are the numbers of the columns in the order in which they are shown; ``passed_over`` are
    files that are merges themselves.
    """

    hosts: tuple[Host, ...]
    causes: tuple[Cause, ...]
    board: Board
    order: list[int]
    reports: int
    unread: tuple[Unread, ...] = ()
    passed_over: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The checks in the order of :attr:`order`."""
        return tuple(self.board.columns[number] for number in self.order)


class Gatherer:
    """Takes reports in; ``frameworks`` are distributions of frameworks and the framework's id of each."""

    def __init__(self, frameworks: Mapping[str, str] | None = None, naming: Naming | None = None) -> None:
        known = dict(frameworks or {})
        self._frameworks = {**{name: name for name in known.values()}, **known}
        self._naming = naming or Naming()
        self._hosts: dict[str, Host] = {}
        self._tally = Tally()
        self._board = Board()
        self._unread: list[Unread] = []
        self._passed_over: list[str] = []
        self._reports = 0

    def read(self, names: Iterable[str]) -> Gathered:
        """The fleet of all reports that names (files, folders, globs) stand for."""
        for path in find_files(names):
            for name, report in self._read_file(path):
                self.add(name, report)
        return self.finish()

    def _read_file(self, path: str) -> Iterator[tuple[str, Report]]:
        try:
            for found in read_documents(path):
                report = self._parse(found.place, found.data)
                if report is not None:
                    yield report.host or self._naming.name(path, found.line), report
        except UnreadableError as error:
            self._unread.append(Unread(place=path, reason=str(error)))

    def _parse(self, place: str, data: bytes) -> Report | None:
        try:
            return parse_report(data)
        except UnreadableError as error:
            self._unread.append(Unread(place=place, reason=str(error)))
        except OtherMergeError:
            self._passed_over.append(place)
        return None

    def add(self, name: str, report: Report) -> None:
        """Count a report of the machine called ``name``."""
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = Host(name)
        self._reports += 1
        if read_kind(report) in host.kinds:
            self._blame(host, _REPEATED)
        host.take(report, self._frameworks)
        self._board.mark_all(host.row, report)
        for trouble in find_troubles(report):
            self._blame(host, trouble)
        if report.schema == document.UNREACHABLE:
            said = f"{NOT_REACHED}: {report.reason}" if report.reason else NOT_REACHED
            self._blame(host, Trouble(id=tally.UNREACHABLE, severity="fail", title=said))

    def _blame(self, host: Host, trouble: Trouble) -> None:
        cause = self._tally.add(host.name, trouble)
        if cause not in host.causes:
            host.causes.append(cause)

    def finish(self) -> Gathered:
        """Everything that was added, the worst machine first."""
        for host in self._hosts.values():
            host.settle()
        for unread in self._unread:
            self._tally.add(unread.place, _UNREADABLE)
        causes = self._tally.causes()
        return Gathered(
            hosts=tuple(sorted(self._hosts.values(), key=_badness)),
            causes=tuple(causes),
            board=self._board,
            order=self._board.order(),
            reports=self._reports,
            unread=tuple(self._unread),
            passed_over=tuple(self._passed_over),
        )


NOT_REACHED = "The host could not be reached"
_REPEATED = Trouble(
    id=tally.REPEATED,
    severity="info",
    title="There is more than one report of a kind of the same machine; the worst of them counts",
)
_UNREADABLE = Trouble(id=tally.UNREADABLE, severity="error", title="The file holds no report that can be read")


def _badness(host: Host) -> tuple[int, int, str]:
    """Sorts the worst first: by verdict, by how much is wrong, by name."""
    grave = sum(cause.severity in ("fail", "error") for cause in host.causes)
    return STATUSES.index(host.status), -grave, host.name
