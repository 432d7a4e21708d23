"""The accelerator modules that DKMS builds for each kernel."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.facts.pattern import lazy
from mlenv.facts.system import DkmsModule
from mlenv.probe.log import Log, names_in, peek, try_folder
from mlenv.system.host import Host

FOLDER = "/var/lib/dkms"
SUBJECT = "dkms"
_WANTED = lazy(r"nvidia|amdgpu|gasket|gdrdrv|(?:intel-|backport-)?i915|xe(?:-|$)|intel-gpu")
# In a version's folder beside those of the kernels.
_OTHERS = ("source", "build")
_LOG_HEAD = lazy(r"make\.log for \S{1,200} for kernel (?P<kernel>\S{1,200}) \(")
# A build that fails says so last.
_LOG_END = 64 * 1024
_LOG_ERROR = lazy(r"^# exit code: [1-9]|\berror: |\*\*\* |^Error!|: Error [0-9]", 8)  # 8: re.MULTILINE


class BuildLog(msgspec.Struct, frozen=True, kw_only=True):
    """What the log of a build says: for which kernel, and whether it failed."""

    kernel: str | None = None
    failed: bool = False


def read_dkms(host: Host, log: Log) -> tuple[DkmsModule, ...] | None:
    """A row for each kernel that a module was built for, or failed to be; one without a kernel where there is none."""
    if host.identity.system != "linux":
        log.not_asked(SUBJECT, FOLDER, "only Linux has it")
        return None
    names = try_folder(host, log, SUBJECT, FOLDER)
    if not names:
        return None if names is None else ()
    rows = tuple(row for name in names if _WANTED.match(name) for row in _read_module(host, name))
    if rows:
        log.found(SUBJECT, FOLDER, ", ".join(dict.fromkeys(f"{row.name} {row.version}" for row in rows)))
    else:
        log.absent(SUBJECT, FOLDER, "no module of an accelerator")
    return rows


def _read_module(host: Host, name: str) -> Iterator[DkmsModule]:
    names = names_in(host, f"{FOLDER}/{name}")
    # kernel-6.8.0-45-generic-x86_64 is a link to the build that is installed for that kernel.
    links = [host.real_path(f"{FOLDER}/{name}/{link}") for link in names if link.startswith("kernel-")]
    for version in names:
        if not version.startswith(("kernel-", "original_module")):
            yield from _read_version(host, name, version, links)


def _read_version(host: Host, name: str, version: str, installed: list[str]) -> Iterator[DkmsModule]:
    folder = f"{FOLDER}/{name}/{version}"
    if not host.exists(f"{folder}/source"):
        yield DkmsModule(name=name, version=version, state="broken")
        return
    rows = [
        DkmsModule(name=name, version=version, kernel=kernel, state=state)
        for kernel in names_in(host, folder)
        if kernel not in _OTHERS
        for state in _find_states(host, folder, kernel, installed)
    ]
    failed = parse_build_log(peek(host, f"{folder}/build/make.log") or "")
    if failed.failed and failed.kernel not in {row.kernel for row in rows}:
        rows.append(DkmsModule(name=name, version=version, kernel=failed.kernel, state="broken"))
    yield from rows or [DkmsModule(name=name, version=version, state="added")]


def _find_states(host: Host, folder: str, kernel: str, installed: list[str]) -> Iterator[str]:
    """Old releases of DKMS leave a link ``<kernel>-<architecture>`` beside the folder, which holds no build."""
    for architecture in names_in(host, f"{folder}/{kernel}"):
        if names_in(host, f"{folder}/{kernel}/{architecture}/module"):
            end = f"{folder.removeprefix(FOLDER)}/{kernel}/{architecture}"
            yield "installed" if any(link.endswith(end) for link in installed) else "built"


# DKMS make.log for nvidia-570.86.15 for kernel 6.8.0-45-generic (x86_64)
# Tue Mar  4 10:11:12 UTC 2025
# make[1]: *** [Makefile:1652: /var/lib/dkms/nvidia/570.86.15/build] Error 2
def parse_build_log(text: str) -> BuildLog:
    """Kernel and outcome of a build; its folder stays only where it failed or still runs."""
    head = _LOG_HEAD.search(text[:1000])
    return BuildLog(kernel=head["kernel"] if head else None, failed=bool(_LOG_ERROR.search(text[-_LOG_END:])))
