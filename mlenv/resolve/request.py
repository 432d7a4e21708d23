"""What the user asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from mlenv.errors import UsageError
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Profile

ACCELERATORS = ("auto", "gpu", "cpu", "cuda", "rocm", "xpu", "mps", "tpu")
_BUILD = re.compile(r"cu\d{2,3}|rocm\d+(\.\d+){1,2}")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One requested package.

    ``name`` is normalised; ``specifier`` a PEP 440 condition, empty for any.  ``optional`` ones
    join where a build that fits can be had; ``known`` tells whether the matrix has rows for it.
    ``distribution`` is set where one package of the framework was named (``xgboost-cpu``).
    ``group`` names the alternatives that it is one of (one of them joins), ``position`` its place
    among them, the preferred one being 0.  ``origin`` is the profile or option that asked.
    """

    name: str
    specifier: str = ""
    extras: tuple[str, ...] = ()
    optional: bool = False
    known: bool = True
    distribution: str = ""
    group: str = ""
    position: int = 0
    origin: str = ""

    @property
    def text(self) -> str:
        """The requirement as one writes it: ``jax[k8s]>=0.5``."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.distribution or self.name}{extras}{self.specifier}"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request: packages, and what the user pinned of accelerator, Python and day.

    ``accelerator`` is one of :data:`ACCELERATORS`; ``variant`` a build's name where one was
    pinned (``cu126``).  ``python`` is a series or version.  ``variables`` are those that the
    profiles set for programs, ``variables_with`` those that depend on a framework that is taken
    from a group of alternatives.
    """

    profiles: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...]
    accelerator: str = "auto"
    variant: str | None = None
    python: str | None = None
    variables: dict[str, str] = {}
    variables_with: dict[str, dict[str, str]] = {}


def make_request(
    matrix: Matrix,
    profiles: Sequence[Profile],
    extras: Sequence[str] = (),
    *,
    accelerator: str | None = None,
    python: str | None = None,
) -> Request:
    """Join profiles and ``--with`` requirements into one request.

    The options outrank the profiles; profiles that contradict each other are a UsageError.
    """
    wanted: dict[str, Wanted] = {}
    for profile in profiles:
        origin = f"profile {profile.name}"
        _collect(wanted, matrix, profile.frameworks, origin, optional=False)
        _collect(wanted, matrix, profile.optional, origin, optional=True)
    _collect(wanted, matrix, extras, "--with", optional=False)
    for profile in profiles:
        _collect_groups(wanted, matrix, profile)
    if not wanted:
        raise UsageError("nothing to install was named", hint="name a profile: `--profile starter`")
    kind, variant = parse_accelerator(accelerator or _joint_accelerator(profiles))
    if variant is not None:
        _demand_variant(matrix, wanted.values(), variant)
    return Request(
        profiles=tuple(profile.name for profile in profiles),
        wanted=tuple(wanted.values()),
        accelerator=kind,
        variant=variant,
        python=check_python(python),
        variables={name: value for profile in profiles for name, value in profile.environment.items()},
        variables_with={name: table for profile in profiles for name, table in profile.environment_with.items()},
    )


def parse_accelerator(text: str) -> tuple[str, str | None]:
    """``"cu126"`` gives ``("cuda", "cu126")``, ``"cuda"`` gives ``("cuda", None)``."""
    if text in ACCELERATORS:
        return text, None
    if _BUILD.fullmatch(text):
        return ("cuda" if text.startswith("cu") else "rocm"), text
    raise UsageError(
        f"unknown accelerator {text!r}", hint=f"expected one of {', '.join(ACCELERATORS)}, cuXYZ or rocmX.Y"
    )


def _demand_variant(matrix: Matrix, wanted: Iterable[Wanted], variant: str) -> None:
    """:class:`UsageError` for a build that nothing is called by, with those that are there to choose from.

    One that only other frameworks have is no mistake of writing: the search says that it does not go together.
    """
    names = [item.name for item in wanted if item.known]
    if _has_build(matrix, names, variant) or _has_build(matrix, matrix.framework_ids, variant):
        return
    builds = dict.fromkeys(build.variant for build in _builds_of(matrix, names) if _BUILD.fullmatch(build.variant))
    hint = f"there are {', '.join(builds)}" if builds else "what is asked for has no builds by such names"
    raise UsageError(f"--accelerator {variant}: no build is called so", hint=hint)


