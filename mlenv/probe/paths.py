"""Paths of the probed machine, which need not be the one that mlenv runs on."""

from __future__ import annotations

from mlenv.facts.pattern import lazy
from mlenv.system.host import Host

_WINDOWS_DRIVE = lazy(r"^/mnt/[a-z](/|$)")


def is_windows(host: Host) -> bool:
    """Whether the probed machine runs Windows."""
    return host.identity.system == "windows"


def join(host: Host, folder: str, *names: str) -> str:
    """A path below a folder, with the machine's own separator."""
    if is_windows(host):
        return "\\".join((folder.rstrip("\\/"), *names))
    return "/".join((folder.rstrip("/"), *names))


def parent(host: Host, path: str) -> str:
    """The folder that holds a path; the root is its own parent."""
    cut = path.rfind("/")
    if is_windows(host):
        cut = max(cut, path.rfind("\\"))
        return path[:cut] if cut > 2 else path[:2] + "\\"
    return path[:cut] if cut > 0 else "/"


def base_name(host: Host, path: str) -> str:
    """The last part of a path."""
    name = path.rsplit("/", 1)[-1]
    return name.rsplit("\\", 1)[-1] if is_windows(host) else name


def is_absolute(host: Host, path: str) -> bool:
    """Whether a path says by itself where it is."""
    if is_windows(host):
        return path[1:3] in (":\\", ":/") or path[:2] in ("\\\\", "//")
    return path.startswith("/")


def expand(host: Host, path: str) -> str:
    """A path with ``~`` replaced by the user's home folder."""
    if path == "~":
        return host.home
    return join(host, host.home, path[2:]) if path[:2] in ("~/", "~\\") else path


def search_path(host: Host) -> list[str]:
    """The folders of ``PATH`` in order, each once.

    Windows folders seen from WSL are left out: each look costs a millisecond there, and what is
    in them does not run in Linux environments.
    """
    separator = ";" if is_windows(host) else ":"
    folders = [folder.strip('"') for folder in host.environ.get("PATH", "").split(separator)]
    if "microsoft" in host.identity.release.lower():
        folders = [folder for folder in folders if not _WINDOWS_DRIVE.match(folder)]
    return list(dict.fromkeys(folder for folder in folders if folder and is_absolute(host, folder)))


def find_program(host: Host, name: str) -> str | None:
    """The first file of that name on ``PATH``."""
    file_name = f"{name}.exe" if is_windows(host) else name
    paths = (join(host, folder, file_name) for folder in search_path(host))
    return next((path for path in paths if host.exists(path)), None)
