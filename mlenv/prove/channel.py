"""Asking a channel: a solve by rattler, for any machine, without installing anything."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mlenv.errors import NoVerdictError
from mlenv.formats.condarc import Condarc, join_condarcs, parse_condarc
from mlenv.formats.rattler_conflict import RattlerConflict, parse_rattler_conflict
from mlenv.matrix.sources.conda_channel import (
    MISSING,
    SETTLE_SECONDS,
    open_channel,
    open_gateway,
    told_plainly,
)
from mlenv.matrix.sources.published import SourceTrouble
from mlenv.plan.conda_content import ChannelAnswer, CondaContent, CondaSpec
from mlenv.plan.conda_login import without_login
from mlenv.plan.explicit import LockedRecord, answer_with
from mlenv.resolve.virtual_packages import VirtualPackage

if TYPE_CHECKING:
    from rattler import GenericVirtualPackage, MatchSpec, RepoDataRecord

DEADLINE_SECONDS = 180.0
"""For the listing of a large channel and the solve together."""


def demand_rattler() -> str:
    """The solver with its version; :class:`NoVerdictError` where the extra is not installed."""
    try:
        from rattler import Config, __version__  # noqa: F401 - older releases have no Config
    except ImportError:
        raise NoVerdictError(MISSING, hint="install it: `pip install 'mlenv[conda]'`") from None
    return f"py-rattler {__version__}"


def has_rattler() -> bool:
    """Whether channels can be asked, and packages installed, without any manager."""
    try:
        demand_rattler()
    except NoVerdictError:
        return False
    return True


def read_condarc(environ: Mapping[str, str]) -> Condarc:
    """What the user's conda is told about channels: the files it reads, the later ones outrank."""
    home, prefix = environ.get("HOME") or environ.get("USERPROFILE", ""), environ.get("CONDA_PREFIX", "")
    places = ["/etc/conda/.condarc", "/var/lib/conda/.condarc"]
    places += [f"{home}/{name}" for name in (".config/conda/.condarc", ".conda/.condarc", ".condarc") if home]
    places += [f"{prefix}/.condarc"] if prefix else []
    places += [environ["CONDARC"]] if environ.get("CONDARC") else []
    files = [parse_condarc(text) for text in map(_text_of, places) if text]
    return join_condarcs([*files, Condarc(alias=environ.get("CONDA_CHANNEL_ALIAS", ""))])


def _text_of(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


class Channels:
    """The channels of a content: solved against, with what was fetched kept in the folder ``cache``.

    ``condarc`` says where the user's conda finds a channel that is called by its name.
    ``variables`` hold during a question (see :func:`mlenv.plan.conda_variables.conda_environ`):
    rattler reads proxies and certificates from the variables of the process.
    """

    def __init__(
        self,
        *,
        cache: str | None = None,
        timeout: float = DEADLINE_SECONDS,
        condarc: Condarc | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.cache = cache
        self.timeout = timeout
        self.condarc = condarc or Condarc()
        self.variables = variables or {}

    def solve(self, content: CondaContent) -> ChannelAnswer | RattlerConflict | SourceTrouble:
        """The packages of an environment, why there is none, or why nobody knows."""
        try:
            addresses = [self.condarc.address_of(name) for name in content.channels]
            told = " and ".join(map(without_login, addresses))
            logins = logins_of(addresses)
            if logins and self.cache:
                make_private(self.cache)
            with told_plainly(told, self.timeout), _variables_set(self.variables):
                records = asyncio.run(_solve(content, addresses, self.cache, self.timeout))
        except SourceTrouble as trouble:
            return trouble
        if isinstance(records, RattlerConflict):
            return records
        return answer_with(records, content.subdir, logins)


def make_private(folder: str) -> None:
    """Let nobody else look into a folder: rattler notes the whole address of each listing beside it."""
    with suppress(OSError):  # a folder of somebody else's, who sees to it
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o700)


@contextmanager
def _variables_set(variables: Mapping[str, str]) -> Iterator[None]:
    """Variables of this process, where nobody has set them, for as long as the context."""
    added = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


async def _solve(
    content: CondaContent, addresses: Sequence[str], cache: str | None, timeout: float
) -> list[LockedRecord] | RattlerConflict:
    from rattler import ChannelPriority, RepoDataRecord, Subdir, solve
    from rattler.exceptions import SolverError

    question = solve(
        sources=[open_channel(name) for name in addresses],
        specs=[match_spec(spec) for spec in content.specs],
        gateway=open_gateway(cache, timeout, offline=content.offline),
        platforms=[Subdir(content.subdir), Subdir("noarch")],
        virtual_packages=[_virtual(row) for row in content.virtual],
        channel_priority=ChannelPriority.Strict,
        exclude_newer=_end_of(content.as_of) if content.as_of else None,
        channel_relations="disabled",
    )
    try:
        records: Sequence[RepoDataRecord] = await asyncio.wait_for(question, timeout)
        order = [row.name.normalized for row in RepoDataRecord.sort_topologically(list(records))]
        return [_locked(row) for row in sorted(records, key=lambda row: order.index(row.name.normalized))]
    except SolverError as error:
        return parse_rattler_conflict(str(error))
    finally:
        await asyncio.sleep(SETTLE_SECONDS)


def match_spec(spec: CondaSpec) -> MatchSpec:
    """A spec as rattler has it."""
    from rattler import MatchSpec

    return MatchSpec(f"{spec.name} {spec.version or '*'}{f' {spec.build}' if spec.build else ''}")


def _virtual(row: VirtualPackage) -> GenericVirtualPackage:
    from rattler import BuildString, GenericVirtualPackage, PackageName, Version

    return GenericVirtualPackage(PackageName(row.name), Version(row.version), BuildString(row.build))


def _end_of(day: dt.date) -> dt.datetime:
    """The last moment of a day."""
    return dt.datetime.combine(day, dt.time.max, tzinfo=dt.timezone.utc)


def _locked(record: RepoDataRecord) -> LockedRecord:
    entry = json.loads(record.to_json())
    entry.update({key: without_login(entry[key]) for key in ("url", "channel") if entry.get(key)})
    return LockedRecord(
        name=record.name.normalized,
        version=str(record.version),
        build=str(record.build),
        url=without_login(record.url),
        md5=record.md5.hex() if record.md5 else "",
        sha256=record.sha256.hex() if record.sha256 else "",
        bytes=record.size,
        entry=json.dumps(entry),
    )


def logins_of(addresses: Sequence[str]) -> dict[str, str]:
    """The channels whose addresses hold a login: the address without, and the one with it."""
    pairs = ((without_login(address).rstrip("/"), address.rstrip("/")) for address in addresses)
    return {plain: full for plain, full in pairs if plain != full}
