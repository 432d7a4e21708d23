"""A Python environment as its files show it; nothing of it is imported or run."""

from __future__ import annotations

import re

from mlenv.facts.environment import Distribution, Environment
from mlenv.probe.disk import environment_folder
from mlenv.probe.executable import read_program
from mlenv.probe.interpreter_layout import parse_venv_version
from mlenv.probe.log import Log, names_in, peek
from mlenv.probe.paths import is_windows, join
from mlenv.system.host import Host

MANIFEST = "mlenv-manifest.json"
_LIBRARY = re.compile(r"(?:python|pypy)(\d+\.\d+)t?")
_CONDA_PYTHON = re.compile(r"python-(\d+\.\d+\.\d+\w*)-\S+\.json")
_DIST_INFO = re.compile(r"(?P<name>[^~].*)-(?P<version>\d[^-]*)\.dist-info")
_EGG_INFO = re.compile(r"(?P<name>[^~].*?)-(?P<version>\d[^-]*)(?:-py\d[\d.]*)?\.egg-info")
_SEPARATORS = re.compile(r"[-_.]+")
_ASSIGNMENT = re.compile(r"^(\w+)\s*(?::[^=\n]+)?=\s*(?:'([^'\n]*)'|\"([^\"\n]*)\")\s*$", re.MULTILINE)


def read_environment(host: Host, path: str) -> Environment | None:
    """The environment in a folder, None where the folder holds none.

    ``distributions`` are sorted by name; one that is there twice is listed twice.
    """
    log = Log()
    path = environment_folder(host, path)
    executable = _find_executable(host, path)
    python = _read_python(host, log, path)
    folders = _package_folders(host, path)
    if executable is None and python is None:
        return None
    found = sorted({dist for folder in folders for dist in _read_folder(host, log, folder)}, key=_order)
    manifest = join(host, path, MANIFEST)
    program = read_program(host, executable) if executable else None
    return Environment(
        path=path,
        python=python or _version_of_folder(folders),
        executable=executable,
        bits=program.bits if program else None,
        architecture=program.architecture if program else None,
        distributions=tuple(found),
        manifest=manifest if host.exists(manifest) else None,
        readings=log.readings,
    )


def _order(dist: Distribution) -> tuple[str, str]:
    return dist.name, dist.version


def _find_executable(host: Host, path: str) -> str | None:
    if is_windows(host):
        paths = (join(host, path, "Scripts", "python.exe"), join(host, path, "python.exe"))
    else:
        paths = (join(host, path, "bin", "python"), join(host, path, "bin", "python3"))
    return next((candidate for candidate in paths if host.exists(candidate)), None)


def _read_python(host: Host, log: Log, path: str) -> str | None:
    """The interpreter's version, from pyvenv.cfg or from conda's records."""
    configuration = join(host, path, "pyvenv.cfg")
    version = parse_venv_version(peek(host, configuration) or "")
    if version:
        log.found("environment.python", configuration)
        return version
    records = join(host, path, "conda-meta")
    matches = (_CONDA_PYTHON.fullmatch(name) for name in names_in(host, records))
    version = next((match[1] for match in matches if match), None)
    note = log.found if version else log.absent
    note("environment.python", records if version else configuration)
    return version


def _package_folders(host: Host, path: str) -> list[str]:
    """The folders that packages are installed in, each once (lib64 is often a link to lib)."""
    if is_windows(host):
        return [join(host, path, "Lib", "site-packages")]
    folders = [
        join(host, path, library, name, "site-packages")
        for library in ("lib", "lib64")
        for name in names_in(host, join(host, path, library))
        if _LIBRARY.fullmatch(name)
    ]
    return list({host.real_path(folder): folder for folder in reversed(folders)}.values())


def _version_of_folder(folders: list[str]) -> str | None:
    names = (_LIBRARY.fullmatch(part) for folder in folders for part in folder.split("/"))
    return next((match[1] for match in names if match), None)


def _read_folder(host: Host, log: Log, folder: str) -> list[Distribution]:
    try:
        names = host.list_directory(folder)
    except FileNotFoundError:
        log.absent("environment.distributions", folder)
        return []
    except OSError as error:
        log.unreadable("environment.distributions", folder, type(error).__name__)
        return []
    log.found("environment.distributions", folder)
    # pip renames what it is removing; such a name stays behind where it was interrupted.
    left = ", ".join(name for name in names if name.startswith("~"))
    if left:
        log.found("environment.leftovers", folder, left)
    found = (parse_metadata_name(name) for name in names)
    return [_with_build(host, folder, dist) for dist in found if dist]


# nvidia_cublas_cu12-12.8.4.1.dist-info ; torch-2.9.1+cu128.dist-info ; PyYAML-5.1-py3.8.egg-info
def parse_metadata_name(name: str) -> Distribution | None:
    """The distribution that a metadata folder is named after; None for any other name."""
    match = _DIST_INFO.fullmatch(name) or _EGG_INFO.fullmatch(name)
    return Distribution(name=normalise(match["name"]), version=match["version"]) if match else None


def normalise(name: str) -> str:
    """A distribution's name as PEP 503 compares it: lower case, hyphens."""
    return _SEPARATORS.sub("-", name).lower()


def _with_build(host: Host, folder: str, dist: Distribution) -> Distribution:
    """The build of torch, which it states in a file of its own; the default index's version does not."""
    if dist.name != "torch":
        return dist
    text = peek(host, join(host, folder, "torch", "version.py"))
    build = parse_torch_build(text) if text is not None else None
    return Distribution(name=dist.name, version=dist.version, build=build)


# > __version__ = '2.9.1+cu128'
# > cuda: Optional[str] = '12.8'
# > hip: Optional[str] = None
def parse_torch_build(text: str) -> str | None:
    """``cu128``, ``rocm6.4``, ``xpu`` or ``cpu``; None where the text is no torch/version.py."""
    values = {match[1]: match[2] or match[3] or "" for match in _ASSIGNMENT.finditer(text)}
    if "__version__" not in values:
        return None
    if values.get("cuda"):
        return "cu" + "".join(values["cuda"].split(".")[:2])
    release = values.get("rocm") or values.get("hip")
    if release:
        return "rocm" + ".".join(release.split(".")[:2])
    return "xpu" if values.get("xpu") else "cpu"
