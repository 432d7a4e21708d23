"""What is installed against what was locked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from mlenv.consistency.finding import Finding, Outcome, sorted_findings
from mlenv.consistency.folders import beside, is_own, read_text
from mlenv.consistency.lock_rows import LockedRow, read_rows
from mlenv.consistency.requirements import marker_variables
from mlenv.consistency.settled import SEEDS, is_same
from mlenv.errors import UsageError
from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.machine import Machine
from mlenv.plan.explicit import read_explicit
from mlenv.plan.plan import Plan
from mlenv.system.host import Host
from mlenv.typed import decode_json

MAX_BYTES = 64 * 1024 * 1024
_OWN_MANAGERS = ("uv", "pip")


class _Made(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a manifest that says what was locked, and for which machine."""

    plan: Plan
    lock: str
    machine: Machine


class _Archive(msgspec.Struct, frozen=True, kw_only=True):
    hash: str = ""
    hashes: dict[str, str] = {}


class _Origin(msgspec.Struct, frozen=True, kw_only=True):
    """direct_url.json of an archive (https://packaging.python.org/en/latest/specifications/direct-url/)."""

    archive_info: _Archive = _Archive()


def check_lock(host: Host, environment: Environment, lock: str | None, machine: Machine) -> Outcome:
    """Missing, further and other packages than those of a lock: a file, else what the environment was made of.

    :class:`UsageError` where the lock cannot be read.
    """
    if lock is None:
        return _check_made(host, environment, machine)
    if not environment.python:
        return Outcome(hindrance="no file states the version of its Python, on which the lock depends")
    rows = read_rows(_read_file(Path(lock)), lock, marker_variables(environment, machine))
    return _compare(host, environment, rows, lock)


def _check_made(host: Host, environment: Environment, machine: Machine) -> Outcome:
    if environment.manifest is None:
        return Outcome(skipped="no lock was named, and it was not made by mlenv, so none is on record")
    try:
        made = decode_json(host.read_bytes(environment.manifest, MAX_BYTES), _Made)
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        return Outcome(hindrance=f"{environment.manifest}: the record of its making cannot be read ({error})")
    if made.plan.manager not in _OWN_MANAGERS:
        return _compare_conda(environment, made)
    rows = read_rows(made.lock, f"{environment.manifest} lock.toml", marker_variables(environment, machine))
    return _compare(host, environment, rows, environment.manifest)


def _read_file(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path}: is larger than any lock ({MAX_BYTES // 1024**2} MiB)")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or 'no UTF-8'})") from None


def _compare(host: Host, environment: Environment, rows: Iterable[LockedRow], origin: str) -> Outcome:
    there = {dist.name: dist for dist in reversed(environment.distributions)}
    wanted = {row.name: row for row in rows}
    findings = [finding for row in wanted.values() for finding in _judge(host, row, there.get(row.name))]
    added = [dist for name, dist in sorted(there.items()) if name not in wanted and name not in SEEDS]
    findings += [_word_added(dist) for dist in added if is_own(dist, environment)]
    return _outcome(findings, len(wanted), origin)


def _judge(host: Host, row: LockedRow, dist: Distribution | None) -> Iterator[Finding]:
    locked = f"{row.name} {row.version or row.condition}".rstrip()
    if dist is None:
        if not row.chosen:
            yield _differ("missing-locked", f"{locked} is locked and not installed", row.name)
    elif not _is_version(dist.version, row):
        yield _differ("other-version", f"{locked} is locked, and {dist.version} is installed", row.name)
    elif row.hashes and (found := _recorded_hash(host, dist)) and found not in row.hashes:
        text = f"{dist.name} {dist.version} was installed from another file than a locked one ({found[:23]}…)"
        yield _differ("other-file", text, row.name)


def _differ(reason: str, text: str, name: str) -> Finding:
    remedy = "install from the lock again: `mlenv install --locked FILE`, or `uv pip sync FILE`"
    return Finding(weight="fail", reason=reason, text=text, subject=name, remedy=remedy)


def _word_added(dist: Distribution) -> Finding:
    return Finding(
        weight="warn",
        reason="not-locked",
        text=f"{dist.name} {dist.version} is installed and not in the lock",
        subject=dist.name,
        remedy="remove it, or make a lock that has it",
    )


def _is_version(found: str, row: LockedRow) -> bool:
    """A label of a build (``+cu128``) counts where the lock has one."""
    if not row.condition:
        return is_same(found, row.version)
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(row.condition).contains(found, prereleases=True)
    except InvalidVersion:
        return False


# > {"url": "https://example.org/a-1-py3-none-any.whl", "archive_info": {"hashes": {"sha256": "3eFVg1…"}}}
def _recorded_hash(host: Host, dist: Distribution) -> str:
    """The hash of the archive that a distribution was installed from, where its installer recorded one."""
    if not dist.path or not dist.source or dist.editable:
        return ""
    try:
        text = read_text(host, beside(dist.path, "direct_url.json")) or "{}"
        archive = decode_json(text, _Origin).archive_info
    except (msgspec.DecodeError, RecursionError):
        return ""
    if "sha256" in archive.hashes:
        return f"sha256:{archive.hashes['sha256']}".lower()
    return archive.hash.replace("=", ":", 1).lower()


def _compare_conda(environment: Environment, made: _Made) -> Outcome:
    """A channel's names are not Python's: records are compared with records, planned packages with metadata."""
    origin = environment.manifest or ""
    locked = dict(read_explicit(made.lock).versions)
    records = {row.name: row.version for row in environment.conda_packages or ()}
    if locked and environment.conda_packages is None:
        return Outcome(hindrance="the records of conda (conda-meta) cannot be read")
    planned = {row.name: row.version for row in made.plan.packages if row.version}
    there = {dist.name: dist.version for dist in environment.distributions}
    findings = [*_differences(locked, records), *_differences(planned, there)]
    added = sorted(records.keys() - locked.keys()) if locked else []
    findings += [_word_added(Distribution(name=name, version=records[name])) for name in added]
    return _outcome(findings, len(locked.keys() | planned.keys()), origin)


def _differences(wanted: Mapping[str, str], there: Mapping[str, str]) -> Iterator[Finding]:
    for name, version in sorted(wanted.items()):
        row = LockedRow(name=name, version=version)
        if name not in there:
            yield _differ("missing-locked", f"{name} {version} is locked and not installed", name)
        elif not _is_version(there[name], row):
            yield _differ("other-version", f"{name} {version} is locked, and {there[name]} is installed", name)


def _outcome(findings: list[Finding], count: int, origin: str) -> Outcome:
    return Outcome(
        findings=sorted_findings(findings),
        detail=f"{count} packages are as locked in {origin}",
        measured={"locked": float(count), "findings": float(len(findings))},
    )
