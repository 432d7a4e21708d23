"""The distributions and conda packages of an environment as parts of a bill of materials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from mlenv.consistency.metadata import Installed, read_installed
from mlenv.consistency.requirements import marker_variables
from mlenv.facts.environment import CondaPackage, Environment
from mlenv.facts.machine import Machine
from mlenv.report.environments.held import Held, hide_address
from mlenv.sbom.declared import Declared, read_declared
from mlenv.sbom.graph import find_needs
from mlenv.sbom.lock_hashes import find_hashes
from mlenv.sbom.part import Part, Place
from mlenv.system.host import Host

CONDA_INSTALLER = "conda"


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an environment beside its files: the rows of its lock, and the matrix's frameworks by name."""

    locked: dict[str, Held] = {}
    frameworks: frozenset[str] = frozenset()


def find_packages(host: Host, environment: Environment, machine: Machine, sources: Sources) -> tuple[Part, ...]:
    """Every installed distribution and conda package, with what it needs, sorted by key."""
    installed = read_installed(host, environment)
    needs = find_needs(installed, marker_variables(environment, machine))
    loaded = _find_loaded(environment)
    parts = [
        _describe(
            item, read_declared(host, item.distribution), sources, (*map(_key, needs[name]), *loaded.get(name, ()))
        )
        for name, item in installed.items()
    ]
    conda = [_describe_conda(package, machine) for package in environment.conda_packages or ()]
    return tuple(sorted([*parts, *conda], key=lambda part: part.key))


def _key(name: str) -> str:
    return f"pypi:{name}"


def library_key(path: str) -> str:
    """The key of a library that lies outside of all distributions."""
    return f"file:{path}"


def _find_loaded(environment: Environment) -> dict[str, tuple[str, ...]]:
    """By distribution, the keys of the CUDA and ROCm libraries that it would load from elsewhere."""
    found: dict[str, dict[str, None]] = {}
    for library in environment.libraries or ():
        if library.path is not None and library.owner != library.distribution:
            key = _key(library.owner) if library.owner else library_key(library.path)
            found.setdefault(library.distribution, {})[key] = None
    return {name: tuple(keys) for name, keys in found.items()}


def _describe(item: Installed, declared: Declared, sources: Sources, needs: tuple[str, ...]) -> Part:
    dist = item.distribution
    held = sources.locked.get(dist.name)
    return Part(
        key=_key(dist.name),
        kind="framework" if dist.name in sources.frameworks else "library",
        name=dist.name,
        version=dist.version,
        description=declared.summary,
        maker=declared.maker,
        homepage=declared.homepage,
        licences=declared.licences,
        hashes=find_hashes(held, dist.version, item.tags) or declared.archive,
        place=Place(kind="pypi", qualifiers=_find_qualifiers(dist.source, held)),
        needs=tuple(dict.fromkeys(needs)),
        properties=_find_properties(item, declared, held),
    )


def _find_qualifiers(source: str | None, held: Held | None) -> dict[str, str]:
    """Where it came from, if it was named directly: a repository has a place of its own in package URLs."""
    if not source or source.startswith("file:"):
        return {}
    if held is not None and held.origin == "repository":
        return {"vcs_url": hide_address(source)}
    return {"download_url": hide_address(source)}


def _find_properties(item: Installed, declared: Declared, held: Held | None) -> dict[str, str]:
    dist = item.distribution
    found = {
        "mlenv:installer": dist.installer or "",
        "mlenv:build": dist.build or "",
        "mlenv:source": hide_address(dist.source or ""),
        "mlenv:index": held.index if held is not None and held.origin == "index" else "",
        "mlenv:editable": "true" if dist.editable else "",
        "mlenv:wheel-tags": " ".join(item.tags),
        "mlenv:record:sha256": declared.record,
        "mlenv:inherited": "" if item.own else "true",
    }
    return {name: value for name, value in found.items() if value}


def _describe_conda(package: CondaPackage, machine: Machine) -> Part:
    qualifiers = {"build": package.build or "", "channel": package.channel or ""}
    return Part(
        key=f"conda:{package.name}",
        kind="library",
        name=package.name,
        version=package.version,
        place=Place(kind="conda", qualifiers={name: value for name, value in qualifiers.items() if value}),
        properties={"mlenv:platform": machine.platform},
    )


def find_outside_libraries(environment: Environment) -> Iterator[Part]:
    """The libraries of CUDA and ROCm that frameworks would load from outside of all distributions, each once."""
    seen: set[str] = set()
    for library in environment.libraries or ():
        if library.path is None or library.owner or library.path in seen:
            continue
        seen.add(library.path)
        yield Part(
            key=library_key(library.path),
            kind="library",
            name=library.soname.partition(".so")[0],
            version=library.version or "",
            place=Place(),
            needs=("system:nvidia-driver",) if library.soname.startswith("libcuda.so") else (),
            properties={
                "mlenv:path": library.path,
                "mlenv:soname": library.soname,
                "mlenv:found-by": library.way or "",
            },
        )


def top_level(parts: tuple[Part, ...]) -> tuple[str, ...]:
    """The keys that no other part needs: what the environment itself depends on."""
    needed = {key for part in parts for key in part.needs}
    return tuple(part.key for part in parts if part.key not in needed)


def drop_unknown(parts: Mapping[str, Part]) -> tuple[Part, ...]:
    """The parts, each without needs that are no part of the bill."""
    return tuple(
        msgspec.structs.replace(part, needs=tuple(key for key in part.needs if key in parts)) for part in parts.values()
    )
