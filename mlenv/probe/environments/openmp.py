"""OpenMP runtimes on disk: two different ones in a process abort it, or slow it down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlenv.facts.environment import OpenMp
from mlenv.facts.pattern import lazy
from mlenv.probe.environments.place import Place
from mlenv.probe.environments.records import Contents, absolute
from mlenv.probe.log import Log, names_in
from mlenv.probe.paths import base_name, is_windows, join
from mlenv.system.host import Host

# auditwheel puts a hash into the name, LLVM's build for Windows its version and processor.
_RUNTIME = lazy(
    r"(?:(?P<gnu>libgomp)|(?P<intel>libiomp5)(?:md)?|(?P<llvm>libomp)(?:140)?(?:\.(?:x86_64|aarch64|i386))?"
    r"|(?P<microsoft>vcomp)1\d0)(?:-[0-9a-f]{6,64})?(?:\.\d+)?\.(?:so(?:\.\d+){0,4}|dylib|dll)"
)
_NAMES = {"gnu": "libgomp", "intel": "libiomp5", "llvm": "libomp", "microsoft": "vcomp"}


def read_openmp(host: Host, log: Log, place: Place, contents: Iterable[Contents]) -> tuple[OpenMp, ...]:
    """The runtimes that installed distributions brought, and those of a conda environment's own folder."""
    found: dict[str, OpenMp] = {}
    for path, owner in (*_from_contents(host, contents), *_from_conda(host, place)):
        real_path = host.real_path(path)
        runtime = name_runtime(base_name(host, real_path)) or name_runtime(base_name(host, path))
        # conda gives one runtime the names of the others, as links.
        if runtime and real_path not in found:
            found[real_path] = OpenMp(runtime=runtime, path=path, distribution=owner)
    note = log.found if found else log.absent
    note("environment.openmp", place.path)
    return tuple(sorted(found.values(), key=lambda item: (item.runtime, item.path)))


def _from_contents(host: Host, contents: Iterable[Contents]) -> Iterator[tuple[str, str]]:
    for item in contents:
        for path in item.files:
            if "omp" in path and name_runtime(path.rpartition("/")[2]):
                yield absolute(host, item.folder, path), item.name


def _from_conda(host: Host, place: Place) -> Iterator[tuple[str, None]]:
    if place.kind != "conda":
        return
    folder = join(host, place.path, *(("Library", "bin") if is_windows(host) else ("lib",)))
    for name in names_in(host, folder):
        if "omp" in name and name_runtime(name):
            yield join(host, folder, name), None


# libgomp-a34b3233.so.1.0.0 ; libiomp5md.dll ; libomp140.x86_64.dll ; vcomp140.dll
def name_runtime(file_name: str) -> str | None:
    """The runtime that a file is: ``libgomp``, ``libiomp5``, ``libomp`` or ``vcomp``; None for others."""
    match = _RUNTIME.fullmatch(file_name)
    return next(_NAMES[kind] for kind, text in match.groupdict().items() if text) if match else None
