"""System software in two snapshots of a machine: kernel modules, services, libraries, interpreters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.facts.version import numbers
from mlenv.report.environments.change import Change, Verdict, make_change
from mlenv.report.environments.machine_parts import compare_versions, judge_step, tell_change
from mlenv.report.environments.versions import Distance
from mlenv.report.redact import mask_value

_SAME_RELEASE = "the user-space driver and the kernel's module must be of one release"


def compare_kernel_side(before: Machine, after: Machine) -> Iterator[Change]:
    """NVIDIA's kernel module, the one of the next boot, and the services beside it."""
    for subject, attribute, verdict in _NVIDIA:
        states = _nvidia(before, attribute), _nvidia(after, attribute)
        if states[0] and states[1] and states[0] != states[1]:
            yield tell_change(subject, *states, verdict)
    yield from _compare_services(before, after)


_NVIDIA: tuple[tuple[str, str, Verdict], ...] = (
    ("nvidia kernel module", "kernel_module", Verdict("low", _SAME_RELEASE)),
    (
        "nvidia kernel module of the next boot",
        "module_on_disk",
        Verdict("medium", f"it counts after a reboot: {_SAME_RELEASE}"),
    ),
    ("libcuda", "library", Verdict("low", _SAME_RELEASE)),
    ("CUDA of the driver", "cuda", Verdict("low", "the newest CUDA that builds may have been made with")),
)


def _nvidia(machine: Machine, attribute: str) -> str | None:
    return getattr(machine.nvidia, attribute, None)


def _compare_services(before: Machine, after: Machine) -> Iterator[Change]:
    for subject, read, verdict in _SERVICES:
        old, new = read(before), read(after)
        if old is not None and new is not None and old != new:
            words = {True: "on", False: "off"}
            worse = verdict if verdict.risk == "low" or not new else Verdict("none", "it runs now")
            yield tell_change(subject, words[old], words[new], worse)


def _runs_fabric(machine: Machine) -> bool | None:
    manager = machine.nvidia.fabric_manager if machine.nvidia else None
    return manager.running if manager else None


_SERVICES: tuple[tuple[str, Callable[[Machine], bool | None], Verdict], ...] = (
    ("fabric manager", _runs_fabric, Verdict("high", "CUDA does not start without it on a machine with NVSwitch")),
    (
        "CUDA MPS",
        lambda machine: machine.nvidia.mps if machine.nvidia else None,
        Verdict("low", "processes share the GPU another way"),
    ),
    ("secure boot", lambda machine: machine.os.secure_boot, Verdict("low", "with it kernel modules must be signed")),
    ("long paths", lambda machine: machine.os.long_paths, Verdict("medium", "Windows refuses paths over 260 letters")),
)


def compare_system_libraries(before: Machine, after: Machine) -> Iterator[Change]:
    """Libraries of the system, by name the newest of each; those that builds may pick up in place of their own."""
    old, new = _newest(before), _newest(after)
    for name in sorted({*old, *new} if before.libraries is not None and after.libraries is not None else ()):
        if name in old and name in new:
            yield from compare_versions(f"library {name}", old[name], new[name], _judge_library)
        else:
            verdict = Verdict("low", "what was built against the system's library finds it, or no longer does")
            yield make_change(f"library {name}", "machine", (old.get(name, ""), new.get(name, "")), verdict)
    for subject, read in _RUNTIMES.items():
        yield from compare_versions(subject, read(before), read(after), _judge_library)


def _newest(machine: Machine) -> dict[str, str]:
    found: dict[str, str] = {}
    for library in machine.libraries or ():
        version = library.version or "some version"
        if library.name not in found or numbers(version) > numbers(found[library.name]):
            found[library.name] = version
    return found


def _judge_library(distance: Distance) -> Verdict:
    risk = "medium" if distance.step == "major" else "low"
    return judge_step(
        distance, "medium" if risk == "medium" else "low", "what uses the system's library loads another one"
    )


_RUNTIMES: dict[str, Callable[[Machine], str | None]] = {
    "container toolkit": lambda machine: machine.containers.toolkit if machine.containers else None,
    "fabric manager's version": lambda machine: (
        machine.nvidia.fabric_manager.version if machine.nvidia and machine.nvidia.fabric_manager else None
    ),
    "Level Zero": lambda machine: machine.intel.level_zero if machine.intel else None,
    "OpenCL of Intel": lambda machine: machine.intel.opencl if machine.intel else None,
    "Visual C++ runtime": lambda machine: machine.os.vc_runtime,
    "libtpu": lambda machine: machine.tpu.library if machine.tpu else None,
}


def compare_interpreters(before: Machine, after: Machine) -> Iterator[Change]:
    """Pythons that came, went or changed at their place; an environment breaks with the one it was made from."""
    if before.pythons is None or after.pythons is None:
        return
    old, new = ({row.path or row.version: row.version for row in machine.pythons or ()} for machine in (before, after))
    for path in sorted({*old, *new}):
        first, second = old.get(path, ""), new.get(path, "")
        if first and second:
            yield from compare_versions(f"python {path}", first, second, _judge_python)
        elif first:
            verdict = Verdict("medium", "environments that were made from it no longer start")
            yield make_change(f"python {path}", "machine", (first, ""), verdict)
        else:
            yield make_change(f"python {path}", "machine", ("", second), Verdict("none", "one more interpreter"))


def _judge_python(distance: Distance) -> Verdict:
    if distance.step in ("patch", "pre-release"):
        return Verdict("low", "corrections of the same series")
    return Verdict("medium", "environments that were made from it may no longer start")


def compare_package_sources(before: Machine, after: Machine) -> Iterator[Change]:
    """Where this user's installers take packages from."""
    verdict = Verdict("medium", "installers take packages from another place: other builds may come")
    for subject, read in _SOURCES.items():
        old, new = read(before.packages), read(after.packages)
        if old != new:
            yield make_change(subject, "machine", (old, new), verdict)


def _tell(settings: tuple[Setting, ...]) -> str:
    return ", ".join(mask_value(setting.value) for setting in settings)


_SOURCES: dict[str, Callable[[PackageConfiguration], str]] = {
    "package index": lambda row: mask_value(row.index_url.value) if row.index_url else "",
    "further package indexes": lambda row: _tell(row.extra_index_urls),
    "folders of wheels": lambda row: _tell(row.find_links),
    "certificates for packages": lambda row: row.certificate.value if row.certificate else "",
}
