"""From the resolver's answer to what the environment shall hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration
from mlenv.facts.system import SystemFamily
from mlenv.facts.version import numbers
from mlenv.matrix.load import Matrix
from mlenv.matrix.query import driver_floor, driver_system
from mlenv.plan.companions import find_companions
from mlenv.plan.constraints import constraints_of
from mlenv.plan.content import Content, Need, PackageIndex, Requirement, WheelPlace
from mlenv.plan.options import PlanOptions
from mlenv.plan.source_metadata import source_metadata
from mlenv.resolve.resolution import Pick, Resolution
from mlenv.supply.offers import Source, Supply

APT = "sudo apt install "


def gather_content(
    resolution: Resolution, machine: Machine, matrix: Matrix, supply: Supply | None, options: PlanOptions
) -> Content:
    """Everything that a builder or a form needs to know."""
    picks, packages = resolution.picks, machine.packages
    sources = _find_sources(picks, matrix, supply)
    own = {name: source for name, source in sources.items() if source.kind == "framework"}
    asked = tuple(wanted.text for wanted in resolution.passthrough)
    along = find_companions(picks, asked, matrix, own)
    interpreter = None if options.portable else resolution.interpreter
    on_gpu = [pick for pick in picks if pick.build.cuda and "cuda" in pick.build.accelerators]
    return Content(
        profiles=resolution.request.profiles,
        accelerator=resolution.accelerator,
        variant=resolution.variant,
        system=machine.os.family,
        platform=machine.platform,
        python=resolution.python,
        interpreter=(interpreter.path or "") if interpreter else "",
        python_pin=resolution.request.python or resolution.python,
        python_version=interpreter.version if interpreter else resolution.python,
        requirements=tuple(_requirement(pick, matrix, sources) for pick in picks),
        others=(*along.requirements, *asked),
        ties=along.ties,
        tied=(*own, *along.ties),
        constraints=tuple(constraints_of(picks, matrix)),
        indexes=tuple(_indexes(own, packages)),
        wheels=tuple(WheelPlace(address=row.value, origin=row.origin) for row in packages.find_links),
        trusted_hosts=tuple(row.value for row in packages.trusted_hosts),
        no_index=packages.no_index is not None,
        # The user's indexes are equals, as pip has it: the best version of all of them counts.
        best_match=bool(packages.extra_index_urls),
        dated=not sources,
        variables=resolution.variables,
        needs=tuple(_needs(picks, matrix, machine.os.family)),
        cuda=max((pick.build.cuda for pick in on_gpu), key=numbers, default=""),
        driver=_lowest_driver(on_gpu, machine, matrix) if resolution.accelerator == "cuda" else "",
        glibc=max((pick.build.glibc for pick in picks), key=numbers, default=""),
        built=tuple(pick.distribution for pick in picks if pick.build.source_only),
        metadata=tuple(source_metadata(picks)),
        offline=options.offline,
        as_of=options.as_of,
    )


def requirement_of(pick: Pick) -> str:
    """``torch==2.13.0+cpu`` or ``jax[cuda13]==0.12.0.1``."""
    built_with = pick.build.extra.split(",") if pick.build.extra else []
    extras = sorted({*pick.wanted.extras, *built_with})
    suffix = f"[{','.join(extras)}]" if extras else ""
    return f"{pick.distribution}{suffix}=={pick.version}"


def _requirement(pick: Pick, matrix: Matrix, sources: dict[str, Source]) -> Requirement:
    source = sources.get(pick.distribution)
    return Requirement(
        text=requirement_of(pick),
        name=pick.distribution,
        version=pick.version,
        source=source.address if source else None,
        index=source.id if source and source.kind == "framework" else None,
        imports=matrix.framework(pick.framework).imports,
    )


def _find_sources(picks: Sequence[Pick], matrix: Matrix, supply: Supply | None) -> dict[str, Source]:
    """For each pick that does not come from the default index: its source, by distribution."""
    sources: dict[str, Source] = {}
    for pick in picks:
        source = supply.source(pick.source) if supply else None
        if source is None and pick.source != "default":
            row = next(matrix.indexes[index] for index in pick.build.indexes if index != "default")
            address = row.url.format(variant=pick.build.variant)
            source = Source(id=pick.source, kind="framework", address=address, origin=row.title)
        if source is not None and source.kind != "default":
            sources[pick.distribution] = source
    return sources


def _indexes(own: dict[str, Source], packages: PackageConfiguration) -> Iterator[PackageIndex]:
    """The frameworks' own indexes, the user's further ones, and the one in place of the default."""
    rows = {
        source.id: PackageIndex(name=source.id, url=source.address, explicit=True, origin=source.origin)
        for source in own.values()
    }
    yield from rows.values()
    yield from configured_indexes(packages)


def configured_indexes(packages: PackageConfiguration) -> Iterator[PackageIndex]:
    """The user's further indexes, and the one in place of the default."""
    for number, setting in enumerate(packages.extra_index_urls, 1):
        yield PackageIndex(name=f"configured-{number}", url=setting.value, origin=setting.origin)
    if packages.index_url:
        url, origin = packages.index_url.value, packages.index_url.origin
        yield PackageIndex(name="configured-default", url=url, default=True, origin=origin)


def _needs(picks: Sequence[Pick], matrix: Matrix, system: SystemFamily) -> Iterator[Need]:
    """Each need once, with the highest version that a build asks for."""
    lowest: dict[str, str] = {}
    for text in sorted({text for pick in picks for text in pick.build.needs}):
        name, _, version = text.partition(">=")
        lowest[name] = max(lowest.get(name, ""), version, key=numbers)
    for name, version in lowest.items():
        row = matrix.needs[name]
        texts = {"linux": row.linux, "windows": row.windows, "macos": row.macos}
        texts = {key: _fill(text, version) for key, text in texts.items()}
        apt = texts["linux"].removeprefix(APT).split() if texts["linux"].startswith(APT) else []
        yield Need(
            id=name, title=row.title, version=version, command=row.command, how=texts[system], packages=tuple(apt)
        )


def _fill(command: str, version: str) -> str:
    """A command with its version; empty where it asks for one and none is known."""
    return command.replace("{version}", version) if version or "{version}" not in command else ""


def _lowest_driver(picks: Sequence[Pick], machine: Machine, matrix: Matrix) -> str:
    """The lowest NVIDIA driver that runs all of the builds; empty where no row says so."""
    system = driver_system(machine)
    floors = [driver_floor(matrix.drivers, pick.build.cuda, system=system) or "" for pick in picks]
    floors += [pick.build.driver for pick in picks if system == "linux"]
    return max(floors, key=numbers, default="")
