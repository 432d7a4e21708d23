"""One source, asked: a folder of wheels, a page of links, or an index."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from urllib.parse import unquote, urljoin, urlsplit

import msgspec

from mlenv.facts.machine import Machine
from mlenv.resolve.places import index_source
from mlenv.supply.listing import list_files
from mlenv.supply.offers import Offer, Source, SourceState
from mlenv.supply.wheels import offers_of
from mlenv.system.page import Page

Fetch = Callable[[str], Page]


class Contested(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution that its own indexes publish: ``variants`` are the builds to look for."""

    distribution: str
    indexes: tuple[tuple[str, str], ...]


class Inquiry(threading.Thread):
    """Asks one source; ``source``, ``offers`` and ``listed`` then hold what it said."""

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
        """Ask, in this thread."""
        folder = local_folder(self.source.address)
        if folder is not None:
            self._read_folder(folder)
        elif self._offline and self.source.kind == "default":
            return  # the installer's cache may hold what is needed: it will tell
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
                self._note(item.distribution, _names_in_folder(where))
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
        names = list_files(page.body, page.content_type)
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


def _names_in_folder(folder: str) -> list[str]:
    names = os.listdir(folder)
    if "index.html" not in names:
        return names
    with open(os.path.join(folder, "index.html"), "rb") as file:
        return list_files(file.read(), "text/html") or names
