"""Pages of package indexes, asked for as the user's installers ask: with their certificates, proxies and logins."""

from __future__ import annotations

from mlenv.system.access import Access, open_session, split_login
from mlenv.system.network import ACCEPT, CONNECT_SECONDS, READ_SECONDS, TROUBLE, page_of
from mlenv.system.network_trouble import plain_words
from mlenv.system.page import Page


class Pages:
    """Gets pages of at most 32 MiB within a few seconds; may be asked from several threads."""

    def __init__(self, access: Access | None = None) -> None:
        self._access = access or Access()
        self._session = open_session(self._access)

    def get(self, url: str) -> Page:
        """A page, for which an index may want a login; never raises for what the network does."""
        access = self._access
        try:
            address, login = split_login(url)
            if access.login is not None:
                login = access.login(url) or login
            with self._session.get(
                address,
                auth=login,
                headers={"Accept": ACCEPT},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                verify=access.certificate or True,
                cert=access.client_certificate,
                proxies={"http": access.proxy, "https": access.proxy} if access.proxy else None,
                stream=True,
            ) as answer:
                return page_of(answer, address)
        except TROUBLE as error:
            return Page(state="unreachable", url=url, detail=plain_words(error))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
