"""Libraries of the system that frameworks may load: cuDNN, NCCL, TensorRT and their kin."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.drivers import Library
from mlenv.facts.pattern import lazy
from mlenv.probe.host.linker_cache import LINKER_CACHE, read_linker_cache
from mlenv.probe.log import Log, names_in, peek
from mlenv.probe.paths import base_name, is_absolute, is_windows, join, parent, search_path
from mlenv.system.host import Host

SUBJECT = "libraries"
MOST_FOLDERS = 64
# The beginning of a file's name, and the library's.
_NAMES = {
    "libcudnn": "cudnn",
    "libnccl": "nccl",
    "libnvinfer": "tensorrt",
    "libcudart": "cudart",
    "libcublas": "cublas",
    "libcublasLt": "cublaslt",
    "libcufft": "cufft",
    "libcurand": "curand",
    "libcusolver": "cusolver",
    "libcusparse": "cusparse",
    "libcusparseLt": "cusparselt",
    "libnvrtc": "nvrtc",
    "libnvJitLink": "nvjitlink",
    "libcupti": "cupti",
    "libMIOpen": "miopen",
    "librocblas": "rocblas",
    "libhipblaslt": "hipblaslt",
    "librccl": "rccl",
    "libamdhip64": "hip",
}
_STARTS = tuple(f"{start}.so" for start in _NAMES)
_LONGEST_VERSION = 50
_DLL = lazy(
    r"(?i)(cudnn|cudart|cublas|cublaslt|cufft|curand|cusolver|cusparse|nvrtc|nvjitlink|cupti|nvinfer)"
    r"(?:64)?(?:_[0-9.]{1,12}){0,2}\.dll"
)
# In which header a library states its version, and how its lines begin.
_HEADERS = {"cudnn": ("cudnn_version.h", "CUDNN"), "nccl": ("nccl.h", "NCCL")}
_NUMBER = lazy(r"^#define[ \t]+([A-Z]{1,20})_(MAJOR|MINOR|PATCHLEVEL|PATCH)[ \t]+([0-9]{1,6})\b", 8)  # 8: re.MULTILINE
_CUDNN_FOLDER = lazy(r"(?i)[\\/]CUDNN[\\/]v([0-9]{1,4}\.[0-9]{1,4}(?:\.[0-9]{1,4})?)(?:[\\/]|$)")
_SYSTEM_FOLDERS = ("/usr/lib64", "/usr/lib", "/usr/local/lib")
_WINDOWS_WORDS = ("cuda", "cudnn", "nvidia", "tensorrt")


def read_libraries(host: Host, log: Log) -> tuple[Library, ...] | None:
    """The files in the order in which the dynamic linker would come upon them, each real file once."""
    if host.identity.system == "macos":
        log.not_asked(SUBJECT, "macos", "none of them exists for it")
        return None
    found: dict[str, Library] = {}
    for source, libraries in _read_windows(host) if is_windows(host) else _read_linux(host):
        fresh = {library.path: library for library in libraries if library.path not in found}
        found.update(fresh)
        if fresh:
            names = dict.fromkeys(f"{item.name} {item.version or ''}".strip() for item in fresh.values())
            log.found(SUBJECT, source, ", ".join(names))
    if not found:
        log.absent(SUBJECT, "PATH" if is_windows(host) else LINKER_CACHE, "none of the system")
    return tuple(found.values())


def _read_linux(host: Host) -> Iterator[tuple[str, list[Library]]]:
    """Each source and what it holds.  The cache knows the system's own folders, so they need no listing beside it."""
    own = [folder for folder in host.environ.get("LD_LIBRARY_PATH", "").split(":") if is_absolute(host, folder)]
    for folder in list(dict.fromkeys(own))[:MOST_FOLDERS]:
        yield folder, _list_folder(host, folder)
    cache = read_linker_cache(host)
    files = [path for name, paths in cache.starting(_STARTS).items() if split_name(name) for path in paths[:1]]
    if files:
        yield LINKER_CACHE, [_describe(host, path) for path in sorted(files)]
    for folder in (*_vendor_folders(host), *(() if cache else (*_multiarch_folders(host), *_SYSTEM_FOLDERS))):
        yield folder, _list_folder(host, folder)


