"""The dynamic loader of glibc, followed on paper: which file it takes for the name of a library.

The rules are those of ld.so(8) (https://man7.org/linux/man-pages/man8/ld.so.8.html).  Left out are
the subfolders for better processors (``glibc-hwcaps``), which hold no library of CUDA or ROCm.
"""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from mlenv.facts.environment import LoaderWay
from mlenv.probe.environments.elf import Dynamic, parse_dynamic
from mlenv.probe.paths import parent
from mlenv.system.host import Host

if TYPE_CHECKING:
    from mlenv.probe.host.linker_cache import LinkerCache

# Every framework's libraries together are fewer.
MAX_LIBRARIES = 400
# Libraries of the C and C++ runtime: they ask for nothing that matters here.
_PLAIN = ("libc.so", "libm.so", "libdl.so", "libpthread.so", "librt.so", "libstdc++.so", "libgcc_s.so", "ld-linux")
_TRIPLETS = {"x86_64": "x86_64-linux-gnu", "aarch64": "aarch64-linux-gnu", "ppc64le": "powerpc64le-linux-gnu"}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The file that was taken for a name, and how the loader came to it; no path where there is none."""

    path: str | None = None
    way: LoaderWay | None = None


class Library(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was loaded, what it asks for, and the one that asked for it."""

    path: str
    dynamic: Dynamic | None = None
    asked_by: Library | None = None


class LoaderSettings:
    """What holds for every process of this machine: the caches and the folders of the loader.

    ``working_directory`` is what an empty part of ``LD_LIBRARY_PATH`` means.
    """

    def __init__(self, host: Host, executable: str | None = None, working_directory: str | None = None) -> None:
        self.host = host
        self._cache: LinkerCache | None = None
        self._parsed: dict[str, Dynamic | None] = {}
        variable = host.environ.get("LD_LIBRARY_PATH", "")
        parts = variable.replace(";", ":").split(":") if variable else []
        self.library_path = [part or working_directory or "." for part in parts]
        triplet = _TRIPLETS.get(host.identity.machine)
        by_triplet = (f"/lib/{triplet}", f"/usr/lib/{triplet}") if triplet else ()
        self.default_path = [*by_triplet, "/lib64", "/usr/lib64", "/lib", "/usr/lib"]
        self.lib = f"lib/{triplet}" if triplet and host.exists(f"/lib/{triplet}") else "lib64"
        real_path = host.real_path(executable) if executable else None
        self.program = Library(path=real_path, dynamic=self.parse(real_path)) if real_path else None

    def parse(self, path: str) -> Dynamic | None:
        """What a file asks for; None for one that cannot be read, and for other files than ELF."""
        if path not in self._parsed:
            try:
                self._parsed[path] = parse_dynamic(lambda offset, size: self.host.read_bytes(path, size, offset))
            except OSError:
                self._parsed[path] = None
        return self._parsed[path]

    def find_cached(self, soname: str) -> str | None:
        """The file that the loader's cache has for a name."""
        if self._cache is None:
            from mlenv.probe.host.linker_cache import read_linker_cache

            self._cache = read_linker_cache(self.host)
        return self._cache.find(soname)


