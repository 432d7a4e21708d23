"""Distributions that get in each other's way: the same files, or two majors of CUDA."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping

from mlenv.consistency.finding import Finding, Outcome, sorted_findings
from mlenv.consistency.folders import beside, is_below, parent, read_text
from mlenv.consistency.lock_rows import normalise
from mlenv.consistency.metadata import Installed
from mlenv.facts.environment import Environment, Overlap
from mlenv.facts.pattern import lazy
from mlenv.matrix.rows import FileFamily
from mlenv.system.host import Host

MAX_FILE_BYTES = 16 * 1024 * 1024
_CUDA_SUFFIX = lazy(r"nvidia-.+-cu(\d\d)")
_PLAIN_CUDA = ("nvidia-cublas", "nvidia-cuda-runtime", "nvidia-cuda-nvrtc", "nvidia-cuda-cupti", "nvidia-nvjitlink")
"""From CUDA 13 on the wheels carry no suffix; the versions of these begin with CUDA's own major."""
_REQUIRED = lazy(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# Folders of any project, which some distributions install at the top by mistake.
_COMMON_NAMES = "benchmarks conftest doc docs examples scripts setup src test tests tools utils"
_COMMON = frozenset(_COMMON_NAMES.split())


def check_rivals(
    host: Host, environment: Environment, installed: Mapping[str, Installed], families: Iterable[FileFamily]
) -> Outcome:
    """Distributions of one family of files side by side, further files with two owners, two majors of CUDA."""
    overlaps = environment.overlaps or ()
    clashes = [group for family in families if len(group := _members(family, installed)) > 1]
    findings = [_word_family(host, group, installed, overlaps) for group in clashes]
    told = {name for group in clashes for name in group}
    findings += [
        finding
        for names, files in _by_owners(overlaps).items()
        if not told.issuperset(names)
        for finding in _word_overlap(host, names, files, installed)
    ]
    findings += _find_cuda_majors(installed)
    detail = f"no clash among {len(installed)} distributions"
    return Outcome(findings=sorted_findings(findings), detail=detail, measured={"findings": float(len(findings))})


def _members(family: FileFamily, installed: Mapping[str, Installed]) -> list[str]:
    """Those that are there; one that brings another (tensorflow brings tensorflow-intel) is no rival of it."""
    names = [name for name in family.distributions if name in installed]
    required = {name: _required_names(installed[name]) for name in names}
    brought = {other for name in names for other in names if other in required[name] and other != name}
    carriers = {name for name in names if required[name] & brought}
    return [] if set(names) <= brought | carriers else names


def _required_names(item: Installed) -> set[str]:
    matches = (_REQUIRED.match(line) for line in item.requires)
    return {normalise(match[0]) for match in matches if match}


def _word_family(
    host: Host, names: list[str], installed: Mapping[str, Installed], overlaps: tuple[Overlap, ...]
) -> Finding:
    titles = " and ".join(installed[name].title for name in names)
    shared = [overlap for overlap in overlaps if set(overlap.distributions) <= set(names)]
    writer = next((writer for overlap in shared if (writer := find_writer(host, overlap, installed))), None)
    last = f"; {writer} was written last" if writer else ""
    return Finding(
        weight="fail",
        reason="rivals",
        text=f"{titles} install into the same files{last}",
        subject=names[0],
        remedy=f"uninstall all of them ({', '.join(names)}), then install the one that is wanted",
    )


def _by_owners(overlaps: Iterable[Overlap]) -> dict[tuple[str, ...], list[Overlap]]:
    groups: dict[tuple[str, ...], list[Overlap]] = {}
    for overlap in overlaps:
        groups.setdefault(overlap.distributions, []).append(overlap)
    return groups


def _word_overlap(
    host: Host, names: tuple[str, ...], files: list[Overlap], installed: Mapping[str, Installed]
) -> Iterator[Finding]:
    """Files with the same contents in each, and folders of tests, harm nobody."""
    for overlap in files:
        claims = _claims(host, overlap, installed)
        if len({digest for digest, _ in claims.values()}) < 2 or _is_common(overlap, installed):
            continue
        writer = find_writer(host, overlap, installed)
        last = f"; {writer} was written last" if writer else ""
        yield Finding(
            weight="warn",
            reason="overlap",
            text=f"{' and '.join(names)} both install {overlap.path}, each its own{last}",
            subject=names[0],
            remedy="uninstall both, then install the one that is wanted, or both in the order that works",
        )
        return


def _is_common(overlap: Overlap, installed: Mapping[str, Installed]) -> bool:
    folders = (parent(installed[name].distribution.path or "") for name in overlap.distributions if name in installed)
    tops = (overlap.path[len(folder) :].replace("\\", "/").split("/") for folder in folders if folder)
    return any(len(parts) > 1 and parts[1].partition(".")[0] in _COMMON for parts in tops)


def find_writer(host: Host, overlap: Overlap, installed: Mapping[str, Installed]) -> str | None:
    """The distribution whose file it is that lies there; None where that cannot be told."""
    claims = _claims(host, overlap, installed)
    if any(size > MAX_FILE_BYTES for _, size in claims.values()):
        return None
    try:
        data = host.read_bytes(overlap.path, MAX_FILE_BYTES + 1)
    except OSError:
        return None
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    writers = [name for name, (claimed, _) in claims.items() if claimed == f"sha256={digest}"]
    return writers[0] if len(writers) == 1 else None


def _claims(host: Host, overlap: Overlap, installed: Mapping[str, Installed]) -> dict[str, tuple[str, int]]:
    """By distribution, the digest and size in bytes that its RECORD states of a file."""
    found = {}
    for name in overlap.distributions:
        path = installed[name].distribution.path if name in installed else None
        if not path or not is_below(overlap.path, parent(path)):
            continue
        wanted = overlap.path[len(parent(path)) + 1 :].replace("\\", "/")
        for row in csv.reader(io.StringIO(read_text(host, beside(path, "RECORD")) or "")):
            if len(row) == 3 and row[0] == wanted:
                found[name] = (row[1], int(row[2]) if row[2].isascii() and row[2].isdigit() else 0)
    return found


def _find_cuda_majors(installed: Mapping[str, Installed]) -> Iterator[Finding]:
    """Wheels of NVIDIA for two majors of CUDA: each framework may still find its own, at double the size."""
    majors: dict[int, list[str]] = {}
    for name, item in installed.items():
        match = _CUDA_SUFFIX.fullmatch(name)
        first = item.distribution.version.partition(".")[0]
        major = match[1] if match else first if name in _PLAIN_CUDA else ""
        if major.isascii() and major.isdigit():
            majors.setdefault(int(major), []).append(name)
    if len(majors) > 1:
        words = [f"CUDA {major} ({names[0]} and {len(names) - 1} more)" for major, names in sorted(majors.items())]
        yield Finding(
            weight="warn",
            reason="two-cuda-majors",
            text=f"NVIDIA's wheels of two majors are installed: {' and '.join(words)}",
            subject="nvidia",
            remedy="keep frameworks of one CUDA major in an environment, or one environment for each",
        )
