"""Python interpreters: found by name and place, asked only where their place does not say enough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import msgspec

from mlenv.facts.pattern import lazy
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.version import at_least, numbers
from mlenv.probe.answers import explain, find_answer
from mlenv.probe.log import Log, names_in
from mlenv.probe.paths import base_name, find_program, is_windows, join, search_path
from mlenv.probe.python.executable import Executable, read_program
from mlenv.probe.python.interpreter_layout import (
    Layout,
    is_apple_stub,
    is_externally_managed,
    is_store_alias,
    prefix_of,
    read_layout,
    read_venv_version,
)
from mlenv.probe.schedule import side_by_side
from mlenv.system.host import Host
from mlenv.typed import decode_json

OLDEST = "3.6"
NEWEST_MINOR = 20
ASK_SECONDS = 3.0
MARKER = "mlenv-python:"
QUESTION = (
    "import sys;print('" + MARKER + '{"version":"%s","implementation":"%s","bits":%d,"free_threaded":%s}\''
    "%(sys.version.split()[0].rstrip('+'),sys.implementation.name,64 if sys.maxsize>2**32 else 32,"
    "'true' if 't' in getattr(sys,'abiflags','') else 'false'))"
)
_OLD_NAME = lazy(r"python2(\.\d)?$")
_LISTED = lazy(r"^\s*-\S+\s+(?:\*\s+)?(\S.*\.exe)\s*$", re.MULTILINE)
_CONDA_FOLDERS = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba")
_STORE_FOLDER = "PythonSoftwareFoundation.Python.3."
_MAC_FRAMEWORK = "/Library/Frameworks/Python.framework/Versions"


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What an interpreter says of itself."""

    version: str
    implementation: str
    bits: int
    free_threaded: bool


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    """An interpreter before its version is known."""

    path: str
    layout: Layout
    executable: Executable


def read_interpreters(host: Host, log: Log) -> tuple[PythonInterpreter, ...]:
    """All interpreters of Python 3.6 and newer, newest first, each real file once."""
    found = _find(host)
    told = _ask_all(host, log, [item.path for item in found if item.layout.version is None])
    answers = [_complete(host, item, told.get(item.path)) for item in found]
    pythons = [python for python in answers if python and at_least(python.version, OLDEST)]
    for python in pythons:
        log.found("pythons", python.path or "", python.version)
    if not pythons:
        log.absent("pythons", "PATH")
    return tuple(sorted(pythons, key=_order))


def _order(python: PythonInterpreter) -> tuple[tuple[int, ...], bool, str]:
    """Newest first; of equals, the usual build before the free-threaded one."""
    return tuple(-part for part in numbers(python.version)[:3]), python.free_threaded, python.path or ""


def _find(host: Host) -> list[_Found]:
    """The interpreters at the candidates' places; virtual environments last, if their base is new."""
    found: dict[str, _Found] = {}
    environments: list[str] = []
    for path in dict.fromkeys(_candidates(host)):
        if not host.exists(path) or is_apple_stub(host, path):
            continue
        if read_venv_version(host, prefix_of(host, path)) is not None:
            environments.append(path)
            continue
        _add(host, found, host.real_path(path), path)
    for path in environments:
        _add_environment(host, found, path)
    return list(found.values())


def _add(host: Host, found: dict[str, _Found], real_path: str, path: str) -> None:
    if real_path in found or _OLD_NAME.search(real_path):
        return
    executable = read_program(host, real_path)
    if executable is None and is_store_alias(host, path):
        executable = Executable(format="pe")
    if executable:
        layout = read_layout(host, real_path)
        # Windows resolves links of its own kind; the name that was found is the one that starts.
        found[real_path] = _Found(path=path if is_windows(host) else real_path, layout=layout, executable=executable)


def _add_environment(host: Host, found: dict[str, _Found], path: str) -> None:
    """A virtual environment's interpreter, where its base is not listed already."""
    real_path = host.real_path(path)
    executable = read_program(host, real_path)
    if executable is None or real_path in found:
        return
    version = read_venv_version(host, prefix_of(host, path)) or None
    found[real_path] = _Found(path=path, layout=Layout(kind="venv", version=version), executable=executable)


def _candidates(host: Host) -> Iterator[str]:
    yield from _on_path(host)
    if is_windows(host):
        yield from _from_launcher(host)
    for folder in _prefixes(host):
        if is_windows(host):
            yield join(host, folder, "python.exe")
        else:
            usual = join(host, folder, "bin", "python3")
            yield usual if host.exists(usual) else join(host, folder, "bin", "python")


def _on_path(host: Host) -> Iterator[str]:
    minors = [f"python3.{minor}{build}" for minor in range(NEWEST_MINOR, 5, -1) for build in ("", "t")]
    names = ["python.exe"] if is_windows(host) else ["python3", "python", *minors]
    for folder in search_path(host):
        if base_name(host, folder) != "shims" and not _holds_launchers(host, folder):
            yield from (join(host, folder, name) for name in names)


