"""GPU libraries that a lock brings and the plan does not use: told before the first byte is fetched.

What only comes along the installer takes from the default index, where PyTorch for Linux is built
for CUDA.  A build for the CPU alone stands on an index of its own, and only who is asked for is
tied to that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from mlenv.matrix.rows import Build, Framework
from mlenv.plan.gpu_libraries import GpuLibraries, describe_libraries, find_gpu_libraries
from mlenv.plan.lock import Lock
from mlenv.resolve.preference import is_heavy
from mlenv.resolve.request import Request, Wanted
from mlenv.resolve.resolution import Resolution

ORIGIN = "what comes along"


class Unused(msgspec.Struct, frozen=True, kw_only=True):
    """Libraries that nothing uses, and the frameworks with a smaller build than the one in the lock.

    ``along`` are those that nobody asked for by name, ``chosen`` those of which no smaller build can be had.
    """

    libraries: GpuLibraries
    along: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()


def find_unused(
    lock: Lock, resolution: Resolution, distributions: Mapping[str, str], find_framework: Callable[[str], Framework]
) -> Unused | None:
    """The GPU libraries that a plan would fetch for nothing; None where there are none.

    ``distributions`` are those that the matrix knows, with their frameworks.
    """
    libraries = find_gpu_libraries(lock.packages) if resolution.accelerator != "cuda" else None
    if libraries is None:
        return None
    names = dict.fromkeys(distributions[row.name] for row in lock.packages if row.name in distributions)
    picked = {pick.framework: pick.build for pick in resolution.picks}
    known = {wanted.name for wanted in resolution.request.wanted}
    apart = [name for name in names if _has_smaller(find_framework(name))]
    return Unused(
        libraries=libraries,
        along=tuple(name for name in apart if name not in known),
        chosen=tuple(name for name in apart if name in picked and is_heavy(picked[name], "cpu")),
    )


def ask_along(request: Request, names: Sequence[str]) -> Request:
    """The request with frameworks that would come along anyway, so that their builds are chosen too."""
    wanted = (Wanted(name=name, origin=ORIGIN) for name in names)
    return msgspec.structs.replace(request, wanted=(*request.wanted, *wanted))


def describe_unused(unused: Unused) -> str:
    """One sentence: which they are, what they cost, and what helps."""
    one = len(unused.libraries.names) == 1
    comes, them = ("comes", "it") if one else ("come", "them")
    remedies = "".join(f"; {text}" for text in _remedies(unused))
    return f"{describe_libraries(unused.libraries)} {comes} along, and nothing in this plan uses {them}{remedies}"


def _remedies(unused: Unused) -> Iterator[str]:
    if unused.along:
        options = " ".join(f"--with {name}" for name in unused.along)
        yield f"`{options}` makes mlenv choose the build, the smaller one where a source that answers has it"
    if unused.chosen:
        names = " and ".join(unused.chosen)
        yield (
            f"no source that answers has a smaller build of {names}: "
            "let its own index answer, or name a folder of wheels that has one with --find-links"
        )


def _has_smaller(framework: Framework) -> bool:
    """Whether an index of its own has a package for the CPU in place of the default index's for a GPU."""
    builds = [build for release in framework.release for build in release.builds]
    heavy = {build.distribution for build in builds if is_heavy(build, "cpu") and "default" in build.indexes}
    return any(_is_small(build) and build.distribution in heavy for build in builds)


def _is_small(build: Build) -> bool:
    own_index = any(index != "default" for index in build.indexes)
    return own_index and "cpu" in build.accelerators and not is_heavy(build, "cpu")
