"""A web of a few whole pages, for readers of upstream pages."""

from __future__ import annotations

from collections.abc import Mapping

from mlenv.system.page import Page, WebError


class PagesOnly:
    """Answers with the pages given and remembers, in ``asked``, what it was asked for."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self.transferred = 0
        self.asked: list[str] = []
        self._pages = pages

    def page(self, url: str) -> Page:
        """The page of that address; one that was not given is missing."""
        self.asked.append(url)
        page = self._pages.get(url, Page(state="missing", url=url, detail="HTTP 404"))
        self.transferred += len(page.body)
        return page

    def size(self, url: str) -> int:
        raise WebError(f"{url} is not to be measured here")

    def read_range(self, url: str, start: int, stop: int) -> bytes:
        raise WebError(f"{url} is not to be read in parts here")
