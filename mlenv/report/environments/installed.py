"""What is really installed, against what a manifest says: a drift of the files, whoever caused it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from packaging.utils import canonicalize_name

from mlenv.execute.manifest import Manifest
from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.machine import Machine
from mlenv.report.environments.change import Change, Verdict, make_change, rank
from mlenv.report.environments.contents import read_contents
from mlenv.report.environments.held import Contents, Held, Origin, hide_address
from mlenv.report.environments.knowledge import Knowledge
from mlenv.report.environments.lock_rows import label_of
from mlenv.report.environments.machines import compare_machines
from mlenv.report.environments.packages import compare_packages
from mlenv.report.environments.settings import compare_python, compare_settings
from mlenv.report.environments.verifications import compare_verifications
from mlenv.report.environments.versions import split_label

_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2")
_CONDA = "conda"


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """An environment as its files show it, and its own manifest where mlenv made it."""

    environment: Environment
    manifest: Manifest | None = None


def compare_installed(
    before: Manifest, after: Installed, machine: Machine | None, knowledge: Knowledge | None = None
) -> tuple[Change, ...]:
    """Every difference between a manifest and what is installed, the highest risk first.

    ``machine`` is the one of today, None to leave the machine out.  Where the manifest's lock
    cannot be read only the planned packages are compared, and a change of the ``lock`` says so.
    """
    return rank(_find(before, after, machine, knowledge or Knowledge()))


def compare_environments(before: Environment, after: Environment, machine: Machine) -> tuple[Change, ...]:
    """Every difference of the packages and the Python of two environments as their files show them."""
    none = Contents(packages={}, asked=frozenset(), complete=True)
    old, new = (contents_of(side, none, {}) for side in (before, after))
    changes = compare_packages(old, new, machine, Knowledge(), same_python=before.python == after.python)
    return rank([*compare_python(before.python or "", after.python or ""), *changes])


def _find(before: Manifest, after: Installed, machine: Machine | None, knowledge: Knowledge) -> Iterator[Change]:
    environment, known = after.environment, read_contents(before, knowledge)
    series = cut_version(environment.python or "", like=before.plan.python)
    if after.manifest is None:
        yield from compare_python(before.plan.python, series)
    else:
        yield from compare_settings(before, _with_python(after.manifest, series), knowledge)
        yield from compare_verifications(before.verification, after.manifest.verification)
    found = contents_of(environment, known, knowledge.conda_names)
    if not known.complete:
        yield _tell_lock()
        found = _keep(found, known)
    there = machine or before.machine
    yield from compare_packages(known, found, there, knowledge, same_python=series == before.plan.python)
    if machine is not None:
        yield from compare_machines(before.machine, machine)


def _with_python(manifest: Manifest, python: str) -> Manifest:
    """The manifest with the Python that is really there."""
    return msgspec.structs.replace(manifest, plan=msgspec.structs.replace(manifest.plan, python=python))


def cut_version(version: str, *, like: str) -> str:
    """A version with as many numbers as another one: ``3.12.4`` like ``3.11`` is ``3.12``."""
    return ".".join(version.split(".")[: like.count(".") + 1]) or like


def _tell_lock() -> Change:
    reason = "the lock cannot be read or does not name everything: only the planned packages were compared"
    return make_change("lock", "environment", ("not read", "installed"), Verdict("medium", reason))


def _keep(found: Contents, known: Contents) -> Contents:
    kept = {name: held for name, held in found.packages.items() if name in known.packages}
    return msgspec.structs.replace(found, packages=kept)


def contents_of(environment: Environment, known: Contents, conda_names: Mapping[str, str]) -> Contents:
    """What is installed, told in the words of ``known`` where nothing is seen to differ.

    Files tell neither the index nor the archive of a package; what was locked stands for them.
    """
    rows: dict[str, Held] = {}
    for package in environment.conda_packages or ():
        name = conda_names.get(package.name, package.name)
        rows[name] = Held(name=name, version=package.version, label=label_of(package.build or ""))
    for dist in environment.distributions:
        name = canonicalize_name(dist.name)
        if _is_own(dist, environment) and name not in rows and dist.installer != _CONDA:
            rows[name] = _take(dist, known.packages.get(name))
    joined = {name: _join(held, known.packages.get(name)) for name, held in rows.items()}
    return Contents(packages=joined, asked=known.asked, complete=True, label=known.label)


def _is_own(dist: Distribution, environment: Environment) -> bool:
    """Whether it lies in the environment itself, and not in the Python that it looks into besides."""
    return not environment.system_packages or (dist.path or "").startswith(environment.path)


def _take(dist: Distribution, known: Held | None) -> Held:
    version, label = split_label(dist.version)
    origin = _find_origin(dist, known)
    return Held(
        name=canonicalize_name(dist.name),
        version=version,
        label=label or (dist.build or "").lower(),
        origin=origin,
        index=hide_address(dist.source or "") if origin != "index" else "",
    )


def _find_origin(dist: Distribution, known: Held | None) -> Origin:
    """A locked file may be installed by its address: an archive says nothing against its lock."""
    if dist.source and (dist.editable or not dist.source.lower().endswith(_ARCHIVES)):
        return "folder" if dist.source.startswith("file:") else "repository"
    return known.origin if known else "index"


def _join(held: Held, known: Held | None) -> Held:
    """What is installed, with what only the lock can know of the same release."""
    if known is None:
        return held
    version = known.version if held.version in known.version.split(" or ") else held.version
    same = held.origin == known.origin
    return msgspec.structs.replace(
        held,
        version=version,
        index=known.index if same else held.index,
        host=known.host if same else "",
        source=known.source,
        files=known.files if (version, held.label or known.label, same) == (known.version, known.label, True) else {},
    )
