"""What a generation holds: the packages of its lock, or where that cannot be read those of its plan."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from mlenv.execute.manifest import Manifest
from mlenv.plan.plan import Plan, PlannedPackage
from mlenv.report.environments.held import Contents, Held, hide_address
from mlenv.report.environments.knowledge import Knowledge
from mlenv.report.environments.lock_rows import read_rows
from mlenv.report.environments.versions import split_label


def read_contents(manifest: Manifest, knowledge: Knowledge | None = None) -> Contents:
    """The packages of a generation; a lock that cannot be read leaves those of the plan."""
    plan = manifest.plan
    names = knowledge.conda_names if knowledge else {}
    rows = {held.name: held for held in _merge_all(read_rows(manifest.lock, names))}
    planned = {held.name: held for held in map(_take_planned, plan.packages)}
    built = {canonicalize_name(name) for name in (plan.proof.built if plan.proof else ())}
    # What pip installs beside conda's packages is in no lock.
    joined = {name: _complete(held, planned, built) for name, held in {**planned, **rows}.items()}
    return Contents(
        packages=joined,
        asked=_find_asked(plan),
        complete=bool(rows) and planned.keys() <= rows.keys(),
        label=plan.accelerator.variant.lower(),
    )


def _complete(held: Held, planned: Mapping[str, Held], built: Container[str]) -> Held:
    """A row with what the plan knows of it: an index that its lock does not state, and that it is built here."""
    index = held.index or (planned[held.name].index if held.name in planned else "")
    return msgspec.structs.replace(held, index=index, source=held.source or held.name in built)


def _merge_all(rows: Iterable[Held]) -> Iterable[Held]:
    """One row a name: a lock may hold two versions of it under two conditions."""
    found: dict[str, Held] = {}
    for row in sorted(rows, key=_order):
        first = found.get(row.name)
        found[row.name] = row if first is None else _merge(first, row)
    return found.values()


def _order(row: Held) -> tuple[object, ...]:
    """A place for each row that no other order of the lock would change."""
    files = sorted((name, sorted(hashes.items())) for name, hashes in row.files.items())
    return (row.name, row.version, row.label, row.index, row.host, row.origin, row.source, files)


def _merge(first: Held, second: Held) -> Held:
    versions = dict.fromkeys((*first.version.split(" or "), second.version))
    return msgspec.structs.replace(
        first,
        version=" or ".join(versions),
        source=first.source or second.source,
        files={**first.files, **second.files},
    )


def _take_planned(package: PlannedPackage) -> Held:
    version, label = split_label(package.version)
    index = hide_address(package.index or "")
    return Held(name=canonicalize_name(package.name), version=version, label=label, index=index)


def _find_asked(plan: Plan) -> frozenset[str]:
    """The names that were asked for or decided on by the matrix."""
    names = [*(row.name for row in plan.packages), *plan.verify, *map(_name_of, plan.others)]
    return frozenset(canonicalize_name(name) for name in names)


def _name_of(requirement: str) -> str:
    try:
        return Requirement(requirement).name
    except InvalidRequirement:
        return re.split(r"[\s\[<>=!~;@]", requirement, maxsplit=1)[0]
