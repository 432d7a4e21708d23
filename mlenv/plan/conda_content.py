"""What an environment of conda shall hold: specs for the channel, and what only pip can bring."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace
from packaging.specifiers import SpecifierSet

from mlenv.facts.machine import Machine
from mlenv.facts.system import SystemFamily
from mlenv.facts.version import numbers
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Accelerator, CondaRoute
from mlenv.plan.conda_login import without_login
from mlenv.plan.content import PackageIndex
from mlenv.plan.gathering import gather_content
from mlenv.plan.index_lines import render_index_lines
from mlenv.plan.options import PlanOptions
from mlenv.resolve.conda_answer import in_channel, services_of
from mlenv.resolve.resolution import Pick, Resolution
from mlenv.resolve.virtual_packages import SUBDIRS, VirtualPackage, overrides_for, virtual_packages
from mlenv.supply.offers import Supply


class CondaSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A package, a condition on its version in conda's words, and a glob over its build strings."""

    name: str
    version: str = ""
    build: str = ""

    def pinned(self, answer: ChannelAnswer | None) -> CondaSpec:
        """The spec with the exact version and build that the channel gave, where it was asked."""
        if answer is None or self.name not in answer.versions:
            return self
        return CondaSpec(name=self.name, version=answer.versions[self.name], build=answer.builds[self.name])

    @property
    def text(self) -> str:
        """As conda, mamba, micromamba and environment.yml read it: ``pytorch=*=*cuda*``."""
        if self.build and self.version[:1].isdigit():
            return f"{self.name}={self.version}={self.build}"
        if self.build:
            return f"{self.name} {self.version} {self.build}" if self.version else f"{self.name}=*={self.build}"
        return f"{self.name}{'' if self.version[:1] in '<>=!~' else '='}{self.version}" if self.version else self.name


class ChannelPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A framework and the package of the channel that brings it; ``selector`` is its build's."""

    framework: str
    distribution: str
    package: str
    selector: str = ""
    newest_wheel: str = ""


class CondaContent(msgspec.Struct, frozen=True, kw_only=True):
    """What the environment shall hold.

    ``channels`` are names, which the manager's own settings turn into addresses, or addresses; those
    may hold a login.
    ``specs`` are for the channel; ``pip`` are requirements that the channel lacks (of what leans on
    a package of the channel no version is stated: it depends on the one that comes), ``pip_lines``
    the option lines that tell pip where they are, ``pip_constraints`` conditions on what comes with
    them.  ``pip_packages`` are the frameworks among them with their versions, ``indexes`` and
    ``wheels`` what the lines are made from.  ``virtual`` are the machine's virtual packages,
    ``overrides`` the variables that stand for them elsewhere.
    """

    profiles: tuple[str, ...]
    accelerator: Accelerator
    system: SystemFamily
    subdir: str
    python: str
    channels: tuple[str, ...]
    specs: tuple[CondaSpec, ...]
    packages: tuple[ChannelPackage, ...]
    pip: tuple[str, ...] = ()
    pip_lines: tuple[str, ...] = ()
    pip_constraints: tuple[str, ...] = ()
    pip_packages: tuple[tuple[str, str], ...] = ()
    indexes: tuple[PackageIndex, ...] = ()
    wheels: tuple[str, ...] = ()
    virtual: tuple[VirtualPackage, ...] = ()
    overrides: dict[str, str] = {}
    variables: dict[str, str] = {}
    offline: bool = False
    as_of: dt.date | None = None

    @property
    def shown_channels(self) -> tuple[str, ...]:
        """The channels as they may be shown: without a login."""
        return tuple(without_login(name) for name in self.channels)


class ChannelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a solve against the channel found: versions and builds by package, and the explicit lock.

    ``bytes`` is the size of all files, None where one is not known.  ``records`` is the lock with all
    that the channel says of each package, empty where that was not kept.  ``logins`` are the
    channels whose addresses hold a login: the address without and the one with it; no other field
    holds one.
    """

    versions: dict[str, str]
    builds: dict[str, str]
    lock: str
    packages: int
    bytes: int | None = None
    records: str = ""
    logins: dict[str, str] = {}


def gather_conda_content(
    resolution: Resolution, machine: Machine, matrix: Matrix, supply: Supply | None, options: PlanOptions
) -> CondaContent:
    """Everything that the builders and forms of conda and pixi need; the resolution is an adapted one."""
    picks = in_channel(resolution.picks, machine, matrix)
    routed = {pick.framework for pick in picks}
    rest = replace(resolution, picks=tuple(pick for pick in resolution.picks if pick.framework not in routed))
    other = gather_content(rest, machine, matrix, supply, options)
    extras = [_with_extras(pick, matrix) for pick in picks if pick.wanted.extras]
    chosen = {row.name: (row.text, row.version) for row in other.requirements}
    loose = {pick.distribution: _loosened(pick, matrix) for pick in rest.picks if _leans_on_channel(pick, matrix)}
    chosen.update({name: (text, "") for name, text in loose.items()})
    pip = tuple(sorted([*(text for text, _ in chosen.values()), *other.others, *extras]))
    specs = list(_specs(resolution, picks, machine, matrix))
    return CondaContent(
        profiles=resolution.request.profiles,
        accelerator=resolution.accelerator,
        system=machine.os.family,
        subdir=SUBDIRS.get(machine.platform, "noarch"),
        python=resolution.python,
        channels=_channels(picks, matrix),
        specs=tuple(_merged([_python_spec(resolution), *specs, *([CondaSpec(name="pip")] if pip else [])])),
        packages=tuple(_channel_package(resolution, pick, machine, matrix) for pick in picks),
        pip=pip,
        pip_lines=tuple(render_index_lines(other, framework_indexes=True)) if pip else (),
        pip_constraints=other.constraints,
        pip_packages=tuple((name, version) for name, (_, version) in chosen.items()),
        indexes=other.indexes if pip else (),
        wheels=tuple(place.address for place in other.wheels) if pip else (),
        virtual=virtual_packages(machine, matrix),
        overrides=overrides_for(machine, matrix) if resolution.accelerator == "cuda" else {},
        variables=resolution.variables or resolution.request.variables,
        offline=options.offline,
        as_of=options.as_of,
    )


def to_conda(specifier: str) -> str:
    """A PEP 440 condition in conda's words; local parts, which conda does not have, fall away."""
    parts = []
    for row in sorted(SpecifierSet(specifier), key=lambda row: (row.operator.startswith("<"), str(row))):
        version = row.version.split("+")[0]
        if row.operator in ("==", "===") and version.endswith(".*"):
            parts.append(version)
        else:
            parts.append(f"{'==' if row.operator == '===' else row.operator}{version}")
    return ",".join(parts)


def device_of(resolution: Resolution, framework: str, machine: Machine, matrix: Matrix) -> Accelerator:
    """The device that the channel's build of a framework is chosen for."""
    services = services_of(resolution, machine, matrix, resolution.accelerator)
    service = services.get(framework)
    serves_any = any(row.verdict == "serves" for row in services.values())
    if service is None or service.verdict == "no":
        return "cpu"
    # Beside a package that is known to use the GPU, one of which nobody knows would only risk the whole.
    risky = service.verdict == "unknown" and serves_any and resolution.request.accelerator == "auto"
    return "cpu" if risky else resolution.accelerator


def _specs(resolution: Resolution, picks: Sequence[Pick], machine: Machine, matrix: Matrix) -> Iterator[CondaSpec]:
    for pick in picks:
        route = matrix.framework(pick.framework).conda
        assert route is not None
        device = device_of(resolution, pick.framework, machine, matrix)
        build = route.builds.get(device, "")
        yield CondaSpec(name=package_of(route, device), version=to_conda(pick.wanted.specifier), build=build)
        for text in route.brings.get(device, ()):
            name, _, selector = text.partition("=*=")
            yield CondaSpec(name=name, build=selector)
    yield from _cuda_spec(resolution, machine, matrix)


