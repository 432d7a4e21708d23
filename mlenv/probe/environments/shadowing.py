"""Files that Python would import in place of what the environment has installed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlenv.facts.environment import Distribution, Shadow, ShadowKind
from mlenv.probe.environments.search_path import PackageFolder, SearchPath
from mlenv.probe.log import Log
from mlenv.probe.paths import join
from mlenv.system.host import Host

# Modules of the standard library that people name their own files after.  Those that Python has
# loaded before it looks into any folder (os, io, abc) cannot be shadowed and are left out.
_STANDARD_NAMES = """
    ast asyncio calendar cmd code collections concurrent contextlib copy csv ctypes dataclasses datetime
    decimal dis email enum fractions functools glob hashlib html http inspect json keyword linecache logging
    multiprocessing numbers operator pathlib pickle platform profile queue random re secrets select selectors
    shutil signal socket ssl statistics string struct subprocess tempfile textwrap threading timeit token
    tokenize traceback types typing unittest uuid warnings weakref xml zipfile
"""
# Folders of any project, which some distributions install at the top by mistake.
_COMMON_NAMES = "benchmarks conftest doc docs examples scripts setup src test tests tools utils"
STANDARD = frozenset(_STANDARD_NAMES.split())
_COMMON = frozenset(_COMMON_NAMES.split())
_MODULE_ENDS = (".py", ".so", ".pyd")


def read_shadows(
    host: Host,
    log: Log,
    search: SearchPath,
    distributions: Iterable[Distribution],
    working_directory: str | None,
) -> tuple[Shadow, ...]:
    """What hides a module of the environment, or one of the standard library that is often hidden.

    ``python -m`` and ``python -c`` look into the working directory first; ``python script.py`` looks
    into the script's folder instead, which is not known here.  A folder without ``__init__.py`` hides
    nothing: a regular package further down the path wins over it.
    """
    installed = {module for folder in search.own for module in modules_of(folder.names)}
    sources = [_folder_of(dist.source) for dist in distributions if dist.editable and dist.source]
    own = {folder.path for folder in search.own}
    found: list[Shadow] = []
    for path, names, kind in _folders(host, log, search, working_directory):
        hidden = installed if kind == "user-site" else installed | STANDARD
        if path not in own:
            found += [Shadow(module=name, path=file, found=kind) for name, file in _find(host, path, names, hidden)]
    kept = [shadow for shadow in found if not _is_below(shadow.path, sources)]
    note = log.found if kept else log.absent
    note("environment.shadows", working_directory or "PYTHONPATH")
    return tuple(kept)


def _folders(
    host: Host, log: Log, search: SearchPath, working_directory: str | None
) -> Iterator[tuple[str, tuple[str, ...], ShadowKind]]:
    if working_directory is None or host.environ.get("PYTHONSAFEPATH"):
        reason = "PYTHONSAFEPATH keeps Python from looking there" if working_directory else "it is not known"
        log.not_asked("environment.shadows", "working directory", reason)
    else:
        yield working_directory, _list(host, log, working_directory), "working-directory"
    for folder in search.before_own:
        kind = _kind(folder)
        if kind:
            yield folder.path, folder.names, kind


def _kind(folder: PackageFolder) -> ShadowKind | None:
    if folder.origin == "user-site":
        return "user-site"
    return "python-path" if folder.origin == "python-path" else None


def _list(host: Host, log: Log, folder: str) -> tuple[str, ...]:
    try:
        return tuple(host.list_directory(folder))
    except OSError as error:
        log.unreadable("environment.shadows", folder, type(error).__name__)
        return ()


def _find(host: Host, folder: str, names: tuple[str, ...], hidden: set[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        module = module_of(name)
        if module in hidden and module not in _COMMON:
            path = join(host, folder, name)
            if "." in name or host.exists(join(host, path, "__init__.py")):
                yield module, path


def modules_of(names: Iterable[str]) -> set[str]:
    """The modules that the names in a folder of packages stand for."""
    return {module for module in map(module_of, names) if module}


# torch ; six.py ; _cffi_backend.cpython-312-x86_64-linux-gnu.so
def module_of(name: str) -> str:
    """The module that a file or folder can be imported as; empty for any other name."""
    stem, dot, _ = name.partition(".")
    fits = name.endswith(_MODULE_ENDS) if dot else not name.startswith("__")
    return stem if fits and stem.isidentifier() else ""


# file:///home/ada/project ; file:///C:/work
def _folder_of(source: str) -> str:
    """The folder of an editable installation, in slashes."""
    path = source.removeprefix("file://")
    if path[2:3] == ":":
        path = path[1:]
    return path.replace("\\", "/").rstrip("/")


def _is_below(path: str, folders: list[str]) -> bool:
    """Whether a module is the very one that is installed to run from its sources."""
    plain = path.replace("\\", "/")
    return any(folder and plain.startswith(f"{folder}/") for folder in folders)
