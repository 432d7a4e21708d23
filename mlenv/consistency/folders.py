"""The environment's own folders of packages, and what in an environment is its own."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.pattern import lazy
from mlenv.system.host import Host

_LIBRARY = lazy(r"(?:python|pypy)(\d+\.\d+)t?")


def beside(folder: str, *names: str) -> str:
    """A path below a folder, with the separator that the folder is written with."""
    separator = "\\" if "\\" in folder else "/"
    return separator.join((folder.rstrip("/\\"), *names))


def parent(path: str) -> str:
    """The folder that holds a path."""
    return path[: max(path.rfind("/"), path.rfind("\\"), 0)]


def base_name(path: str) -> str:
    """The last part of a path."""
    return path[max(path.rfind("/"), path.rfind("\\")) + 1 :]


def is_below(path: str, folder: str) -> bool:
    """Whether a path lies in a folder."""
    return path.startswith(folder.rstrip("/\\")) and path[len(folder.rstrip("/\\")) :][:1] in ("/", "\\")


def is_own(dist: Distribution, environment: Environment) -> bool:
    """Whether a distribution lies in the environment itself, and not in what it looks into besides."""
    return dist.path is not None and is_below(dist.path, environment.path)


def names_in(host: Host, folder: str) -> list[str]:
    """The names in a folder; empty where it cannot be listed."""
    try:
        return host.list_directory(folder)
    except OSError:
        return []


def read_text(host: Host, path: str) -> str | None:
    """The text of a file; None where it cannot be read."""
    try:
        return host.read_text(path)
    except OSError:
        return None


def package_folders(host: Host, environment: Environment) -> tuple[str, ...]:
    """The environment's own folders of packages, each once."""
    own = (parent(dist.path) for dist in environment.distributions if dist.path and is_own(dist, environment))
    found: dict[str, str] = {}
    for folder in (*own, *_usual_folders(host, environment)):
        found.setdefault(host.real_path(folder), folder)
    return tuple(found.values())


def library_folders(host: Host, environment: Environment) -> list[str]:
    """The folders of the standard library that the environment itself has."""
    release = ".".join((environment.python or "").split(".")[:2])
    found = [beside(environment.path, "Lib")] if names_in(host, beside(environment.path, "Lib")) else []
    for library in ("lib", "lib64"):
        folder = beside(environment.path, library)
        for name in names_in(host, folder):
            match = _LIBRARY.fullmatch(name)
            if match and release in ("", match[1]):
                found.append(beside(folder, name))
    return found


def _usual_folders(host: Host, environment: Environment) -> Iterator[str]:
    for library in library_folders(host, environment):
        folder = beside(library, "site-packages")
        if host.exists(folder):
            yield folder
