"""The folders that an environment's Python takes packages from, in the order in which it looks.

The order is that of :mod:`site` (https://docs.python.org/3/library/site.html): ``PYTHONPATH``, then
the user's own site-packages, then the environment's.  A virtual environment that sees the system's
packages looks into its own folders first.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from mlenv.facts.pattern import lazy
from mlenv.probe.environments.place import Place, find_release
from mlenv.probe.log import Log, names_in, peek, try_folder
from mlenv.probe.paths import is_absolute, is_windows, join, parent
from mlenv.system.host import Host

DEBIAN_PACKAGES = "/usr/lib/python3/dist-packages"
MAX_ADDED = 64
Origin = Literal["environment", "base", "user-site", "python-path", "path-file"]
_LIBRARY = lazy(r"(?:python|pypy)\d+\.\d+t?")


class PackageFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of packages, how it comes to be searched, and the names in it."""

    path: str
    origin: Origin
    names: tuple[str, ...] = ()


class SearchPath(msgspec.Struct, frozen=True, kw_only=True):
    """The folders in order, and the user's own one where it is among them."""

    folders: tuple[PackageFolder, ...]
    user_site: str | None = None

    @property
    def own(self) -> tuple[PackageFolder, ...]:
        """The environment's own folders."""
        return tuple(folder for folder in self.folders if folder.origin == "environment")

    @property
    def before_own(self) -> tuple[PackageFolder, ...]:
        """What comes before the environment's own folders."""
        origins = [folder.origin for folder in self.folders]
        return self.folders[: origins.index("environment")] if "environment" in origins else self.folders


def read_search_path(host: Host, log: Log, place: Place, *, thorough: bool) -> SearchPath:
    """The folders and their names; without ``thorough`` only those of the environment and its base."""
    own = package_folders(host, place.path, place.release)
    shared = place.base if place.system_packages else None
    base = package_folders(host, shared, place.release) if shared else []
    site = find_user_site(host, log, place) if thorough else None
    user, first = [site] if site else [], _python_path(host) if thorough else []
    order = [*first, *own, *user, *base] if place.kind == "venv" else [*first, *user, *own]
    origins: dict[str, Origin] = {**dict.fromkeys(first, "python-path"), **dict.fromkeys(base, "base")}
    origins.update({**dict.fromkeys(user, "user-site"), **dict.fromkeys(own, "environment")})
    found: dict[str, PackageFolder] = {}
    for path in order:
        _add(host, log, found, path, origins[path], thorough=thorough)
    return SearchPath(folders=tuple(found.values()), user_site=site)


def _add(host: Host, log: Log, found: dict[str, PackageFolder], path: str, origin: Origin, *, thorough: bool) -> None:
    """List a folder, once, and after it the folders that its path files add."""
    real_path = host.real_path(path)
    if real_path in found:
        return
    names = _list(host, log, path)
    found[real_path] = PackageFolder(path=path, origin=origin, names=names)
    if thorough and origin not in ("python-path", "path-file"):
        for added in _read_path_files(host, log, path, names):
            _add(host, log, found, added, "path-file", thorough=False)


def _list(host: Host, log: Log, folder: str) -> tuple[str, ...]:
    names = try_folder(host, log, "environment.distributions", folder)
    if not names:
        return ()
    log.found("environment.distributions", folder)
    return tuple(names)


def library_folders(host: Host, prefix: str, release: str | None) -> list[str]:
    """The folders of the standard library: ``lib/python3.12``.

    Where folders of several releases lie side by side, those of the interpreter's own count.
    """
    if is_windows(host):
        return [join(host, prefix, "Lib")]
    found = [
        (name, join(host, prefix, library, name))
        for library in ("lib", "lib64")
        for name in names_in(host, join(host, prefix, library))
        if _LIBRARY.fullmatch(name)
    ]
    fitting = [path for name, path in found if release is not None and find_release(name) == release]
    windows = join(host, prefix, "Lib")  # an environment of Windows, seen from another system
    if not found and host.exists(join(host, windows, "site-packages")):
        return [windows]
    return fitting or [path for _, path in found]


