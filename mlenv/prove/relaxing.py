"""Would any other release do?  One question in place of one for each release."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from mlenv.errors import NoPlanError
from mlenv.formats.uv_conflict import UvConflict, normalise
from mlenv.matrix.rows import Framework
from mlenv.prove.core import refute, shorten
from mlenv.prove.locking import Locker
from mlenv.resolve.refutation import Refutation
from mlenv.resolve.resolution import Pick, Resolution

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(\[[^\]]*\])?")


def refute_all(
    refutation: Refutation,
    resolution: Resolution,
    framework: Framework,
    locker: Locker,
    project: str,
    sources: Sequence[str],
) -> tuple[Refutation, ...]:
    """Where one release of a framework was refuted: all of them, if uv finds none that would do.

    Every distribution of the framework is asked for, in any of the versions that have rows; a
    framework with releases that come as source is not asked about, since that costs their archives.
    :class:`NoPlanError` where what is left is a conflict of the user's own.
    """
    pick = next(pick for pick in resolution.picks if pick.framework == framework.id)
    builds = [build for release in framework.release for build in release.builds]
    names = dict.fromkeys(build.distribution or framework.distribution for build in builds)
    if any(build.source_only for build in builds):
        return (refutation,)
    text = refutation.text
    for name in sorted(names, key=lambda name: name != pick.distribution):
        answer = locker.lock(relax(project, pick, name, framework.release[-1].version), sources)
        if not isinstance(answer, UvConflict):
            return (refutation,)
        if refute(answer, msgspec.structs.replace(resolution, picks=tuple(_named(resolution, pick, name)))) is None:
            raise users_conflict(answer)
        text = shorten(answer.text) if name == pick.distribution else text
    return tuple(
        msgspec.structs.replace(refutation, picks=((framework.id, release.version),), text=text)
        for release in framework.release
    )


def _named(resolution: Resolution, pick: Pick, name: str) -> Iterator[Pick]:
    """The picks, with another distribution of one of them."""
    for other in resolution.picks:
        same = other is pick
        yield (
            msgspec.structs.replace(other, build=msgspec.structs.replace(other.build, distribution=name))
            if same
            else other
        )


def users_conflict(conflict: UvConflict) -> NoPlanError:
    """The error for a conflict that no choice of releases can mend."""
    if conflict.not_found:
        return NoPlanError(f"no package index has {' or '.join(conflict.not_found)}", hint="check the spelling")
    return NoPlanError(
        f"what is asked for cannot be installed together, says uv: {shorten(conflict.text)}",
        hint="change or leave out one of the packages that it names",
    )


def relax(project: str, pick: Pick, name: str, oldest: str) -> str:
    """The project file with a distribution, from a version on, in place of the exact release of a pick."""
    import tomli
    import tomli_w

    table = tomli.loads(project)
    table["project"]["dependencies"] = [
        f"{name}{match[2] or ''}>={oldest}"
        if (match := _REQUIREMENT.match(line)) and normalise(match[1]) == normalise(pick.distribution)
        else line
        for line in table["project"]["dependencies"]
    ]
    return tomli_w.dumps(table)
