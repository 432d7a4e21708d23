"""Files that two installed distributions both claim: the last one installed wrote them."""

from __future__ import annotations

from collections.abc import Iterable

from mlenv.facts.environment import Overlap
from mlenv.probe.environments.records import Contents, absolute
from mlenv.probe.log import Log
from mlenv.system.host import Host

# Two builds of a framework share thousands of files; a few of each pair say it.
MAX_FILES = 8
# What makes several distributions one namespace is short and the same in each; a real module is not.
MAX_NAMESPACE_BYTES = 1024
# Wheels of one vendor share these folders by design.
_SHARED = ("nvidia/__init__.py", "google/__init__.py")


def read_overlaps(host: Host, log: Log, contents: Iterable[Contents]) -> tuple[Overlap, ...]:
    """The shared files of each group of distributions, those nearest to the top first."""
    owners: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for item in contents:
        for path, mark in item.files.items():
            owners.setdefault((item.folder, path), []).append((item.name, mark))
    groups: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for (folder, path), claims in owners.items():
        names = tuple(sorted({name for name, _ in claims}))
        if len(names) > 1 and not is_namespace(path, [mark for _, mark in claims]):
            groups.setdefault(names, []).append((folder, path))
    if not groups:
        log.absent("environment.overlaps", "RECORD")
    return tuple(overlap for names, files in sorted(groups.items()) for overlap in _describe(host, log, names, files))


def _describe(host: Host, log: Log, names: tuple[str, ...], files: list[tuple[str, str]]) -> list[Overlap]:
    log.found("environment.overlaps", ", ".join(names), f"{len(files)} files of both")
    chosen = sorted(files, key=lambda item: (item[1].count("/"), item[1], item[0]))[:MAX_FILES]
    return [Overlap(path=absolute(host, folder, path), distributions=names) for folder, path in chosen]


def is_namespace(path: str, marks: list[str]) -> bool:
    """Whether an ``__init__.py`` only makes several distributions one package.

    ``marks`` are what the RECORDs state of it: a hash and a size in bytes.
    """
    if path in _SHARED or "__pycache__/" in path:
        return True
    size = marks[0].rpartition(",")[2]
    short = size.isascii() and size.isdigit() and len(size) <= 4 and int(size) <= MAX_NAMESPACE_BYTES
    return path.endswith("__init__.py") and short and len(set(marks)) == 1