def _has_build(matrix: Matrix, names: Iterable[str], variant: str) -> bool:
    """Whether any of these frameworks has builds of a name."""
    return any(build.variant == variant for build in _builds_of(matrix, names))


def _builds_of(matrix: Matrix, names: Iterable[str]) -> Iterator[Build]:
    for name in names:
        for release in matrix.framework(name).release:
            yield from release.builds


def check_python(text: str | None) -> str | None:
    """A Python version such as ``3.12``, ``3.12.4`` or ``3.14t``; anything else is a UsageError."""
    if text is not None and not re.fullmatch(r"3\.\d{1,2}(\.\d{1,2})?t?", text):
        raise UsageError(f"--python {text!r} is no Python version", hint="expected a version such as 3.12")
    return text


def _joint_accelerator(profiles: Sequence[Profile]) -> str:
    asked = {profile.accelerator for profile in profiles}
    firm = asked - {"auto"}
    if len(firm) > 1:
        names = ", ".join(f"{profile.name} ({profile.accelerator})" for profile in profiles)
        raise UsageError(
            f"these profiles ask for different accelerators: {names}",
            hint="say which one with --accelerator, or make two environments",
        )
    return firm.pop() if firm else "auto"


def _collect(
    wanted: dict[str, Wanted], matrix: Matrix, requirements: Sequence[str], origin: str, *, optional: bool
) -> None:
    for text in requirements:
        item = _parse(matrix, text, origin, optional=optional)
        known = wanted.get(item.name)
        wanted[item.name] = item if known is None else _join(known, item)


def _collect_groups(wanted: dict[str, Wanted], matrix: Matrix, profile: Profile) -> None:
    """Add the alternatives of a profile; a group of which a member must come anyway is settled."""
    for names in profile.first_of:
        items = [_parse(matrix, text, f"profile {profile.name}", optional=False) for text in names]
        if any(item.name in wanted and not wanted[item.name].optional for item in items):
            continue
        group = " or ".join(item.name for item in items)
        for position, item in enumerate(items):
            wanted[item.name] = msgspec.structs.replace(item, group=group, position=position)


def _parse(matrix: Matrix, text: str, origin: str, *, optional: bool) -> Wanted:
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"{origin}: {text!r} is no requirement ({reason})", hint='expected a text such as "xgboost>=3"'
        ) from None
    if requirement.url or requirement.marker:
        raise UsageError(
            f"{origin}: {text!r}: addresses and markers are not supported here",
            hint='name the package alone, such as "xgboost>=3"; --find-links takes folders of wheels',
        )
    named = canonicalize_name(requirement.name)
    # Only a name that is no framework's is looked for among the packages of all.
    name = named if named in matrix.framework_ids else matrix.distributions.get(named, named)
    return Wanted(
        name=name,
        distribution=named if name != named else "",
        specifier=str(requirement.specifier),
        extras=tuple(sorted(requirement.extras)),
        optional=optional,
        known=name in matrix.framework_ids,
        origin=origin,
    )


def _join(first: Wanted, second: Wanted) -> Wanted:
    specifier = ",".join(part for part in (first.specifier, second.specifier) if part)
    if first.distribution and second.distribution and first.distribution != second.distribution:
        raise UsageError(
            f"{first.distribution} and {second.distribution} are two packages of one framework",
            hint="ask for one of them: they write the same files",
        )
    return Wanted(
        name=first.name,
        distribution=first.distribution or second.distribution,
        specifier=specifier,
        extras=tuple(sorted({*first.extras, *second.extras})),
        optional=first.optional and second.optional,
        known=first.known,
        origin=first.origin if first.origin == second.origin else f"{first.origin} and {second.origin}",
    )