class Process:
    """One process, and the libraries that were loaded into it in their order.

    The first file of a name stays: a later library that asks for the name gets that one.
    """

    def __init__(self, settings: LoaderSettings) -> None:
        self.loaded: dict[str, Found] = {}
        self._settings = settings
        self._libraries: dict[str, Library] = {}

    def open_file(self, path: str, way: LoaderWay | None = None) -> tuple[str, ...]:
        """Load a file of the process's own choice with all it needs; the names that were not found."""
        library = Library(path=path, dynamic=self._settings.parse(path))
        name = (library.dynamic.soname if library.dynamic else None) or posixpath.basename(path)
        if name in self.loaded and self.loaded[name].path is not None:
            return ()
        self.loaded[name] = Found(path=path, way=way)
        return self._load(library)

    def open_name(self, soname: str, opener: str | None) -> None:
        """Load what ``dlopen`` gives a loaded library that asks for a name."""
        queue: deque[Library] = deque()
        self._load_name(soname, self._libraries.get(opener or ""), queue)
        for library in queue:
            self._load(library)

    def _load(self, first: Library) -> tuple[str, ...]:
        """Everything that a library needs, breadth first as the loader goes; the names without a file."""
        queue, missing = deque([first]), []
        while queue and len(self._libraries) < MAX_LIBRARIES:
            library = queue.popleft()
            self._libraries[library.path] = library
            needed = [name for name in library.dynamic.needed if not name.startswith(_PLAIN)] if library.dynamic else []
            missing += [name for name in needed if not self._load_name(name, library, queue)]
        return tuple(missing)

    def _load_name(self, soname: str, asking: Library | None, queue: deque[Library]) -> bool:
        """Whether there is a file for a name; a new one is put into the queue."""
        known = self.loaded.get(soname)
        if known is None:
            known = self.loaded[soname] = self._search(soname, asking)
            if known.path is not None and known.path not in self._libraries:
                queue.append(Library(path=known.path, dynamic=self._settings.parse(known.path), asked_by=asking))
        return known.path is not None

    def _search(self, soname: str, asking: Library | None) -> Found:
        """The file for a name, by the rules of the loader in their order."""
        if "/" in soname:
            return Found(path=soname, way="default") if self._settings.host.exists(soname) else Found()
        for folder, way in self._folders(asking):
            path = posixpath.normpath(posixpath.join(folder, soname))
            if self._settings.host.exists(path) and self._fits(path, asking):
                return Found(path=path, way=way)
        cached = self._settings.find_cached(soname)
        if cached is not None and self._settings.host.exists(cached):
            return Found(path=cached, way="cache")
        paths = (posixpath.join(folder, soname) for folder in self._settings.default_path)
        there = next((path for path in paths if self._settings.host.exists(path) and self._fits(path, asking)), None)
        return Found(path=there, way="default") if there else Found()

    def _folders(self, asking: Library | None) -> Iterator[tuple[str, LoaderWay]]:
        """The folders before the cache."""
        runpath = asking.dynamic.runpath if asking and asking.dynamic else None
        if runpath is None:
            for folder in self._inherited(asking):
                yield folder, "rpath"
        for folder in self._settings.library_path:
            yield folder, "ld-library-path"
        if asking is not None and runpath is not None:
            for folder in self._expand(runpath, asking):
                yield folder, "runpath"

    def _inherited(self, asking: Library | None) -> Iterator[str]:
        """DT_RPATH of the library, of those that asked for it, and of the program; each without a DT_RUNPATH."""
        chain, library = [], asking
        while library is not None:
            chain.append(library)
            library = library.asked_by
        program = self._settings.program
        for item in (*chain, *([program] if program else [])):
            if item.dynamic and item.dynamic.rpath and item.dynamic.runpath is None:
                yield from self._expand(item.dynamic.rpath, item)

    def _expand(self, folders: str, library: Library) -> list[str]:
        """The folders of a DT_RPATH or DT_RUNPATH with the loader's variables replaced."""
        values = {
            "ORIGIN": parent(self._settings.host, library.path),
            "LIB": self._settings.lib,
            "PLATFORM": self._settings.host.identity.machine,
        }
        for name, value in values.items():
            folders = folders.replace(f"${{{name}}}", value).replace(f"${name}", value)
        return [folder for folder in folders.split(":") if folder]

    def _fits(self, path: str, asking: Library | None) -> bool:
        """Whether a file is of the same architecture; the loader passes over others."""
        other = (asking or self._settings.program or Library(path="")).dynamic
        own = self._settings.parse(path)
        return own is None or other is None or (own.bits, own.machine) == (other.bits, other.machine)
