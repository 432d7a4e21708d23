"""What half an installation leaves behind: doubled metadata, remains, folders with nothing in them."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.consistency.finding import Finding, Outcome, Weight, sorted_findings
from mlenv.consistency.folders import base_name, beside, is_own, names_in, package_folders, parent, read_text
from mlenv.facts.environment import Distribution, Environment
from mlenv.system.host import Host

_INSTALLERS = ("pip", "uv")
_WRITTEN = ("RECORD", "WHEEL")
"""What these two always write; other packagers leave it out."""


def check_duplicates(host: Host, environment: Environment) -> Outcome:
    """Distributions that are there twice or by half, and what an interrupted removal left."""
    folders = package_folders(host, environment)
    own = [dist for dist in environment.distributions if environment.kind == "system" or is_own(dist, environment)]
    findings = [*_find_doubled(own)]
    findings += [finding for dist in own for finding in _find_halves(host, dist)]
    for folder in folders:
        names = names_in(host, folder)
        findings += _find_leftovers(folder, names)
        findings += _find_empty(host, folder, names, own)
    return Outcome(
        findings=sorted_findings(findings),
        detail=f"{len(own)} distributions are there once and whole",
        measured={"distributions": float(len(own)), "findings": float(len(findings))},
    )


def _find_doubled(distributions: list[Distribution]) -> Iterator[Finding]:
    """Two folders of metadata in one folder of packages: the files are of one of them, and nobody knows which."""
    groups: dict[tuple[str, str], list[Distribution]] = {}
    for dist in distributions:
        if dist.path and dist.path.endswith((".dist-info", ".egg-info")):
            groups.setdefault((dist.name, parent(dist.path)), []).append(dist)
    for (name, _), group in groups.items():
        versions = list(dict.fromkeys(dist.version for dist in group))
        modern = [dist for dist in group if (dist.path or "").endswith(".dist-info")]
        if len(versions) > 1 or len(modern) > 1:
            paths = " and ".join(dist.path or "" for dist in group)
            yield Finding(
                weight="fail" if len(versions) > 1 else "warn",
                reason="duplicate",
                text=f"{name} is installed twice ({', '.join(versions)}): {paths}",
                subject=name,
                remedy=f"uninstall {name} until it is gone, then install it anew",
            )


def _find_halves(host: Host, dist: Distribution) -> Iterator[Finding]:
    path = dist.path or ""
    if not path.endswith(".dist-info"):
        return
    names = names_in(host, path)
    if "METADATA" not in names:
        said = "is empty" if not names else "has no METADATA"
        text = f"{path} {said}: {dist.name} is installed by half"
        yield _finding("fail", "no-metadata", text, dist.name, f"remove {path}, then install {dist.name} anew")
    elif dist.installer in _INSTALLERS and (missing := [name for name in _WRITTEN if name not in names]):
        text = f"{path} has no {' and no '.join(missing)}: {dist.name} can be neither checked nor removed"
        yield _finding("warn", "no-record", text, dist.name, f"install {dist.name} {dist.version} anew over it")


# ~orch-2.9.1.dist-info ; ~orch
def _find_leftovers(folder: str, names: list[str]) -> Iterator[Finding]:
    """What an interrupted pip left: it renames what it removes, and deletes it at the end."""
    left = [name for name in names if name.startswith("~")]
    if left:
        listed = ", ".join(left[:4]) + (f" and {len(left) - 4} more" if len(left) > 4 else "")
        text = f"remains of an interrupted removal in {folder}: {listed}"
        yield _finding("warn", "leftover", text, left[0], "delete them")


def _find_empty(host: Host, folder: str, names: list[str], own: list[Distribution]) -> Iterator[Finding]:
    """Folders that Python would import as a package with nothing in it."""
    for name in names:
        path = beside(folder, name)
        if name.isidentifier() and not name.startswith("__") and _is_empty(host, path):
            owner = _find_owner(host, folder, name, own)
            text = f"{path} is empty"
            if owner:
                text += f": the files of {owner} are gone"
                yield _finding("fail", "empty-package", text, owner, f"install {owner} anew")
            else:
                text += f", and `import {name}` would succeed with nothing in it"
                yield _finding("warn", "empty-package", text, name, f"delete {path}")


def _is_empty(host: Host, path: str) -> bool:
    try:
        if host.status(path).kind != "directory":
            return False
        return not set(host.list_directory(path)) - {"__pycache__"}
    except OSError:
        return False


def _find_owner(host: Host, folder: str, name: str, own: list[Distribution]) -> str | None:
    """The distribution whose RECORD has files in a folder."""
    for dist in own:
        if dist.path and parent(dist.path) == folder and base_name(dist.path).endswith(".dist-info"):
            record = read_text(host, beside(dist.path, "RECORD")) or ""
            if record.startswith(f"{name}/") or f"\n{name}/" in record:
                return dist.name
    return None


def _finding(weight: Weight, reason: str, text: str, subject: str, remedy: str) -> Finding:
    return Finding(weight=weight, reason=reason, text=text, subject=subject, remedy=remedy)
