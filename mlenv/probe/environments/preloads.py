"""What a framework's own Python code loads before the dynamic loader is asked.

The code of the installed version is read, since it changed often:
torch/__init__.py (``_load_global_deps``, https://github.com/pytorch/pytorch/issues/138460) and
jax_plugins/xla_cuda*/__init__.py (``_load_nvidia_libraries``).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mlenv.facts.pattern import lazy
from mlenv.probe.environments.loader import Process
from mlenv.probe.log import names_in
from mlenv.system.host import Host

_TORCH_PAIR = lazy(r"[\"'](\w{1,40})[\"'][,:]\s{0,20}[\"'](lib[\w-]{1,40}\.so\.)\*\[0-9\][\"']")
_JAX_CALL = lazy(r"_load\([\"'](\w{1,40})[\"'],\s{0,20}\[([^\]\n]{0,400})\]\)")
_QUOTED = lazy(r"[\"']([^\"'\n]+)[\"']")

Preload = tuple[str, str]


class TorchPreloads(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs of a folder in ``nvidia`` and the beginning of a file's name.

    ``failed`` is loaded where torch's first library cannot be, ``after`` once it is loaded.
    """

    failed: tuple[Preload, ...] = ()
    after: tuple[Preload, ...] = ()


# > ("cublas", "libcublas.so.*[0-9]"),
# > _preload_cuda_deps("nvjitlink", "libnvJitLink.so.*[0-9]")
def parse_torch_preloads(text: str) -> TorchPreloads:
    """What torch/__init__.py loads by itself; nothing where it is of another form."""
    before, _, rest = text.partition("/proc/self/maps")
    loaded, _, failed = rest.partition("except OSError")
    listed = (*_find_pairs(before), *_find_pairs(failed))
    return TorchPreloads(failed=listed, after=listed if "_preload_cuda_deps()" in loaded else _find_pairs(loaded))


def _find_pairs(text: str) -> tuple[Preload, ...]:
    return tuple((match[1], match[2]) for match in _TORCH_PAIR.finditer(text))


# > _load("cublas", ["libcublas.so.12", "libcublasLt.so.12"])
def parse_jax_preloads(text: str) -> tuple[Preload, ...]:
    """Pairs of a folder in ``nvidia`` and a library, in their order."""
    calls = _JAX_CALL.finditer(text)
    return tuple((call[1], library) for call in calls for library in _QUOTED.findall(call[2]))


def preload_for_torch(
    host: Host, process: Process, folders: Iterable[str], preloads: tuple[Preload, ...], cuda_major: str
) -> None:
    """Load the first file of each pair on Python's path; torch gives up at the first that is nowhere."""
    places = list(folders)
    for folder, start in preloads:
        below = (f"nvidia/{folder}", f"nvidia/cu{cuda_major}", folder)
        found = (_find_library(host, f"{place}/{name}/lib", start) for place in places for name in below)
        path = next((path for path in found if path), None)
        if path is None:
            return
        process.open_file(path, "preload")


def preload_for_jax(host: Host, process: Process, folders: Iterable[str], preloads: tuple[Preload, ...]) -> None:
    """Load each library that lies in the first of NVIDIA's folders of that name on Python's path."""
    places = list(folders)
    for module, library in preloads:
        place = next((place for place in places if host.exists(f"{place}/nvidia/{module}")), None)
        path = f"{place}/nvidia/{module}/lib/{library}"
        if place is not None and host.exists(path):
            process.open_file(path, "preload")


def _find_library(host: Host, folder: str, start: str) -> str | None:
    """A library whose name is such a beginning and a number."""
    names = (name for name in names_in(host, folder) if name.startswith(start) and name[-1:].isdigit())
    name = next(names, None)
    return f"{folder}/{name}" if name else None
