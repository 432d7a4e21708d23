"""Claims: what a build wants to be true of an environment, and whether two claims can both be.

Each claim is about one subject: the version of a package, the CUDA libraries' major, who writes a
family of files, the variant of an index's builds.  Two builds may share an environment where all
their claims about the same subjects agree, so a new kind of clash is a new kind of claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mlenv.matrix.rows import Build, Release
from mlenv.resolve.condition import admits, may_agree

if TYPE_CHECKING:
    from mlenv.resolve.candidates import Candidate

Kind = Literal["is", "brings", "wants", "cuda", "files", "variant"]


class Claim(NamedTuple):
    """One claim: ``topic`` is what it is about, ``value`` what is claimed.

    ``is`` names the version of the build's own package, ``brings`` that of a library it pins,
    ``wants`` a PEP 440 condition on a package.  Only claims with one topic are compared.
    """

    kind: Kind
    topic: str
    value: str

    @property
    def subject(self) -> str:
        """The name of the package, family or index."""
        return self.topic.partition(" ")[2]


def make_claims(names: Iterable[str], release: Release, build: Build, writes: Mapping[str, str]) -> tuple[Claim, ...]:
    """Everything that a build claims.

    ``names`` are those of its own package, ``writes`` says which distribution it brings of each
    file family.
    """
    return tuple(dict.fromkeys(_claims(tuple(names), release, build, writes)))


def _claims(names: tuple[str, ...], release: Release, build: Build, writes: Mapping[str, str]) -> Iterator[Claim]:
    yield from (Claim("is", f"package {name}", release.version) for name in names)
    for conditions in (release.requires, release.constraints, build.requires, _conditions(build.brings)):
        yield from (Claim("wants", f"package {name}", text) for name, text in conditions.items() if name not in names)
    if build.runtime:
        yield Claim("cuda", "cuda libraries", build.runtime)
    yield from (Claim("files", f"files {family}", name) for family, name in writes.items())
    wanted = {*release.requires, *release.constraints, *build.requires}
    brought = ((name, version) for name, version in _brought(build) if name not in wanted)
    yield from (Claim("brings", f"package {name}", version) for name, version in brought)
    yield from (Claim("variant", f"index {index}", build.variant) for index in build.indexes if index != "default")


def _conditions(requirements: Iterable[str]) -> dict[str, str]:
    """Requirement strings as conditions by name; those without a version state none."""
    found: dict[str, str] = {}
    for text in requirements:
        requirement = Requirement(text)
        if requirement.specifier:
            found[canonicalize_name(requirement.name)] = str(requirement.specifier)
    return found


def _brought(build: Build) -> Iterator[tuple[str, str]]:
    """The libraries that a build pins: a build that was only compiled for ``9`` takes any 9.x, three numbers are a pin.

    Who pins NCCL pins every library of its toolkit.
    """
    if build.cudnn.count(".") >= 2:
        yield f"nvidia-cudnn-{build.runtime}", build.cudnn
    if build.nccl.count(".") >= 2:
        yield f"nvidia-nccl-{build.runtime}", build.nccl
        for name in ("cuda-toolkit", "nvidia-nvjitlink", f"nvidia-nvjitlink-{build.runtime}"):
            yield name, build.cuda


def agree(one: Claim, two: Claim) -> bool:
    """Whether two claims about one subject can both be true."""
    kinds = {one.kind, two.kind}
    if kinds <= {"is", "brings"}:
        return True  # what is named so by two builds is one package, and the package installer's business
    if kinds == {"wants"}:
        return may_agree(one.value, two.value)
    if "wants" in kinds:
        wants, version = (one, two) if one.kind == "wants" else (two, one)
        return admits(wants.value, version.value)
    return one.value == two.value


def clash_of(one: Candidate, two: Candidate) -> str | None:
    """Why two builds cannot share an environment, in a sentence; None where they can."""
    clashes = [
        (_GRAVITY.index(mine.kind if mine.kind != "is" else theirs.kind), _tell(one, mine, two, theirs))
        for mine in one.claims
        for theirs in two.claims
        if mine.topic == theirs.topic and not agree(mine, theirs)
    ]
    return min(clashes, key=lambda row: row[0])[1] if clashes else None


_GRAVITY: tuple[Kind, ...] = ("wants", "cuda", "files", "brings", "variant", "is")
"""What the packages state themselves is told before what only their files show."""


def _tell(one: Candidate, mine: Claim, two: Candidate, theirs: Claim) -> str:
    """The clash of two claims in words."""
    if mine.kind == "wants" and theirs.kind == "wants":
        return f"{one.name} needs {mine.subject} {mine.value}, {two.name} needs {theirs.subject} {theirs.value}"
    if mine.kind == "cuda":
        one_major, two_major = (claim.value.removeprefix("cu") for claim in (mine, theirs))
        rest = f"{two.name} those of CUDA {two_major} into the same files"
        return f"{one.name} brings the libraries of CUDA {one_major}, {rest}"
    if mine.kind == "files":
        return f"{mine.value} (of {one.name}) and {theirs.value} (of {two.name}) write the same files"
    if mine.kind == "variant":
        return f"{one.name} and {two.name} are different builds of one family"
    asker, wants, owner, has = (one, mine, two, theirs) if mine.kind == "wants" else (two, theirs, one, mine)
    if has.kind == "brings":
        return f"{asker.name} needs {wants.subject} {wants.value}, {owner.name} brings {has.value}"
    return f"{asker.name} needs {owner.framework.id} {wants.value}"
