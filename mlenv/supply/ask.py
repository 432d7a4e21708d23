"""Ask the package sources: who answers, and which wheels of the contested frameworks they have.

Only frameworks that are published outside the default index (PyTorch's) are asked for file by
file; for the others the package installer settles what the default index has.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from urllib.parse import unquote, urljoin, urlsplit

import msgspec

from mlenv.facts.machine import Machine, PackageConfiguration
from mlenv.matrix.load import Matrix
from mlenv.resolve.candidates import index_source
from mlenv.resolve.request import Request
from mlenv.supply.offers import Offer, Source, SourceState, Supply
from mlenv.supply.wheels import offers_of
from mlenv.system.page import Page

MAX_VARIANTS = 6
"""So many builds of one framework are looked for on its own index, the most wanted ones."""

Fetch = Callable[[str], Page]


class Contested(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution that its own indexes publish: ``variants`` are the builds to look for."""

    distribution: str
    indexes: tuple[tuple[str, str], ...]


def contested_frameworks(request: Request, machine: Machine, matrix: Matrix) -> tuple[Contested, ...]:
    """The requested frameworks that have an index of their own, with (index, variant) pairs.

    The pairs are those of builds for this platform that the rules allow here, best first.
    """
    from mlenv.resolve.candidates import is_heavy, judge_field
    from mlenv.resolve.devices import accelerators_to_try

    contested = []
    for wanted in request.wanted:
        if not wanted.known or not _has_own_index(matrix, wanted.name):
            continue
        pairs: dict[tuple[str, str], None] = {}
        for accelerator in accelerators_to_try(request, machine):
            field = judge_field(request, machine, matrix, wanted, accelerator)
            for candidate in field.candidates:
                if is_heavy(candidate.build, accelerator):
                    continue  # as a last resort for the CPU the default index's build will do
                for index in candidate.build.indexes:
                    if index != "default":
                        pairs.setdefault((index, candidate.build.variant))
        contested.append(Contested(distribution=wanted.name, indexes=tuple(pairs)[:MAX_VARIANTS]))
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
    request: Request, machine: Machine, matrix: Matrix, *, offline: bool = False, get: Fetch | None = None
) -> Supply:
    """Look at every source that the request could need, side by side.

    ``offline`` leaves out what is not a local folder.  ``get`` fetches a page (for tests).
    """
    page = get or _network(machine)
    contested = contested_frameworks(request, machine, matrix)
    sources = (*framework_sources(contested, matrix), *configured_sources(machine.packages))
    jobs = [_Job(source, contested, machine, page, offline=offline) for source in sources]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    return Supply(
        sources=tuple(job.source for job in jobs),
        offers=tuple(offer for job in jobs for offer in job.offers),
        listed=tuple(pair for job in jobs for pair in job.listed),
        pythons_on_demand=False if offline else None,
    )


def _network(machine: Machine) -> Fetch:
    """Fetches pages; the HTTP library is loaded with the first one."""
    certificate = machine.packages.certificate.value if machine.packages.certificate else None

    def get(url: str) -> Page:
        from mlenv.system.network import fetch

        return fetch(url, certificate=certificate)

    return get


def local_supply(request: Request, machine: Machine, matrix: Matrix, *, offline: bool) -> Supply:
    """What local folders offer, without touching the network; other sources are believed.

    With ``offline`` the others count as out of reach.
    """
    silence = Page(state="unreachable", detail="--offline was given")
    contested = contested_frameworks(request, machine, matrix)
    sources = (*framework_sources(contested, matrix), *configured_sources(machine.packages))
    asked = [source for source in sources if offline or local_folder(source.address) is not None]
    jobs = [_Job(source, contested, machine, lambda _: silence, offline=offline) for source in asked]
    for job in jobs:
        job.run()
    known = {job.source.id: job.source for job in jobs}
    return Supply(
        sources=tuple(known.get(source.id, source) for source in sources),
        offers=tuple(offer for job in jobs for offer in job.offers),
        listed=tuple(pair for job in jobs for pair in job.listed),
        pythons_on_demand=False if offline else None,
    )