def _holds_launchers(host: Host, folder: str) -> bool:
    """Whether these programs start the Pythons of Windows' installation manager, which lie beside the folder."""
    return is_windows(host) and folder.rstrip("\\").lower() == join(host, _local(host), "Python", "bin").lower()


def _prefixes(host: Host) -> Iterator[str]:
    """The folders in which version managers keep whole installations."""
    environ = host.environ
    for root in _version_folders(host):
        yield from (join(host, root, name) for name in names_in(host, root) if name != "bin" and name[0] != ".")
    for variable in ("CONDA_PREFIX", "MAMBA_ROOT_PREFIX"):
        if environ.get(variable):
            yield environ[variable]
    for name in _CONDA_FOLDERS:
        yield join(host, host.home, name)
    if is_windows(host):
        shared = environ.get("PROGRAMDATA") or "C:\\ProgramData"
        yield from (join(host, shared, name) for name in _CONDA_FOLDERS)
        apps = join(host, _local(host), "Microsoft", "WindowsApps")
        yield from (join(host, apps, name) for name in names_in(host, apps) if name.startswith(_STORE_FOLDER))
    else:
        yield from ("/opt/conda", "/opt/miniconda3", "/opt/anaconda3", "/opt/homebrew", "/usr/local")


def _local(host: Host) -> str:
    return host.environ.get("LOCALAPPDATA") or join(host, host.home, "AppData", "Local")


def _version_folders(host: Host) -> list[str]:
    environ, home = host.environ, host.home
    if is_windows(host):
        pyenv = environ.get("PYENV_ROOT") or join(host, home, ".pyenv", "pyenv-win")
        share = environ.get("APPDATA") or join(host, home, "AppData", "Roaming")
        # The first is that of the installation manager of python.org.
        further = [join(host, _local(host), "Python"), join(host, share, "uv", "data", "python")]
    else:
        pyenv = environ.get("PYENV_ROOT") or join(host, home, ".pyenv")
        share = environ.get("XDG_DATA_HOME") or join(host, home, ".local", "share")
        further = []
    if host.identity.system == "macos":
        further = [_MAC_FRAMEWORK, join(host, home, "Library", "Application Support", "uv", "python")]
    named = environ.get("UV_PYTHON_INSTALL_DIR")
    # The last ones are those of uv's first versions.
    return [join(host, pyenv, "versions"), named or join(host, share, "uv", "python"), *further]


def _from_launcher(host: Host) -> Iterator[str]:
    if find_program(host, "py"):
        yield from parse_launcher(host.run(["py", "-0p"], timeout=ASK_SECONDS).stdout)


#  -V:3.12 *        C:\Users\ada\AppData\Local\Programs\Python\Python312\python.exe
#  -3.9-64          C:\Python39\python.exe
def parse_launcher(text: str) -> tuple[str, ...]:
    """The paths that Windows' launcher lists."""
    return tuple(match.strip() for match in _LISTED.findall(text))


def _complete(host: Host, found: _Found, told: _Told | None) -> PythonInterpreter | None:
    """The interpreter with its version, from the layout or from what it told itself."""
    layout, executable = found.layout, found.executable
    version = layout.version or (told.version if told else None)
    if version is None:
        return None
    return PythonInterpreter(
        version=version,
        path=found.path,
        implementation=told.implementation if told else layout.implementation,
        kind=layout.kind,
        bits=executable.bits or (told.bits if told else None),
        architecture=executable.architecture,
        free_threaded=layout.free_threaded or bool(told and told.free_threaded),
        externally_managed=_is_managed(host, found),
    )


def _is_managed(host: Host, found: _Found) -> bool:
    """PEP 668's mark stands in the installation; a virtual environment is free of it."""
    return found.layout.kind != "venv" and is_externally_managed(host, prefix_of(host, found.path))


def _ask_all(host: Host, log: Log, paths: list[str]) -> dict[str, _Told | None]:
    answers = side_by_side([partial(_ask, host, log, path) for path in paths])
    return dict(zip(paths, answers, strict=True))


def _ask(host: Host, log: Log, path: str) -> _Told | None:
    question = [path, "-I", "-S", "-c", QUESTION]
    completed = host.run(question, timeout=min(ASK_SECONDS, log.seconds_left), lasting=True)
    told = parse_told(completed.stdout)
    if told is None:
        log.unreadable("pythons", path, explain(completed))
    return told


# mlenv-python:{"version":"3.11.2","implementation":"cpython","bits":64,"free_threaded":false}
def parse_told(stdout: str) -> _Told | None:
    """What an interpreter answered; None for anything else."""
    text = find_answer(stdout, MARKER)
    try:
        return decode_json(text, _Told) if text is not None else None
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
