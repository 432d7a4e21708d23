"""Ask the package sources: who answers, and which wheels of the contested frameworks they have.

Only frameworks that are published outside the default index (PyTorch's) are asked for file by
file; for the others the package installer settles what the default index has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration
from mlenv.matrix.load import Matrix
from mlenv.resolve.places import index_source
from mlenv.resolve.request import Request
from mlenv.supply.inquiry import Contested, Inquiry, local_folder
from mlenv.supply.offers import Source, SourceState, Supply
from mlenv.system.page import Page

MAX_VARIANTS = 6
"""So many builds of one framework are looked for on its own index, the most wanted ones."""

STATES: tuple[SourceState, ...] = ("not_asked", "answered", "unreachable")
"""What several inquiries at one source make of its state: the last of theirs."""

Fetch = Callable[[str], Page]


def contested_frameworks(request: Request, machine: Machine, matrix: Matrix) -> tuple[Contested, ...]:
    """The requested frameworks that have an index of their own, with (index, variant) pairs.

    The pairs are those of builds for this platform that the rules allow here, best first.
    """
    from mlenv.resolve.candidates import judge_field
    from mlenv.resolve.devices import accelerators_to_try
    from mlenv.resolve.preference import is_heavy

    contested = []
    for wanted in request.wanted:
        if not wanted.known or not _has_own_index(matrix, wanted.name):
            continue
        pairs: dict[str, dict[tuple[str, str], None]] = {matrix.framework(wanted.name).distribution: {}}
        for accelerator in accelerators_to_try(request, machine):
            field = judge_field(request, machine, matrix, wanted, accelerator)
            for candidate in field.candidates:
                if is_heavy(candidate.build, accelerator):
                    continue  # as a last resort for the CPU the default index's build will do
                for index in candidate.build.indexes:
                    if index != "default":
                        own = pairs.setdefault(candidate.distribution, {})
                        own.setdefault((index, candidate.build.variant))
        contested += [Contested(distribution=name, indexes=tuple(own)[:MAX_VARIANTS]) for name, own in pairs.items()]
    return tuple(contested)


def _has_own_index(matrix: Matrix, name: str) -> bool:
    framework = matrix.framework(name)
    return any(
        index != "default" for release in framework.release for build in release.builds for index in build.indexes
    )


def configured_sources(configuration: PackageConfiguration) -> tuple[Source, ...]:
    """The user's own indexes and wheel folders, then the default index."""
    sources = [
        Source(id=f"index-{number}", kind="index", address=setting.value, origin=setting.origin)
        for number, setting in enumerate(configuration.extra_index_urls, 1)
    ]
    sources += [
        Source(id=f"links-{number}", kind="links", address=setting.value, origin=setting.origin)
        for number, setting in enumerate(configuration.find_links, 1)
    ]
    if configuration.no_index is None:
        index = configuration.index_url
        address, origin = (index.value, index.origin) if index else ("", "the installer's default")
        sources.append(Source(id="default", kind="default", address=address, origin=origin))
    return tuple(sources)


def framework_sources(contested: Sequence[Contested], matrix: Matrix) -> tuple[Source, ...]:
    """The frameworks' own indexes, one per build."""
    sources: dict[str, Source] = {}
    for item in contested:
        for index, variant in item.indexes:
            row = matrix.indexes[index]
            name = index_source(index, variant)
            sources[name] = Source(id=name, kind="framework", address=row.url.format(variant=variant), origin=row.title)
    return tuple(sources.values())


def ask_supply(
    request: Request,
    machine: Machine,
    matrix: Matrix,
    *,
    offline: bool = False,
    get: Fetch | None = None,
    open_fetch: Callable[[Sequence[Source]], Fetch] | None = None,
    meanwhile: Callable[[], object] = bool,
) -> Supply:
    """Look at every source that the request could need, side by side.

    ``offline`` leaves out what is not a local folder.  ``get`` fetches a page (for tests), ``open_fetch``
    gives what fetches the pages of these sources; with neither the network is asked without a login.
    ``meanwhile`` is done while the sources are waited for.
    """
    contested = contested_frameworks(request, machine, matrix)
    sources = (*framework_sources(contested, matrix), *configured_sources(machine.packages))
    page = get or (open_fetch or _open_network)(sources)
    inquiries = [
        Inquiry(source, part, machine, page, offline=offline)
        for source in sources
        for part in _parts(source, contested)
    ]
    for inquiry in inquiries:
        inquiry.start()
    meanwhile()
    for inquiry in inquiries:
        inquiry.join()
    return Supply(
        sources=_merge_states(inquiries),
        offers=tuple(offer for inquiry in inquiries for offer in inquiry.offers),
        listed=tuple(pair for inquiry in inquiries for pair in inquiry.listed),
        pythons_on_demand=False if offline else None,
    )


def _parts(source: Source, contested: Sequence[Contested]) -> list[Sequence[Contested]]:
    """What one inquiry asks a source for: an index is asked for each project at once, a folder for all."""
    if source.kind == "links" or local_folder(source.address) is not None or not contested:
        return [contested]
    return [[item] for item in contested]


def _merge_states(inquiries: Sequence[Inquiry]) -> tuple[Source, ...]:
    """The sources, each once; one that did not answer once counts as out of reach."""
    merged: dict[str, Source] = {}
    for inquiry in inquiries:
        known = merged.get(inquiry.source.id)
        if known is None or STATES.index(inquiry.source.state) > STATES.index(known.state):
            merged[inquiry.source.id] = inquiry.source
    return tuple(merged.values())


def _open_network(_sources: Sequence[Source]) -> Fetch:
    """Fetches pages; the HTTP library is loaded with the first one."""

    def get(url: str) -> Page:
        from mlenv.system.pages import Pages

        return Pages().get(url)

    return get


def local_supply(request: Request, machine: Machine, matrix: Matrix, *, offline: bool) -> Supply:
    """What local folders offer, without touching the network; other sources are believed.

    With ``offline`` the others count as out of reach.
    """
    silence = Page(state="unreachable", detail="--offline was given")
    contested = contested_frameworks(request, machine, matrix)
    sources = (*framework_sources(contested, matrix), *configured_sources(machine.packages))
    asked = [source for source in sources if offline or local_folder(source.address) is not None]
    inquiries = [Inquiry(source, contested, machine, lambda _: silence, offline=offline) for source in asked]
    for inquiry in inquiries:
        inquiry.run()
    known = {inquiry.source.id: inquiry.source for inquiry in inquiries}
    return Supply(
        sources=tuple(known.get(source.id, source) for source in sources),
        offers=tuple(offer for inquiry in inquiries for offer in inquiry.offers),
        listed=tuple(pair for inquiry in inquiries for pair in inquiry.listed),
        pythons_on_demand=False if offline else None,
    )
