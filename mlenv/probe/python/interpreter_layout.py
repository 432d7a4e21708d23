"""What the place of a Python interpreter says about it, without running it."""

from __future__ import annotations

import re

import msgspec

from mlenv.facts.pattern import lazy
from mlenv.facts.python import PythonKind
from mlenv.probe.log import names_in, peek
from mlenv.probe.paths import base_name, is_windows, join, parent
from mlenv.system.host import Host

_PYENV = lazy(r"[/\\](?:\.pyenv|pyenv-win|pyenv)[/\\]versions[/\\]([^/\\]+)")
_PYENV_VERSION = lazy(r"(\d+\.\d+\.\d+\w*?)(t?)")
_UV = lazy(r"(cpython|pypy|graalpy|pyodide)-(\d+\.\d+\.\d+\w*?)(\+[\w+]+)?-(?:linux|macos|windows)\S*")
_CONDA = lazy(r"python-(\d+\.\d+\.\d+\w*)-(\S+)\.json")
_HOMEBREW = lazy(r"/Cellar/python(?:@[\d.]+|-freethreading)?/(\d+\.\d+\.\d+)")
_THREADED_NAME = lazy(r"\\python3\.\d{1,3}t\.exe$")
_THREADED_BUILD = lazy(r"cp\d+t")
_VENV_VERSION = lazy(r"^version(?:_info)?\s*=\s*(\d+\.\d+(?:\.\d+)?(?:(?:a|b|rc)\d+)?)", re.MULTILINE)
# The Microsoft Store's own places of its Pythons; the plain python.exe beside them may be the offer to install one.
_STORE = lazy(r".*\\WindowsApps\\PythonSoftwareFoundation\.Python\.3\.\d{1,3}_\w+\\python[\d.]*\.exe")
_APPLE_STUBS = ("/usr/bin/python3", "/usr/bin/pip3")
_APPLE_TOOLS = ("/Library/Developer/CommandLineTools/usr/bin/python3", "/Applications/Xcode.app")
_STANDARD_LIBRARY = lazy(r"(?:python|pypy)\d+\.\d+t?")


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """What the place says; ``version`` is None where the interpreter itself has to be asked."""

    kind: PythonKind
    version: str | None = None
    implementation: str = "cpython"
    free_threaded: bool = False


def prefix_of(host: Host, path: str) -> str:
    """The folder that an interpreter is installed in."""
    folder = parent(host, path)
    return folder if is_windows(host) and base_name(host, folder).lower() != "scripts" else parent(host, folder)


def read_layout(host: Host, real_path: str) -> Layout:
    """Kind and version of the interpreter at a path without links."""
    prefix = prefix_of(host, real_path)
    conda = _read_conda(host, prefix)
    if conda:
        return conda
    for parse in (parse_uv, parse_pyenv, parse_homebrew):
        layout = parse(real_path)
        if layout:
            return layout
    # On Windows only the name says it before Python 3.14; https://docs.python.org/3/library/sys.html#sys.abiflags
    threaded = bool(_THREADED_NAME.search(real_path))
    is_system = prefix == "/usr" or real_path.startswith(("/bin/", "/Library/Developer/", "/Applications/Xcode"))
    return Layout(kind="system" if is_system else "other", free_threaded=threaded)


# ~/miniforge3/conda-meta/python-3.12.4-h194c7f8_0_cpython.json
def _read_conda(host: Host, prefix: str) -> Layout | None:
    for name in names_in(host, join(host, prefix, "conda-meta")):
        match = _CONDA.fullmatch(name)
        if match:
            pypy = "pypy" in match[2]
            threaded = bool(_THREADED_BUILD.search(match[2]))
            # The package python of a PyPy environment has PyPy's language version.
            implementation = "pypy" if pypy else "cpython"
            return Layout(kind="conda", version=match[1], implementation=implementation, free_threaded=threaded)
    return None


# ~/.local/share/uv/python/cpython-3.13.1+freethreaded-linux-x86_64-gnu/bin/python3.13t
def parse_uv(path: str) -> Layout | None:
    """What uv's name of a folder says: it is made of implementation, version, build and platform."""
    # Compiling a pattern costs more than looking for a word that each of its matches holds.
    parts = path.replace("\\", "/").split("/") if "-" in path else ()
    for part in parts:
        match = _UV.fullmatch(part) if part.count("-") > 2 else None
        if match:
            threaded = "freethreaded" in (match[3] or "")
            return Layout(kind="uv", version=match[2], implementation=match[1], free_threaded=threaded)
    return None


# ~/.pyenv/versions/3.13.0t/bin/python3.13t ; ~/.pyenv/versions/pypy3.10-7.3.17/bin/pypy3.10
def parse_pyenv(path: str) -> Layout | None:
    """What pyenv's name of a folder says: the version, save for PyPy, whose own number comes too."""
    match = _PYENV.search(path) if "pyenv" in path else None
    if not match:
        return None
    version = _PYENV_VERSION.fullmatch(match[1])
    if version:
        return Layout(kind="pyenv", version=version[1], free_threaded=bool(version[2]))
    return Layout(kind="pyenv")


# /opt/homebrew/Cellar/python@3.12/3.12.4/Frameworks/Python.framework/Versions/3.12/bin/python3.12
def parse_homebrew(path: str) -> Layout | None:
    """Homebrew keeps each version in a folder of its name."""
    match = _HOMEBREW.search(path) if "/Cellar/" in path else None
    if not match:
        return None
    return Layout(kind="homebrew", version=match[1], free_threaded="python-freethreading" in path)


def is_store_alias(host: Host, path: str) -> bool:
    """Whether this stands for a Python from Microsoft's Store: such a file can be started and not be opened."""
    return is_windows(host) and bool(_STORE.fullmatch(path))


def is_apple_stub(host: Host, path: str) -> bool:
    """Whether this is a program of macOS that asks in a window to install the developer tools."""
    is_stub = host.identity.system == "macos" and path in _APPLE_STUBS
    return is_stub and not any(host.exists(tool) for tool in _APPLE_TOOLS)


def read_venv_version(host: Host, folder: str) -> str | None:
    """The Python of a virtual environment, None where the folder is none."""
    text = peek(host, join(host, folder, "pyvenv.cfg"))
    return None if text is None else parse_venv_version(text) or ""


# home = /usr/bin
# version_info = 3.11.7.final.0
def parse_venv_version(text: str) -> str | None:
    """The version in pyvenv.cfg, which venv, virtualenv and uv each write in their way."""
    match = _VENV_VERSION.search(text)
    return match[1] if match else None


def is_externally_managed(host: Host, prefix: str) -> bool:
    """Whether the mark of PEP 668 lies beside the standard library."""
    if is_windows(host):
        return host.exists(join(host, prefix, "Lib", "EXTERNALLY-MANAGED"))
    folders = (join(host, prefix, name) for name in ("lib", "lib64"))
    return any(
        host.exists(join(host, folder, name, "EXTERNALLY-MANAGED"))
        for folder in folders
        for name in names_in(host, folder)
        if _STANDARD_LIBRARY.fullmatch(name)
    )