def package_folders(host: Host, prefix: str, release: str | None) -> list[str]:
    """The folders that packages of an installation lie in, each once (lib64 is often a link to lib)."""
    folders = [join(host, folder, "site-packages") for folder in library_folders(host, prefix, release)]
    if prefix == "/usr":
        folders = _system_folders(host, folders, release)
    elif "Python3.framework" in prefix and release:
        folders.append(f"/Library/Python/{release}/site-packages")
    return list({host.real_path(folder): folder for folder in reversed(folders)}.values())[::-1]


def _system_folders(host: Host, folders: list[str], release: str | None) -> list[str]:
    """A distribution's Python also looks below /usr/local; Debian's only into dist-packages."""
    local = [folder.replace("/usr/", "/usr/local/", 1) for folder in folders]
    if host.exists(DEBIAN_PACKAGES):
        local = [f"/usr/local/lib/python{release}/dist-packages"]
        folders = [DEBIAN_PACKAGES, f"/usr/lib/python{release}/dist-packages"]
    return [folder for folder in (*local, *folders) if host.exists(folder)]


def find_user_site(host: Host, log: Log, place: Place) -> str | None:
    """The user's own site-packages, where this environment looks into it and it exists."""
    if place.kind == "venv" and not place.system_packages:
        return None
    if host.environ.get("PYTHONNOUSERSITE"):
        log.not_asked("environment.user_site", "PYTHONNOUSERSITE", "the variable keeps Python from looking there")
        return None
    candidates = _user_sites(host, place) if place.release else []
    for path in candidates:
        if host.exists(path):
            log.found("environment.user_site", path)
            return path
    if candidates:
        log.absent("environment.user_site", candidates[0])
    return None


def _user_sites(host: Host, place: Place) -> list[str]:
    """Python's own folder per user (``site.USER_SITE``); a framework build of macOS has another one."""
    release = place.release or ""
    chosen = host.environ.get("PYTHONUSERBASE")
    if is_windows(host):
        base = chosen or join(
            host, host.environ.get("APPDATA") or join(host, host.home, "AppData", "Roaming"), "Python"
        )
        return [
            join(host, base, f"Python{release.replace('.', '')}{'-32' if place.bits == 32 else ''}", "site-packages")
        ]
    usual = join(host, chosen or join(host, host.home, ".local"), "lib", f"python{release}", "site-packages")
    if host.identity.system != "macos":
        return [usual]
    framework = chosen or join(host, host.home, "Library", "Python", release)
    return [join(host, framework, "lib", "python", "site-packages"), usual]


def _python_path(host: Host) -> list[str]:
    """The folders of ``PYTHONPATH``; a relative or empty one counts from the shell's folder."""
    value = host.environ.get("PYTHONPATH", "")
    here = host.environ.get("PWD") or host.home
    parts = value.split(";" if is_windows(host) else ":") if value else []
    return [part if is_absolute(host, part) else join(host, here, *([part] if part else [])) for part in parts]


def _read_path_files(host: Host, log: Log, folder: str, names: tuple[str, ...]) -> list[str]:
    """The folders that ``.pth`` files add, as far as they exist."""
    added: list[str] = []
    for name in names:
        if not name.endswith(".pth"):
            continue
        source = join(host, folder, name)
        for line in parse_path_file(peek(host, source) or ""):
            path = line if is_absolute(host, line) else _resolve(host, folder, line)
            if host.exists(path):
                log.found("environment.path_file", source, path)
                added.append(path)
        if name.startswith("__editable__") and not added:
            log.found("environment.path_file", source, "an editable installation that finds its modules by code")
    return added[:MAX_ADDED]


def _resolve(host: Host, folder: str, line: str) -> str:
    """A relative line of a path file counts from the file's folder."""
    while line.startswith(("../", "..\\", "./", ".\\")):
        folder = parent(host, folder) if line.startswith("..") else folder
        line = line.partition("/")[2] if "/" in line else line.partition("\\")[2]
    return join(host, folder, line)


# > /home/ada/project/src
# > import _virtualenv
def parse_path_file(text: str) -> tuple[str, ...]:
    """The folders that a ``.pth`` file names; its other lines are comments or code."""
    lines = (line.strip() for line in text.splitlines())
    kept = [line for line in lines if line and not line.startswith(("#", "import ", "import\t")) and "\0" not in line]
    return tuple(kept[:MAX_ADDED])
