"""The ROCm user space: every installed release, and the one in use."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.drivers import Rocm, RocmRelease
from mlenv.facts.pattern import lazy
from mlenv.probe.log import Log, names_in, peek
from mlenv.probe.paths import base_name, is_windows, join
from mlenv.system.host import Host

MODULE_VERSION = "/sys/module/amdgpu/version"
MODULE = "/sys/module/amdgpu"
FOLDER = "/opt/rocm"
WINDOWS_FOLDER = "C:\\Program Files\\AMD\\ROCm"
_VARIABLES = ("ROCM_PATH", "ROCM_HOME", "HIP_PATH")
# The newest packages write only the first; the others stay behind where a release was updated.
_VERSION_FILES = ("version", "version-dev", "version-rocm")
# Distributions install ROCm's libraries among their own, without a file that names the release.
_DISTRIBUTION_PROGRAMS = ("/usr/bin/rocminfo", "/usr/bin/hipconfig", "/usr/bin/rocm_agent_enumerator")
_DISTRIBUTION_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib64")
_RELEASE = lazy(r"[0-9]{1,4}\.[0-9]{1,4}(?:\.[0-9]{1,4})?(?![0-9])")
_LIBRARY = lazy(r"libamdhip64\.so\.([0-9]{1,4}\.[0-9]{1,4})\.[0-9]{1,9}(?:-\w{1,40})?")


def read_rocm(host: Host, log: Log) -> Rocm | None:
    """What is installed of ROCm; None where there is neither a release nor a driver of AMD's own."""
    if host.identity.system == "macos":
        return None
    releases = tuple(_find_releases(host, log))
    driver = None if is_windows(host) else _read_driver(host, log)
    if not releases and driver is None:
        log.absent("rocm.version", _default_folder(host))
        return None
    return Rocm(version=releases[0].version if releases else None, releases=releases, driver=driver)


def _default_folder(host: Host) -> str:
    return WINDOWS_FOLDER if is_windows(host) else FOLDER


def _read_driver(host: Host, log: Log) -> str | None:
    """The version of the module that AMD's packages build; the kernel's own states none."""
    version = (peek(host, MODULE_VERSION) or "").strip()
    if version:
        log.found("rocm.driver", MODULE_VERSION)
    return version or None


def _find_releases(host: Host, log: Log) -> Iterator[RocmRelease]:
    """The releases, the one in use first: that of the variables, then ``/opt/rocm``, then the newest."""
    known: set[str] = set()
    find = _find_windows if is_windows(host) else _find_linux
    for source, release in find(host):
        if release.path not in known:
            known.add(release.path)
            log.found("rocm.version", source, release.version)
            yield release


def _find_linux(host: Host) -> Iterator[tuple[str, RocmRelease]]:
    for folder in _folders(host):
        if found := _read_version(host, folder):
            yield found
    yield from _find_distribution(host)


def _folders(host: Host) -> Iterator[str]:
    yield from (host.environ[name].rstrip("/") for name in _VARIABLES if host.environ.get(name))
    names = names_in(host, "/opt")
    if "rocm" in names:
        yield FOLDER
        # Releases since 7.9 stand side by side below it.
        yield from (f"{FOLDER}/{name}" for name in _newest_first(names_in(host, FOLDER)) if name.startswith("core"))
    yield from (f"/opt/{name}" for name in _newest_first(names) if name.startswith("rocm-"))


def _newest_first(names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: _order(name.rpartition("-")[2]), reverse=True)


def _order(version: str) -> tuple[int, ...]:
    release = parse_release(version)
    return tuple(int(part) for part in release.split(".")) if release else ()


def _read_version(host: Host, folder: str) -> tuple[str, RocmRelease] | None:
    for name in _VERSION_FILES:
        path = f"{folder}/.info/{name}"
        version = parse_release(peek(host, path) or "")
        if version:
            return path, RocmRelease(version=version, path=host.real_path(folder))
    return None


# 6.4.1-83
def parse_release(text: str) -> str | None:
    """The release without the number of its build."""
    match = _RELEASE.match(text.strip())
    return match[0] if match else None


def _find_distribution(host: Host) -> Iterator[tuple[str, RocmRelease]]:
    """Debian's and Fedora's packages: the HIP library carries the release in its file's name."""
    if not any(host.exists(program) for program in _DISTRIBUTION_PROGRAMS):
        return
    for folder in _DISTRIBUTION_FOLDERS:
        for name in names_in(host, folder):
            if version := parse_library(name):
                yield f"{folder}/{name}", RocmRelease(version=version, path="/usr")


# libamdhip64.so.5.7.31921 ; libamdhip64.so.6.4.43484-0
def parse_library(name: str) -> str | None:
    """The release of ROCm from the file name of its HIP library."""
    match = _LIBRARY.fullmatch(name)
    return match[1] if match else None


def _find_windows(host: Host) -> Iterator[tuple[str, RocmRelease]]:
    r"""AMD's SDK for Windows: ``C:\Program Files\AMD\ROCm\6.4\`` says its release in its folder."""
    for variable in ("HIP_PATH", "ROCM_PATH"):
        folder = host.environ.get(variable, "").rstrip("\\/")
        if version := parse_release(base_name(host, folder)):
            yield variable, RocmRelease(version=version, path=folder)
    for name in _newest_first(names_in(host, WINDOWS_FOLDER)):
        if version := parse_release(name):
            yield WINDOWS_FOLDER, RocmRelease(version=version, path=join(host, WINDOWS_FOLDER, name))
