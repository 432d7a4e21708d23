"""GPU code read out of published wheels, laid into rows that only believed it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from mlenv.matrix.refresh.carry import CARRIED
from mlenv.matrix.refresh.framework import Listing
from mlenv.matrix.refresh.listed import distribution_of, find_release, is_listed
from mlenv.matrix.refresh.platforms import put_together, take_apart
from mlenv.matrix.refresh.sources import name_source
from mlenv.matrix.rows import Build, Framework, Release
from mlenv.matrix.sources.gpu_code import GpuCode
from mlenv.matrix.sources.published import PublishedWheel

SOURCE = "wheel-code"
"""The key in a file's ``[sources]`` of what was read out of wheels."""
SOURCE_TEXT = "the GPU code in the published wheel, read by HTTP range requests: the list behind \
torch.cuda.get_arch_list(), or the headers of its fat binaries"
Read = Callable[[PublishedWheel], GpuCode | None]


def lay_code(framework: Framework, listing: Listing, read: Read) -> Framework:
    """A framework whose newest release says which GPU code its wheels on the package index hold.

    ``read`` gives the code of a wheel, or None where it cannot be told; each wheel is read once.
    """
    if not framework.release:
        return framework
    newest, *older = framework.release
    fresh = _lay_release(framework, newest, listing, read)
    if fresh == newest:
        return framework
    return name_source(replace(framework, release=(fresh, *older)), SOURCE, SOURCE_TEXT)


def _lay_release(framework: Framework, release: Release, listing: Listing, read: Read) -> Release:
    known: dict[str, GpuCode | None] = {}
    builds = take_apart(release.builds)
    for place, build in enumerate(builds):
        wheel = _wheel_of(framework, release, build, listing)
        if wheel is None:
            continue
        if wheel.url not in known:
            known[wheel.url] = read(wheel)
        builds[place] = _with_code(build, known[wheel.url])
    return release if builds == take_apart(release.builds) else replace(release, builds=put_together(builds))


def _wheel_of(framework: Framework, release: Release, build: Build, listing: Listing) -> PublishedWheel | None:
    """The wheel to read for a build of one platform; None where there is nothing to learn."""
    has_code = {"cuda", "rocm"} & set(build.accelerators)
    project = listing.projects.get(distribution_of(framework, build))
    if not has_code or build.evidence == "measured" or not is_listed(build) or project is None:
        return None
    published = find_release(project, release.version)
    wheels = published.on(build.platforms[0]) if published else ()
    return next((wheel for wheel in wheels if not wheel.is_pure), None)


def _with_code(build: Build, code: GpuCode | None) -> Build:
    if code is None or not (code.sass or code.ptx or code.gfx):
        return build
    return replace(
        build,
        sass=code.sass,
        ptx=code.ptx,
        gfx=code.gfx,
        evidence="measured",
        source=tuple(dict.fromkeys((*build.source, SOURCE))),
        note="" if build.note.startswith(CARRIED) else build.note,
    )
