"""Package managers, with their versions read from their own installation where it says them."""

from __future__ import annotations

from functools import partial

from mlenv.facts.pattern import lazy
from mlenv.facts.python import ManagerName, PackageManager
from mlenv.probe.answers import explain
from mlenv.probe.log import Log, names_in
from mlenv.probe.paths import base_name, find_program, is_windows, join, parent, search_path
from mlenv.probe.python.interpreter_layout import is_apple_stub
from mlenv.probe.schedule import side_by_side
from mlenv.system.host import Host

ASK_SECONDS = 3.0
NAMES: tuple[ManagerName, ...] = ("uv", "pip", "conda", "mamba", "micromamba", "pixi")
# Those that answer `--version` within milliseconds; pip and conda take a quarter of a second.
_NATIVE: tuple[ManagerName, ...] = ("uv", "micromamba", "pixi")
# Set by conda and micromamba where their command is a function of the shell.
_VARIABLES = {"conda": "CONDA_EXE", "micromamba": "MAMBA_EXE", "mamba": "MAMBA_EXE"}
_VERSION = lazy(r"\d+\.\d+(?:\.\d+)?\w*")
_SUFFIX = ".dist-info"
_LIBRARY = lazy(r"python3(?:\.\d+t?)?")


def read_managers(host: Host, log: Log) -> tuple[PackageManager, ...]:
    """The managers that can be started here."""
    places = {name: path for name in NAMES if (path := _find(host, name))}
    versions = {name: _read_version(host, name, path) for name, path in places.items()}
    versions.update(_ask_all(host, log, {name: places[name] for name in _NATIVE if versions.get(name, "") is None}))
    found = [PackageManager(name=name, path=path, version=versions[name]) for name, path in places.items()]
    for manager in found:
        log.found(f"managers.{manager.name}", manager.path, manager.version or "")
    for name in NAMES:
        if name not in {manager.name for manager in found}:
            log.absent(f"managers.{name}", "PATH")
    return tuple(found)


def _find(host: Host, name: ManagerName) -> str | None:
    if name == "pip":
        return _find_pip(host)
    path = find_program(host, name)
    if path:
        return path
    named = host.environ.get(_VARIABLES.get(name, ""), "")
    if named and base_name(host, named).removesuffix(".exe") == name and host.exists(named):
        return named
    return _find_beside(host) if name == "uv" else None


def _find_pip(host: Host) -> str | None:
    """The first pip on PATH that is one; pyenv's shims stand for whichever version is chosen."""
    suffix = ".exe" if is_windows(host) else ""
    folders = [folder for folder in search_path(host) if base_name(host, folder) != "shims"]
    paths = (join(host, folder, f"{name}{suffix}") for folder in folders for name in ("pip", "pip3"))
    return next((path for path in paths if host.exists(path) and not is_apple_stub(host, path)), None)


def _find_beside(host: Host) -> str | None:
    """The uv that comes with mlenv: it lies beside the interpreter that runs this."""
    if not host.identity.executable:
        return None
    folder = parent(host, host.identity.executable)
    path = join(host, folder, "uv.exe" if is_windows(host) else "uv")
    return path if host.exists(path) else None


def _read_version(host: Host, name: ManagerName, path: str) -> str | None:
    """The version that the installation around a program states."""
    for program in dict.fromkeys((path, host.real_path(path))):
        prefix = parent(host, parent(host, program))
        if name in ("conda", "mamba"):
            version = _package_version(names_in(host, join(host, prefix, "conda-meta")), name)
        else:
            version = _distribution_version(host, prefix, name)
        if version:
            return version
    return None


# conda-24.5.0-py312h06a4308_0.json
def _package_version(names: list[str], package: str) -> str | None:
    records = (name.removesuffix(".json").rsplit("-", 2) for name in names if name.startswith(f"{package}-"))
    return next((parts[1] for parts in records if parts[0] == package and len(parts) == 3), None)


def _distribution_version(host: Host, prefix: str, name: str) -> str | None:
    for folder in _package_folders(host, prefix):
        entries = (entry for entry in names_in(host, folder) if entry.startswith(f"{name}-"))
        version = next((entry[len(name) + 1 : -len(_SUFFIX)] for entry in entries if entry.endswith(_SUFFIX)), None)
        if version:
            return version
    return None


def _package_folders(host: Host, prefix: str) -> list[str]:
    if is_windows(host):
        return [join(host, prefix, "Lib", "site-packages")]
    library = join(host, prefix, "lib")
    versions = [name for name in names_in(host, library) if _LIBRARY.fullmatch(name)]
    kinds = ("site-packages", "dist-packages")
    return [join(host, library, version, kind) for version in versions for kind in kinds]


def _ask_all(host: Host, log: Log, places: dict[ManagerName, str]) -> dict[ManagerName, str | None]:
    answers = side_by_side([partial(_ask_version, host, log, name, path) for name, path in places.items()])
    return dict(zip(places, answers, strict=True))


def _ask_version(host: Host, log: Log, name: ManagerName, path: str) -> str | None:
    completed = host.run([path, "--version"], timeout=min(ASK_SECONDS, log.seconds_left), lasting=True)
    version = parse_version(completed.stdout)
    if version is None:
        log.unreadable(f"managers.{name}", path, explain(completed))
    return version


# uv 0.9.7 (0adb44480 2025-10-30) ; pixi 0.40.0 ; 2.0.5
def parse_version(text: str) -> str | None:
    """The first version number in a program's answer."""
    match = _VERSION.search(text)
    return match[0] if match else None