def _vendor_folders(host: Host) -> Iterator[str]:
    for name in names_in(host, "/usr/local"):
        if name.startswith("cuda"):
            yield f"/usr/local/{name}/lib64"
    for name in names_in(host, "/opt"):
        if name == "rocm" or name.startswith("rocm-"):
            yield f"/opt/{name}/lib"
        elif name == "cuda":
            yield "/opt/cuda/lib64"


def _multiarch_folders(host: Host) -> tuple[str, ...]:
    return (f"/usr/lib/{host.identity.machine}-linux-gnu",)


def _list_folder(host: Host, folder: str) -> list[Library]:
    return [_describe(host, f"{folder.rstrip('/')}/{name}") for name in pick_files(names_in(host, folder))]


# libcudnn.so.9.8.0 ; libcudart.so.13 ; libnccl.so
def split_name(name: str) -> tuple[str, str] | None:
    """The library's start and its version (empty for none), None for a file of another library."""
    start, mark, rest = name.partition(".so")
    version = rest[1:]
    if not mark or start not in _NAMES or (rest and rest[0] != "."):
        return None
    digits = version.split(".") if version else []
    known = len(version) <= _LONGEST_VERSION and all(part.isascii() and part.isdigit() for part in digits)
    return (start, version) if known and bool(rest) == bool(version) else None


def pick_files(names: list[str]) -> list[str]:
    """Of the names of one library and major version those that say most; a folder has several links to each file."""
    best: dict[tuple[str, str], list[str]] = {}
    numbered: set[str] = set()
    for name in names:
        parts = split_name(name)
        if parts:
            best.setdefault((parts[0], parts[1].partition(".")[0]), []).append(name)
            numbered.update([parts[0]] if parts[1] else [])
    picked = []
    for (library, major), files in best.items():
        most = max(name.count(".") for name in files)
        if major or library not in numbered:
            picked += [name for name in files if name.count(".") == most]
    return picked


def _describe(host: Host, path: str) -> Library:
    real = host.real_path(path)
    parts = split_name(base_name(host, real)) or split_name(base_name(host, path))
    name = _NAMES[parts[0]] if parts else base_name(host, path)
    version = parts[1] if parts and "." in parts[1] else None
    return Library(name=name, path=real, version=version or _read_header(host, name, parent(host, real)))


def _read_header(host: Host, name: str, folder: str) -> str | None:
    """The version in the header that belongs to a library without one in its name."""
    if name not in _HEADERS:
        return None
    header, prefix = _HEADERS[name]
    for include in (join(host, parent(host, folder), "include"), "/usr/include"):
        version = parse_header(peek(host, join(host, include, header)) or "", prefix)
        if version:
            return version
    return None


# #define CUDNN_MAJOR 9
# #define CUDNN_MINOR 8
# #define CUDNN_PATCHLEVEL 0
def parse_header(text: str, prefix: str) -> str | None:
    """The version that a C header of cuDNN or NCCL states."""
    parts: dict[str, str] = {}
    for match in _NUMBER.finditer(text):
        if match[1] == prefix:
            parts.setdefault("PATCH" if match[2] == "PATCHLEVEL" else match[2], match[3])
    if not {"MAJOR", "MINOR"} <= parts.keys():
        return None
    return ".".join(parts[key] for key in ("MAJOR", "MINOR", "PATCH") if key in parts)


def _read_windows(host: Host) -> Iterator[tuple[str, list[Library]]]:
    r"""Folders of PATH that speak of NVIDIA, and where cuDNN's installer puts it: ``CUDNN\v9.8\bin\12.8``."""
    for folder in search_path(host):
        if any(word in folder.lower() for word in _WINDOWS_WORDS):
            yield "PATH", _list_windows(host, folder)
    root = join(host, host.environ.get("PROGRAMFILES") or "C:\\Program Files", "NVIDIA", "CUDNN")
    for version in names_in(host, root):
        binaries = join(host, root, version, "bin")
        for folder in (binaries, *(join(host, binaries, name) for name in names_in(host, binaries) if "." in name)):
            yield root, _list_windows(host, folder)


def _list_windows(host: Host, folder: str) -> list[Library]:
    version = _CUDNN_FOLDER.search(folder)
    libraries = []
    for name in names_in(host, folder):
        match = _DLL.fullmatch(name)
        if match:
            library = match[1].lower().replace("nvinfer", "tensorrt")
            stated = version[1] if version and library == "cudnn" else None
            libraries.append(Library(name=library, path=join(host, folder, name), version=stated))
    return libraries
