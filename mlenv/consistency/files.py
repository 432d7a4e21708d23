"""Whether the files of an environment are those that were published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlenv.consistency.conda_files import inspect_conda
from mlenv.consistency.finding import Finding, Outcome, sorted_findings
from mlenv.consistency.folders import base_name, package_folders
from mlenv.consistency.integrity import GONE, Damage, Inspection, inspect_records
from mlenv.facts.environment import Distribution, Environment
from mlenv.system.host import Host
from mlenv.system.image import ImageHost

_WITH_RECORD = ("pip", "uv")
_STORE_REMEDY = "nothing, if your network's own certificates were added to it; else install it anew"


def check_files(host: Host, environment: Environment) -> Outcome:
    """Every file with a recorded digest is read and compared; that takes seconds for each few gigabytes.

    Distributions that brought no list of digests (those of Debian, of conda's older packages) are
    not judged, and sources that are installed to be edited have none.
    """
    locate = host.outside if isinstance(host, ImageHost) else str
    skipped = {
        base_name(dist.path) for dist in environment.distributions if dist.path and _is_foreign(dist, environment)
    }
    folders = [Path(locate(folder)) for folder in package_folders(host, environment)]
    parts = [inspect_records(folder, skipped, locate) for folder in folders]
    if environment.conda_packages is not None:
        parts.append(inspect_conda(host, environment.path, locate))
    return _word(parts)


def _is_foreign(dist: Distribution, environment: Environment) -> bool:
    """Whether a system's own packager or conda changed the files after their RECORD was written."""
    if environment.kind == "system":
        return dist.installer not in _WITH_RECORD
    return environment.conda_packages is not None and dist.installer == "conda"


def _word(parts: list[Inspection]) -> Outcome:
    files = sum(part.files for part in parts)
    distributions = sum(part.distributions for part in parts)
    slimmed = sum(part.slimmed for part in parts)
    damage = [one for part in parts for one in part.damage]
    if not files and not damage:
        return Outcome(skipped="no package in it recorded what its files should be")
    also = f"; {slimmed} files of tests are gone" if slimmed else ""
    return Outcome(
        findings=sorted_findings(_as_findings(damage)),
        detail=f"{files} files of {distributions} packages are as published{also}",
        measured={"files": float(files), "packages": float(distributions), "damaged": float(len(damage))},
    )


def _as_findings(damage: list[Damage]) -> Iterator[Finding]:
    """One finding for each distribution; a certificate store with further certificates is one of its own."""
    groups: dict[tuple[str, bool], list[Damage]] = {}
    for one in damage:
        groups.setdefault((one.distribution, _is_store(one)), []).append(one)
    for (name, store), group in groups.items():
        more = f" (and {len(group) - 1} more files of it)" if len(group) > 1 else ""
        text = f"{name}: {group[0].path} {group[0].problem}{more}"
        if store:
            yield Finding(weight="warn", reason="other-certificates", text=text, subject=name, remedy=_STORE_REMEDY)
        else:
            remedy = f"install {name} anew, past the installer's cache (`uv pip install --reinstall --refresh`)"
            yield Finding(weight="fail", reason="damaged-file", text=text, subject=name, remedy=remedy)


def _is_store(damage: Damage) -> bool:
    """Whether it is a list of certificates that was changed: many networks add their own to it."""
    return base_name(damage.path) == "cacert.pem" and not damage.problem.startswith(GONE)
