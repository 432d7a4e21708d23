"""Installed CUDA toolkits."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.facts.drivers import CudaToolkit
from mlenv.facts.pattern import lazy
from mlenv.facts.version import numbers
from mlenv.probe.answers import explain
from mlenv.probe.log import Log, names_in, peek
from mlenv.probe.paths import find_program, is_windows, join, parent
from mlenv.system.host import Host
from mlenv.typed import decode_json

WINDOWS_FOLDER = "C:\\Program Files\\NVIDIA GPU Computing Toolkit\\CUDA"
_VARIABLES = ("CUDA_HOME", "CUDA_PATH", "CUDA_ROOT")
_TEXT_VERSION = lazy(r"CUDA Version (\d+\.\d+(?:\.\d+)?)")
_RUNTIME = lazy(r"libcudart\.so\.(\d+\.\d+\.\d+)")
_RELEASE = lazy(r"release (\d+\.\d+)(?:, V(\d+\.\d+\.\d+))?")


class _Component(msgspec.Struct):
    version: str


class _VersionFile(msgspec.Struct):
    cuda: _Component


def read_cuda_toolkits(host: Host, log: Log) -> tuple[CudaToolkit, ...]:
    """The toolkits, newest first, each real folder once."""
    if host.identity.system == "macos":
        log.not_asked("cuda_toolkits", "macos", "NVIDIA has no toolkit for it")
        return ()
    toolkits: dict[str, CudaToolkit] = {}
    for source, folder in _candidates(host):
        path = host.real_path(folder)
        if path not in toolkits and host.exists(path):
            _add(toolkits, log, source, path, _read_version(host, log, path))
    _add_compiler(host, log, toolkits)
    if not toolkits:
        log.absent("cuda_toolkits", WINDOWS_FOLDER if is_windows(host) else "/usr/local/cuda")
    return tuple(sorted(toolkits.values(), key=lambda item: numbers(item.version), reverse=True))


def _candidates(host: Host) -> Iterator[tuple[str, str]]:
    """Each folder that may hold a toolkit, and where its name is from."""
    for name in _VARIABLES:
        if host.environ.get(name):
            yield name, host.environ[name]
    root = WINDOWS_FOLDER if is_windows(host) else "/usr/local"
    prefix = "v" if is_windows(host) else "cuda"
    for name in names_in(host, root):
        if name.startswith(prefix):
            yield root, join(host, root, name)
    if not is_windows(host):
        yield "/opt/cuda", "/opt/cuda"


def _add(toolkits: dict[str, CudaToolkit], log: Log, source: str, path: str, version: str | None) -> None:
    if version:
        log.found("cuda_toolkits", source, f"{version} in {path}")
        toolkits[path] = CudaToolkit(version=version, path=path)


def _add_compiler(host: Host, log: Log, toolkits: dict[str, CudaToolkit]) -> None:
    """The toolkit whose nvcc is on PATH, where it is another one; some nvcc only start a known one."""
    compiler = find_program(host, "nvcc")
    path = parent(host, parent(host, host.real_path(compiler))) if compiler else ""
    if not compiler or path in toolkits:
        return
    version = _read_version(host, log, path)
    if version not in {toolkit.version for toolkit in toolkits.values()}:
        _add(toolkits, log, "nvcc on PATH", path, version)


def _read_version(host: Host, log: Log, folder: str) -> str | None:
    version = parse_version_file(peek(host, join(host, folder, "version.json")) or "")
    if version:
        return version
    match = _TEXT_VERSION.search(peek(host, join(host, folder, "version.txt")) or "")
    if match:
        return match[1]
    runtime = find_runtime(names_in(host, join(host, folder, "lib64")))
    if runtime:
        return runtime
    compiler = join(host, folder, "bin", "nvcc.exe" if is_windows(host) else "nvcc")
    return _ask_compiler(host, log, compiler) if host.exists(compiler) else None


# > {"cuda": {"name": "CUDA SDK", "version": "12.4.1"}, "cuda_cudart": {...}}
def parse_version_file(text: str) -> str | None:
    """The toolkit's own version in its version.json."""
    try:
        return decode_json(text, _VersionFile).cuda.version
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


# libcudart.so.13.0.88
def find_runtime(names: list[str]) -> str | None:
    """The version that the file name of the runtime library carries."""
    matches = (_RUNTIME.fullmatch(name) for name in names)
    return next((match[1] for match in matches if match), None)


def _ask_compiler(host: Host, log: Log, compiler: str) -> str | None:
    completed = host.run([compiler, "--version"], timeout=log.seconds_left, lasting=True)
    version = parse_compiler(completed.stdout)
    if version is None:
        log.unreadable("cuda_toolkits", compiler, explain(completed))
    return version


# Cuda compilation tools, release 11.8, V11.8.89
def parse_compiler(text: str) -> str | None:
    """The version in nvcc's answer."""
    match = _RELEASE.search(text)
    return (match[2] or match[1]) if match else None
