"""Where an environment is and what it is: its folder, its interpreter and the version of that."""

from __future__ import annotations

import msgspec

from mlenv.facts.environment import EnvironmentKind
from mlenv.facts.pattern import lazy
from mlenv.probe.host.disk import environment_folder
from mlenv.probe.log import Log, names_in, peek
from mlenv.probe.paths import base_name, is_windows, join, parent
from mlenv.probe.python.executable import read_program
from mlenv.probe.python.interpreter_layout import parse_venv_version, prefix_of, read_layout
from mlenv.system.host import Host
from mlenv.system.image import PLACES

CONFIGURATION = "pyvenv.cfg"
_INTERPRETER = lazy(r"(?:python|pypy)w?(?:\d(?:\.\d+)?t?)?(?:\.exe)?")
_VERSIONED = lazy(r"(?:python|pypy)(3\.\d+)t?(?:\.exe)?")
_CONDA_PYTHON = lazy(r"python-(\d+\.\d+\.\d+\w*)-[^-]+\.json")
_HEADER_VERSION = lazy(r'(?m)^#define[ \t]+PY_VERSION[ \t]+"(\d+\.\d+\.\d+\w*)\+?"')
_WINDOWS_LIBRARY = lazy(r"python3(\d{1,3})t?\.dll")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An environment before its packages are read.

    ``python`` is the interpreter's version, or its first two numbers where no file says more.
    ``home`` is what pyvenv.cfg names, ``base`` the installation that it lies in.
    """

    path: str
    kind: EnvironmentKind
    python: str | None = None
    executable: str | None = None
    bits: int | None = None
    architecture: str | None = None
    home: str | None = None
    base: str | None = None
    system_packages: bool | None = None

    @property
    def release(self) -> str | None:
        """The two numbers that folders are named after."""
        return ".".join(self.python.split(".")[:2]) if self.python else None


def find_place(host: Host, log: Log, path: str) -> Place | None:
    """The environment that a path means: its folder, its folder of programs, or an interpreter in it."""
    folder, named = _find_folder(host, environment_folder(host, path))
    folder, named = (_find_in_root(host), None) if folder == "/" and named is None else (folder, named)
    configuration = peek(host, join(host, folder, CONFIGURATION))
    records = [] if configuration is not None else names_in(host, join(host, folder, "conda-meta"))
    kind: EnvironmentKind = "system" if configuration is None else "venv"
    if any(name.endswith(".json") or name == "history" for name in records):
        kind = "conda"
    executable = named or _find_executable(host, log, folder, kind)
    if kind == "system":
        if executable is None:
            return None
        folder = _find_installation(host, folder, executable) if named or folder == "/" else folder
    python = _read_python(host, log, folder, configuration, records, executable)
    return _complete(host, Place(path=folder, kind=kind, python=python, executable=executable), configuration)


def _complete(host: Host, place: Place, configuration: str | None) -> Place:
    """The place with what its interpreter's header and pyvenv.cfg say."""
    program = read_program(host, place.executable) if place.executable else None
    settings = parse_configuration(configuration or "")
    home = settings.get("home") or None
    shared = settings.get("include-system-site-packages", "").lower()
    return msgspec.structs.replace(
        place,
        bits=program.bits if program else None,
        architecture=program.architecture if program else None,
        home=home,
        base=_find_base(host, home) if home else None,
        system_packages={"true": True, "false": False}.get(shared),
    )


def _find_base(host: Host, home: str) -> str:
    """The installation that an interpreter's folder belongs to; on Windows they are the same."""
    return parent(host, home) if base_name(host, home).lower() in ("bin", "scripts") else home


def _find_folder(host: Host, path: str) -> tuple[str, str | None]:
    """The environment's folder, and the interpreter where the path names one."""
    path = path.rstrip("/\\" if is_windows(host) else "/") or "/"
    name, above = base_name(host, path), parent(host, path)
    in_programs = base_name(host, above).lower() in ("bin", "scripts")
    if _INTERPRETER.fullmatch(name) and (in_programs or is_windows(host)) and _is_file(host, path):
        foreign = name.endswith(".exe") and not is_windows(host)  # an environment of Windows, seen from another system
        return (parent(host, above) if in_programs else above), None if foreign else path
    if name.lower() in ("bin", "scripts") and _is_environment(host, above):
        return above, None
    return path, None


def _is_environment(host: Host, folder: str) -> bool:
    has_program = _find_program(host, folder, ("python", "python3")) is not None
    return has_program or host.exists(join(host, folder, CONFIGURATION))


def _find_in_root(host: Host) -> str:
    """Of a whole file system, the environment of an application, else the first installation of Python."""
    marked = (
        place
        for place in PLACES
        if host.exists(f"{place}/{CONFIGURATION}") or host.exists(f"{place}/conda-meta/history")
    )
    installed = (place for place in PLACES if _has_library(host, place) and _find_program(host, place, ("python3",)))
    return next(marked, None) or next(installed, "/usr")


