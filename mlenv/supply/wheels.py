"""Which wheel files fit a machine, told from their names (PEP 427, PEP 600, PEP 656)."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion

from mlenv.facts.machine import Machine
from mlenv.facts.version import numbers
from mlenv.supply.offers import Offer

LEGACY_MANYLINUX = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}


def offers_of(filenames: Iterable[str], *, project: str, machine: Machine, source: str) -> list[Offer]:
    """The wheels of a project among file names that fit the machine, as offers of a source.

    ``project`` is a normalised name.  Names that are no wheel, or none of that project, are
    passed over.
    """
    offers = []
    for filename in filenames:
        if not filename.endswith(".whl"):
            continue
        try:
            name, version, _, tags = parse_wheel_filename(filename)
        except (InvalidWheelFilename, InvalidVersion):
            continue
        pythons = tuple(sorted({series for tag in tags if fits_machine(tag, machine) for series in pythons_of(tag)}))
        if canonicalize_name(name) == project and pythons:
            local = version.local or ""
            offers.append(
                Offer(distribution=project, version=version.public, local=local, pythons=pythons, source=source)
            )
    return offers


def pythons_of(tag: Tag) -> tuple[str, ...]:
    """``cp312-cp312`` gives ``("3.12",)``, ``py3-none`` gives ``("any",)``; abi3 reaches upwards."""
    interpreter, abi = tag.interpreter, tag.abi
    if interpreter.startswith("py3") and abi == "none":
        return ("any",)
    if not interpreter.startswith("cp3"):
        return ()
    minor = int(interpreter[3:] or 0)
    if abi == "abi3":
        return tuple(f"3.{number}" for number in range(minor, 20))
    if abi == "none":
        return ("any",)
    return (f"3.{minor}t",) if abi.endswith("t") else (f"3.{minor}",)


def fits_machine(tag: Tag, machine: Machine) -> bool:
    """Whether the platform of a wheel is this machine's."""
    platform = tag.platform
    if platform == "any":
        return True
    if machine.os.family == "windows":
        return platform == {"x86_64": "win_amd64", "aarch64": "win_arm64", "arm64": "win_arm64"}.get(
            machine.architecture or ""
        )
    if machine.os.family == "macos":
        return _fits_macos(platform, machine)
    return _fits_linux(platform, machine)


def _fits_linux(platform: str, machine: Machine) -> bool:
    architecture = machine.platform.split("-", 1)[1]
    if not platform.endswith("_" + architecture):
        return False
    kind = platform[: -len(architecture) - 1]
    libc = machine.os.libc
    if kind == "linux":
        return True
    if libc is None:
        return False
    if kind in LEGACY_MANYLINUX:
        return libc.family == "glibc" and numbers(libc.version) >= LEGACY_MANYLINUX[kind]
    family = {"manylinux": "glibc", "musllinux": "musl"}.get(kind.split("_")[0])
    floor = tuple(int(part) for part in kind.split("_")[1:])
    return family == libc.family and numbers(libc.version)[:2] >= floor


def _fits_macos(platform: str, machine: Machine) -> bool:
    parts = platform.split("_")
    if parts[0] != "macosx" or len(parts) < 4:
        return False
    architecture = "_".join(parts[3:])
    floor = (int(parts[1]), int(parts[2]))
    mine = machine.architecture or ""
    if architecture not in (mine, "universal2", "arm64" if mine == "aarch64" else mine):
        return False
    return machine.os.version is None or (*numbers(machine.os.version), 0)[:2] >= floor