class _Job(threading.Thread):
    """Asks one source."""

    def __init__(
        self, source: Source, contested: Sequence[Contested], machine: Machine, get: Fetch, *, offline: bool
    ) -> None:
        super().__init__(daemon=True)
        self.source = source
        self.offers: list[Offer] = []
        self.listed: list[tuple[str, str]] = []
        self._contested = contested
        self._machine = machine
        self._get = get
        self._offline = offline

    def run(self) -> None:
        folder = local_folder(self.source.address)
        if folder is not None:
            self._read_folder(folder)
        elif self._offline:
            self.source = _with_state(self.source, "unreachable", "--offline was given")
        elif self.source.kind == "links":
            self._read_links_page()
        else:
            self._read_index()

    def _read_folder(self, folder: str) -> None:
        """A folder of wheels, or an index laid out as folders (``torch/index.html``)."""
        if not os.path.isdir(folder):
            self.source = _with_state(self.source, "unreachable", "there is no such folder")
            return
        self.source = _with_state(self.source, "answered", "")
        for item in self._projects():
            where = folder if self.source.kind == "links" else os.path.join(folder, item.distribution)
            try:
                self._note(item.distribution, _names_in_folder(where, item.distribution))
            except FileNotFoundError:
                self._note(item.distribution, [])
            except OSError as error:
                self.source = _with_state(self.source, "unreachable", error.strerror or str(error))

    def _read_links_page(self) -> None:
        page = self._get(self.source.address)
        self._take_state(page)
        if page.state == "found":
            for item in self._projects():
                self._take_page(page, item.distribution)

    def _take_page(self, page: Page, project: str) -> None:
        names = _names_in_page(page.body, page.content_type, project, page.url)
        if names is None:
            self.source = _with_state(self.source, "unreachable", "what it answers is no package index")
        else:
            self._note(project, names)

    def _read_index(self) -> None:
        if not self.source.address:
            return  # the installer's own default: it alone knows the address
        for item in self._projects():
            base = self.source.address.rstrip("/") + "/"
            page = self._get(urljoin(base, item.distribution + "/"))
            self._take_state(page)
            if page.state == "unreachable":
                return
            if page.state == "missing":
                self._note(item.distribution, [])
            else:
                self._take_page(page, item.distribution)

    def _projects(self) -> list[Contested]:
        if self.source.kind != "framework":
            return list(self._contested)
        return [
            item
            for item in self._contested
            if any(index_source(index, variant) == self.source.id for index, variant in item.indexes)
        ]

    def _take_state(self, page: Page) -> None:
        state: SourceState = "unreachable" if page.state == "unreachable" else "answered"
        self.source = _with_state(self.source, state, page.detail if state == "unreachable" else "")

    def _note(self, project: str, names: list[str]) -> None:
        self.listed.append((self.source.id, project))
        self.offers += offers_of(names, project=project, machine=self._machine, source=self.source.id)


def local_folder(address: str) -> str | None:
    """The folder that an address names: a path or a ``file:`` URL; None for other addresses."""
    if not address:
        return None
    parts = urlsplit(address)
    if parts.scheme == "file":
        path = unquote(parts.path)
        return path[1:] if path[2:3] == ":" else path  # file:///C:/wheels
    return address if len(parts.scheme) <= 1 else None  # one letter is a Windows drive


def _with_state(source: Source, state: SourceState, detail: str) -> Source:
    return msgspec.structs.replace(source, state=state, detail=detail)


def _names_in_folder(folder: str, project: str) -> list[str]:
    names = os.listdir(folder)
    if "index.html" not in names:
        return names
    with open(os.path.join(folder, "index.html"), "rb") as file:
        return _names_in_page(file.read(), "text/html", project, folder) or names


def _names_in_page(body: bytes, content_type: str, project: str, url: str) -> list[str] | None:
    """The file names on a simple-index page (PEP 503 or PEP 691); None where it is no such page."""
    from pypi_simple import ProjectPage
    from pypi_simple.errors import UnsupportedRepoVersionError

    try:
        if "json" in content_type:
            page = ProjectPage.from_json_data(msgspec.json.decode(body), url)
        else:
            page = ProjectPage.from_html(project, body, base_url=url, from_encoding="utf-8")
    except (ValueError, KeyError, TypeError, UnsupportedRepoVersionError, msgspec.DecodeError):
        return None
    return [package.filename for package in page.packages]