def _find_installation(host: Host, folder: str, executable: str) -> str:
    """The installation that an interpreter belongs to: a link to it may lie in any folder of programs.

    Python finds its library the same way: beside the link, else beside what the link leads to.
    """
    if is_windows(host):
        return folder
    if folder == "/" and host.exists("/usr/bin"):
        return "/usr"
    if _has_library(host, folder):
        return folder
    real = prefix_of(host, host.real_path(executable))
    return real if _has_library(host, real) else folder


def _has_library(host: Host, folder: str) -> bool:
    """Whether the standard library lies in an installation's folder; ``os.py`` is Python's own sign of it."""
    names = (
        join(host, folder, library, name)
        for library in ("lib", "lib64")
        for name in names_in(host, join(host, folder, library))
        if name.startswith(("python3", "pypy3"))
    )
    return any(host.exists(join(host, name, "os.py")) for name in names)


def _is_file(host: Host, path: str) -> bool:
    try:
        return host.status(path).kind == "file"
    except OSError:
        return False


def _find_executable(host: Host, log: Log, folder: str, kind: EnvironmentKind) -> str | None:
    """The interpreter; in a system's folder ``python`` may be one of a generation ago."""
    names = ("python3", "python") if kind == "system" else ("python", "python3")
    found = _find_program(host, folder, names)
    if found is None and kind != "system":
        programs = join(host, folder, "Scripts" if is_windows(host) else "bin")
        dangling = "python" in names_in(host, programs)
        note, detail = (log.unreadable, "a link to nothing") if dangling else (log.absent, "")
        note("environment.executable", join(host, programs, "python"), detail)
    return found


def _find_program(host: Host, folder: str, names: tuple[str, ...]) -> str | None:
    if is_windows(host):
        paths = [join(host, folder, "Scripts", "python.exe"), join(host, folder, "python.exe")]
    else:
        paths = [join(host, folder, "bin", name) for name in names]
    return next((path for path in paths if host.exists(path)), None)


def _read_python(
    host: Host, log: Log, folder: str, configuration: str | None, records: list[str], executable: str | None
) -> str | None:
    """The interpreter's version, from the first file that states it; the log says which."""
    sources = (
        (join(host, folder, CONFIGURATION), parse_venv_version(configuration or "")),
        (join(host, folder, "conda-meta"), find_conda_python(records)),
        *(_read_installation(host, folder, executable) if executable and configuration is None else ()),
    )
    for source, version in sources:
        if version:
            log.found("environment.python", source)
            return version
    log.absent("environment.python", executable or folder)
    return None


def _read_installation(host: Host, folder: str, executable: str) -> tuple[tuple[str, str | None], ...]:
    """What an installation's folder, its C headers and the names of its files say, in that order."""
    real_path = host.real_path(executable)
    layout = read_layout(host, real_path).version
    release = find_release(base_name(host, real_path)) or _release_on_windows(host, folder)
    headers = join(host, folder, "include", *(() if is_windows(host) else (f"python{release}",)))
    exact = parse_header_version(peek(host, join(host, headers, "patchlevel.h")) or "") if release else None
    return (real_path, layout), (join(host, headers, "patchlevel.h"), exact), (real_path, release)


def _release_on_windows(host: Host, folder: str) -> str | None:
    names = names_in(host, folder) if is_windows(host) else []
    matches = (_WINDOWS_LIBRARY.fullmatch(name.lower()) for name in names)
    return next((f"3.{match[1]}" for match in matches if match), None)


# python-3.11.9-hb806964_0_cpython.json
def find_conda_python(records: list[str]) -> str | None:
    """The version of conda's package of Python."""
    matches = (_CONDA_PYTHON.fullmatch(name) for name in records)
    return next((match[1] for match in matches if match), None)


# python3.12 ; python3.13t ; pypy3.10
def find_release(name: str) -> str | None:
    """The two numbers in the name of an interpreter or of its folder of modules."""
    match = _VERSIONED.fullmatch(name)
    return match[1] if match else None


# #define PY_VERSION              "3.12.8"
def parse_header_version(text: str) -> str | None:
    """The version that patchlevel.h of Python's C headers states."""
    match = _HEADER_VERSION.search(text)
    return match[1] if match else None


# home = /usr/bin
# include-system-site-packages = false
def parse_configuration(text: str) -> dict[str, str]:
    """The settings of a pyvenv.cfg by name, in lower case; the last of equal names counts."""
    pairs = (line.partition("=") for line in text.splitlines())
    return {name.strip().lower(): value.strip() for name, mark, value in pairs if mark}
