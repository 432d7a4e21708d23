"""conda's own list of what it installed: one record a package in ``conda-meta``."""

from __future__ import annotations

from mlenv.facts.environment import CondaPackage
from mlenv.facts.pattern import lazy
from mlenv.probe.environments.distributions import plain_url
from mlenv.probe.log import Log
from mlenv.probe.paths import join
from mlenv.system.host import Host

# A record lists every file of its package; the channel stands near its beginning.
HEAD_BYTES = 4096
_NAME = lazy(r"([^/\\]+)-([^-/\\]+)-([^-/\\]+)\.json")
_CHANNEL = lazy(r'"channel"\s{0,8}:\s{0,8}"([^"\n]*)"')
_PLATFORM = lazy(r"noarch|(?:linux|osx|win|emscripten|wasi|freebsd|zos)-\w+")


def read_conda_packages(host: Host, log: Log, folder: str) -> tuple[CondaPackage, ...] | None:
    """The packages of conda, sorted by name; None where there are no records."""
    records = join(host, folder, "conda-meta")
    try:
        names = host.list_directory(records)
    except FileNotFoundError:
        return None
    except OSError as error:
        log.unreadable("environment.conda", records, type(error).__name__)
        return None
    log.found("environment.conda", records)
    found = ((name, parse_record_name(name)) for name in names)
    packages = [_with_channel(host, join(host, records, name), package) for name, package in found if package]
    return tuple(sorted(packages, key=lambda package: (package.name, package.version)))


def _with_channel(host: Host, path: str, package: CondaPackage) -> CondaPackage:
    try:
        head = host.read_bytes(path, HEAD_BYTES).decode("utf-8", "replace")
    except OSError:
        return package
    return CondaPackage(name=package.name, version=package.version, build=package.build, channel=parse_channel(head))


# pytorch-2.5.1-cuda126_py312h1a2b3c4_303.json
def parse_record_name(name: str) -> CondaPackage | None:
    """The package that a record is named after."""
    match = _NAME.fullmatch(name)
    return CondaPackage(name=match[1].lower(), version=match[2], build=match[3]) if match else None


# > "channel": "https://conda.example.org/conda-forge/linux-64",
def parse_channel(head: str) -> str | None:
    """The channel in a record's beginning: ``conda-forge``, ``pkgs/main``.

    An address loses its host, its platform and the token of a private channel (``/t/<token>/``).
    """
    match = _CHANNEL.search(head)
    if not match:
        return None
    address = plain_url(match[1])
    parts = [part for part in address.partition("://")[2].split("/")[1:] if part] if "://" in address else []
    parts = parts or [part for part in address.split("/") if part and "://" not in address]
    if parts[:1] == ["t"]:
        parts = parts[2:]
    if parts and _PLATFORM.fullmatch(parts[-1]):
        parts = parts[:-1]
    return "/".join(parts) or None
