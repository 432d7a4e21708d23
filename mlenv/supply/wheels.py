"""Which wheel files fit a machine, told from their names (PEP 427, PEP 600, PEP 656)."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion

from mlenv.facts.machine import Machine
from mlenv.facts.version import numbers
from mlenv.matrix.wheel_tags import PlatformTag, parse_platform_tag, series_of
from mlenv.supply.offers import Offer

NEWEST_MINOR = 19
"""How far the stable ABI is taken to reach: beyond every Python 3 that there is."""


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
    return series_of(tag.interpreter, tag.abi, NEWEST_MINOR)


def fits_machine(tag: Tag, machine: Machine) -> bool:
    """Whether the platform of a wheel is this machine's."""
    wanted = parse_platform_tag(tag.platform)
    if wanted is None:
        return False
    if wanted.system == "any":
        return True
    if wanted.system != machine.os.family or wanted.architecture not in _architectures(machine):
        return False
    return _fits_macos(wanted, machine) if wanted.system == "macos" else _fits_libc(wanted, machine)


def _architectures(machine: Machine) -> tuple[str, ...]:
    """The architectures of wheels that run here, as tags spell them."""
    own = {"arm64": "aarch64"}.get(machine.architecture or "", machine.architecture or "")
    if machine.os.family == "macos":
        return ("arm64" if own == "aarch64" else own, "universal2")
    return (own,)


def _fits_libc(wanted: PlatformTag, machine: Machine) -> bool:
    libc = machine.os.libc
    if not wanted.libc:
        return True
    return libc is not None and libc.family == wanted.libc and numbers(libc.version)[:2] >= wanted.floor


def _fits_macos(wanted: PlatformTag, machine: Machine) -> bool:
    return machine.os.version is None or (*numbers(machine.os.version), 0)[:2] >= wanted.floor
