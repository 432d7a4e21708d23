"""The one door to the network.

Proxies, ``netrc`` and certificates of the user are honoured: that is what ``requests`` does by
itself, and a certificate named in pip's configuration is passed on.
"""

from __future__ import annotations

import requests

from mlenv import __version__
from mlenv.system.page import Page

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
MAX_BYTES = 32 * 1024 * 1024
ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


def fetch(url: str, *, certificate: str | None = None, proxy: str | None = None, accept: str = ACCEPT) -> Page:
    """Get a page of at most 32 MiB within a few seconds; never raises for what the network does.

    ``certificate`` is a bundle of authorities to trust, ``proxy`` one beside those of variables.
    """
    proxies = {"http": proxy, "https": proxy} if proxy else None
    headers = {"Accept": accept, "User-Agent": f"mlenv/{__version__}"}
    try:
        with requests.get(
            url,
            headers=headers,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            verify=certificate or True,
            proxies=proxies,
            stream=True,
        ) as answer:
            if answer.status_code in (404, 410):
                return Page(state="missing", url=url, detail=f"HTTP {answer.status_code}")
            if not answer.ok:
                return Page(state="unreachable", url=url, detail=f"HTTP {answer.status_code}")
            body = b"".join(_limited(answer))
            kind = answer.headers.get("Content-Type", "text/html")
            return Page(state="found", url=answer.url, content_type=kind, body=body)
    except (requests.RequestException, OSError, ValueError) as error:
        return Page(state="unreachable", url=url, detail=_plain(error))


def answers(url: str, *, certificate: str | None = None) -> Page:
    """Whether there is something at an address; nothing of it is fetched."""
    headers = {"User-Agent": f"mlenv/{__version__}"}
    limits = (CONNECT_SECONDS, READ_SECONDS)
    try:
        answer = requests.head(url, headers=headers, timeout=limits, verify=certificate or True, allow_redirects=True)
    except (requests.RequestException, OSError, ValueError) as error:
        return Page(state="unreachable", url=url, detail=_plain(error))
    if answer.ok:
        return Page(state="found", url=answer.url)
    return Page(
        state="missing" if answer.status_code in (404, 410) else "unreachable", detail=f"HTTP {answer.status_code}"
    )


def _limited(answer: requests.Response) -> list[bytes]:
    chunks, size = [], 0
    for chunk in answer.iter_content(65536):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            raise ValueError("the page is larger than 32 MiB")
    return chunks


def _plain(error: Exception) -> str:
    """The heart of a nested network error, in a few words."""
    text = str(error)
    for sign, words in (
        ("Name or service not known", "its name does not resolve"),
        ("Temporary failure in name resolution", "its name does not resolve"),
        ("nodename nor servname", "its name does not resolve"),
        ("getaddrinfo failed", "its name does not resolve"),
        ("Connection refused", "connection refused"),
        ("Network is unreachable", "no network"),
        ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted"),
        ("timed out", "no answer in time"),
    ):
        if sign in text:
            return words
    return f"{type(error).__name__}"
