"""Which files the frameworks of an environment would load as CUDA's and ROCm's libraries.

Each framework is followed in a process of its own, as if it were the only one that is imported.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from fnmatch import fnmatchcase

from mlenv.facts.environment import Distribution, LoadedLibrary
from mlenv.probe.environments.frameworks import FRAMEWORKS, Case, Framework
from mlenv.probe.environments.loader import LoaderSettings
from mlenv.probe.environments.place import Place
from mlenv.probe.environments.records import Contents, absolute
from mlenv.probe.environments.search_path import SearchPath
from mlenv.probe.log import Log
from mlenv.probe.paths import parent
from mlenv.system.host import Host

# Libraries whose version decides whether a framework finds its GPU.
_CUDA = (
    "libcuda.so libcudart libcudnn libcublas libcufft libcurand libcusolver libcusparse libnvrtc libnvJitLink "
    "libnccl libcupti libnvshmem"
)
_ROCM = "libamdhip64 libhsa-runtime64 libMIOpen librocblas libhipblas librccl"
INTERESTING = tuple(f"{_CUDA} {_ROCM}".split())


def read_libraries(
    host: Host,
    log: Log,
    place: Place,
    search: SearchPath,
    distributions: Iterable[Distribution],
    contents: list[Contents],
    working_directory: str | None = None,
) -> tuple[LoadedLibrary, ...] | None:
    """The libraries in the order in which each framework would load them; None where the loader is another one."""
    if host.identity.system != "linux" or not host.identity.libc.startswith("glibc"):
        log.not_asked("environment.libraries", "ld.so", "only the loader of glibc is followed")
        return None
    settings = LoaderSettings(host, place.executable, working_directory)
    cases = _find_cases(settings, place, search, distributions, contents)
    owners = {absolute(host, item.folder, path): item.name for item in contents for path in item.files if ".so" in path}
    found = [library for framework, case in cases for library in _follow(framework, case, owners)]
    note = log.found if found else log.absent
    note("environment.libraries", "ld.so", ", ".join(case.dist.name for _, case in cases))
    return tuple(found)


def _find_cases(
    settings: LoaderSettings,
    place: Place,
    search: SearchPath,
    distributions: Iterable[Distribution],
    contents: list[Contents],
) -> list[tuple[Framework, Case]]:
    """The frameworks that are there and have such libraries; of equal names the one that Python takes."""
    first = {dist.name: dist for dist in reversed(list(distributions))}
    folders = tuple(folder.path for folder in search.folders)
    cases: list[tuple[Framework, Case]] = []
    for framework in FRAMEWORKS:
        for dist in (first[name] for name in sorted(first) if _is(framework, name)):
            site = parent(settings.host, dist.path or "")
            entries = tuple(_find_entries(settings.host, framework, place, dist, contents))
            if entries:
                before = next((case for _, case in cases if case.dist.name == framework.after), None)
                case = Case(settings=settings, dist=dist, site=site, entries=entries, folders=folders, before=before)
                cases.append((framework, case))
    return cases


def _is(framework: Framework, name: str) -> bool:
    return any(name == start or (start.endswith("-") and name.startswith(start)) for start in framework.starts)


def _find_entries(
    host: Host, framework: Framework, place: Place, dist: Distribution, contents: list[Contents]
) -> list[str]:
    """The framework's own libraries: by its RECORD, else by name; conda keeps them in its folder of libraries."""
    folder = parent(host, dist.path) if dist.path else ""
    own = next((item for item in contents if item.name == dist.name and item.folder == folder), None)
    found: list[str] = []
    for pattern in framework.entries:
        if own is not None:
            paths = (absolute(host, folder, path) for path in own.files if fnmatchcase(path, pattern))
            found += [path for path in paths if host.exists(path)]
        if not found and "*" not in pattern:
            found += _find_by_name(host, place, folder, pattern)
    return list(dict.fromkeys(found))


def _find_by_name(host: Host, place: Place, folder: str, name: str) -> list[str]:
    paths = [f"{folder}/{name}"]
    if place.kind == "conda":
        paths.append(f"{place.path}/lib/{posixpath.basename(name)}")
    return [path for path in paths if host.exists(path)][:1]


def _follow(framework: Framework, case: Case, owners: dict[str, str]) -> list[LoadedLibrary]:
    """What a framework takes, in its order; one that loads another framework first, what it asks for itself."""
    process = framework.load(case)
    kept = process.loaded if case.before is None else _names_of(case)
    return [
        LoadedLibrary(
            distribution=case.dist.name,
            soname=soname,
            path=file.path,
            way=file.way,
            owner=owners.get(file.path or ""),
            version=_read_version(case.host, file.path) if file.path else None,
        )
        for soname, file in process.loaded.items()
        if soname.startswith(INTERESTING) and soname in kept
    ]


def _names_of(case: Case) -> set[str]:
    """What a framework's own libraries ask for."""
    dynamics = [case.settings.parse(path) for path in case.entries]
    return {name for dynamic in dynamics if dynamic for name in dynamic.needed}


def _read_version(host: Host, path: str) -> str | None:
    return parse_library_version(posixpath.basename(host.real_path(path)))


# libcudnn.so.9.10.2
def parse_library_version(name: str) -> str | None:
    """The version in the name of a library's file."""
    version = name.partition(".so.")[2]
    return version if version and version.isascii() and version.replace(".", "").isdigit() else None