def package_of(route: CondaRoute, device: Accelerator) -> str:
    """The channel's package of a framework for a device."""
    return route.packages.get(device, route.package)


def _cuda_spec(resolution: Resolution, machine: Machine, matrix: Matrix) -> Iterator[CondaSpec]:
    """What keeps builds away whose CUDA does not serve this machine; the pinned CUDA, where one is."""
    if resolution.accelerator != "cuda":
        return
    variant = resolution.request.variant or ""
    if variant.startswith("cu") and variant[2:].isdigit():
        yield CondaSpec(name="cuda-version", version=f"{variant[2:-1]}.{variant[-1]}.*")
        return
    services = services_of(resolution, machine, matrix, "cuda").values()
    bounds = [service.below for service in services if service.below]
    if bounds:
        yield CondaSpec(name="cuda-version", version=f"<{min(bounds, key=numbers)}")


def _python_spec(resolution: Resolution) -> CondaSpec:
    pinned = (resolution.request.python or resolution.python).rstrip("t")
    if resolution.python.endswith("t"):
        return CondaSpec(name="python", version=f"{pinned}.*", build="*_cp*t")
    return CondaSpec(name="python", version=f"{pinned}.*")


def _merged(specs: Sequence[CondaSpec]) -> Iterator[CondaSpec]:
    """One spec for each package, Python first, the others by name."""
    joined: dict[str, CondaSpec] = {}
    for spec in specs:
        known = joined.get(spec.name, spec)
        version = ",".join(dict.fromkeys(text for text in (known.version, spec.version) if text))
        joined[spec.name] = replace(known, version=version, build=known.build or spec.build)
    yield from sorted(joined.values(), key=lambda spec: (spec.name != "python", spec.name))


def _channels(picks: Sequence[Pick], matrix: Matrix) -> tuple[str, ...]:
    """The channels of the routes, conda-forge last: who asks for another one wants it to go first."""
    names = {route.channel for pick in picks if (route := matrix.framework(pick.framework).conda)}
    ordered = [*sorted(names - {"conda-forge"}), "conda-forge"]
    return tuple(channel_address(name, matrix) for name in ordered)


def channel_address(name: str, matrix: Matrix) -> str:
    """A channel's address where a row of ``indexes.toml`` has one, else its name."""
    row = matrix.indexes.get(name)
    return row.url if row is not None and row.url else name


def _channel_package(resolution: Resolution, pick: Pick, machine: Machine, matrix: Matrix) -> ChannelPackage:
    framework = matrix.framework(pick.framework)
    route = framework.conda
    assert route is not None
    device = device_of(resolution, pick.framework, machine, matrix)
    return ChannelPackage(
        framework=framework.id,
        distribution=framework.distribution,
        package=package_of(route, device),
        selector=route.builds.get(device, "") or next(iter(route.brings.get(device, ())), ""),
        newest_wheel=pick.release.version,
    )


def _leans_on_channel(pick: Pick, matrix: Matrix) -> bool:
    """Whether a wheel needs a framework that conda brings, of a version that only the channel knows."""
    needed = {*pick.release.requires, *pick.build.requires}
    return any(matrix.framework(name).conda is not None for name in needed & set(matrix.framework_ids))


def _loosened(pick: Pick, matrix: Matrix) -> str:
    """The requirement as it was asked for; without a condition the lowest version worth having."""
    extras = sorted({*pick.wanted.extras, *([pick.build.extra] if pick.build.extra else [])})
    floor = matrix.framework(pick.framework).floor
    condition = pick.wanted.specifier or (f">={floor}" if floor else "")
    suffix = f"[{','.join(extras)}]" if extras else ""
    return f"{pick.distribution}{suffix}{condition}"


def _with_extras(pick: Pick, matrix: Matrix) -> str:
    """Extras are pip's: it adds their packages to the framework that conda has brought."""
    distribution = matrix.framework(pick.framework).distribution
    return f"{distribution}[{','.join(sorted(pick.wanted.extras))}]"
