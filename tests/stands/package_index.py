"""A package index on this machine's loopback address that misbehaves as it is told."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import msgspec

from tests.stands import pages
from tests.stands.answers import Answer, fit, missing, spoil
from tests.stands.certificates import LOOPBACK, Authority
from tests.stands.distributions import distributions, list_file, metadata_of, project_of, sha256
from tests.stands.faults import LISTED, SERVED, Fault, Faults
from tests.stands.servers import Handler, Stand, basic_credentials

FILES = "/files/"
METADATA = ".metadata"
LISTED_HASH = {"no_hash": None, "wrong_hash": "0" * 64}
SECRET = {"authorization", "proxy-authorization"}
PAUSE = 0.05


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One request, with the answer's status; ``user`` is of its credentials, whose password is not kept.

    ``status`` is 0 where no answer is given at all, ``client`` the name in its certificate; names of
    headers are in lower case.
    """

    method: str
    path: str
    status: int
    user: str | None
    client: str | None
    headers: Mapping[str, str]


class IndexHandler(Handler):
    """Asks its stand for an answer and sends as much of it as that says."""

    def serve(self) -> None:
        answer = self.stand.answer(self.command, self.path, _lower(self.headers.items()), _client(self))
        if answer.silent and answer.stop == 0:
            self._fall_silent()
            return
        self._send_head(answer)
        body = b"" if self.command == "HEAD" else answer.body[: answer.stop]
        self._send_body(body, answer.rate)
        if answer.silent:
            self._fall_silent()
        elif answer.stop is not None:
            self.close_connection = True

    def _send_head(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()

    def _send_body(self, body: bytes, rate: int) -> None:
        if not rate:
            self.wfile.write(body)
            return
        step = max(1, int(rate * PAUSE))
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            self.wfile.flush()
            if self.stand.closing.wait(PAUSE):
                return

    def _fall_silent(self) -> None:
        self.wfile.flush()
        self.stand.closing.wait()
        self.close_connection = True


class PackageIndex(Stand):
    """Serves folders of wheels and source distributions, each as an index of its own.

    ``folders`` are by the place of their index: ``{"simple": ..., "whl/cu126": ...}``; files lie
    under ``/files/PLACE/``, so two indexes can have other files of one name.  A file that comes or
    goes while it runs is listed or not from then on.

    :param credentials: user and password that each request must bring.
    :param authority: serve with TLS, as ``names``.
    :param asks_client: want a client certificate of that authority.
    :param cacheable: give pages and files the lifetimes that large public indexes give them.
    :param metadata: offer what a wheel says of itself beside it (PEP 658).
    :param html_only: know pages of PEP 503 alone.
    :param missing_status: what an unknown project is answered with; object stores say 403.
    """

    def __init__(
        self,
        folders: Mapping[str, Path] | Path,
        *,
        credentials: tuple[str, str] | None = None,
        authority: Authority | None = None,
        names: tuple[str, ...] = LOOPBACK,
        asks_client: bool = False,
        cacheable: bool = False,
        metadata: bool = True,
        html_only: bool = False,
        missing_status: int = 404,
    ) -> None:
        context = None if authority is None else authority.server_context(*names, asks_client=asks_client)
        super().__init__(IndexHandler, context)
        self.folders = {"simple": folders} if isinstance(folders, Path) else dict(folders)
        self.requests: list[Seen] = []
        self.faults = Faults()
        self._credentials = credentials
        self._cacheable = cacheable
        self._metadata = metadata
        self._html_only = html_only
        self._missing_status = missing_status

    def url(self, place: str = "simple", *, user: str = "", password: str = "") -> str:
        """The address of an index, with credentials where they are given."""
        who = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
        return f"{self.origin.replace('://', '://' + who)}/{place}/"

    def put(self, place: str, fault: Fault) -> None:
        """From now on a path, a file of that name, or all (``*``) goes wrong so."""
        self.faults.put(place, fault)

    def heal(self) -> None:
        """All is well, and nothing has been asked."""
        self.faults.clear()
        self.requests.clear()

    def names_asked(self, place: str = "simple") -> set[str]:
        """The projects whose page an index was asked for."""
        start = f"/{place}/"
        asked = {seen.path.removeprefix(start).strip("/") for seen in self.requests if seen.path.startswith(start)}
        return {pages.normalize(name) for name in asked if name}

    def asked(self, name: str) -> list[Seen]:
        """The requests for a file of that name, or for exactly that path."""
        return [seen for seen in self.requests if name in (seen.path, _file_name(seen.path))]

    def answer(self, method: str, path: str, headers: Mapping[str, str], client: str | None) -> Answer:
        """What a request gets; it is kept in ``requests``."""
        path = unquote(urlsplit(path).path)
        given = basic_credentials(headers.get("authorization"))
        answer = self._answer(path, headers, given)
        seen = Seen(
            method=method,
            path=path,
            status=0 if answer.silent and answer.stop == 0 else answer.status,
            user=given[0] if given else None,
            client=client,
            headers={name: value for name, value in headers.items() if name not in SECRET},
        )
        self.requests.append(seen)
        return answer

    def _answer(self, path: str, headers: Mapping[str, str], given: tuple[str, str] | None) -> Answer:
        if self._credentials is not None and given != self._credentials:
            return Answer(status=401, headers={"WWW-Authenticate": 'Basic realm="stand"'}, body=b"who are you?\n")
        sound = self._file(path) if path.startswith(FILES) else self._page(path, headers.get("accept", ""))
        return fit(spoil(sound, self._fault(path)), headers)

    def _fault(self, path: str) -> Fault:
        places = (path, _file_name(path)) if path.startswith(FILES) else (path,)
        gone = self.faults.take([places[-1].removesuffix(METADATA)], {"vanish"})
        return gone if gone.kind != "ok" else self.faults.take(places, SERVED)

    def _file(self, path: str) -> Answer:
        place, _, name = path.removeprefix(FILES).rpartition("/")
        wanted = self.folders.get(place, Path("nowhere")) / name.removesuffix(METADATA)
        if not wanted.is_file() or (name.endswith(METADATA) and not self._metadata):
            return missing()
        body = metadata_of(wanted) if name.endswith(METADATA) else wanted.read_bytes()
        lifetime = {"Cache-Control": "max-age=365000000, immutable, public"} if self._cacheable else {}
        return _found(body, {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", **lifetime})

    def _page(self, path: str, accept: str) -> Answer:
        as_json = pages.JSON in accept and not self._html_only
        lifetime = {"Cache-Control": "max-age=600, public"} if self._cacheable else {}
        headers = {"Content-Type": pages.JSON if as_json else pages.HTML, **lifetime}
        if (place := path.strip("/")) in self.folders:
            projects = sorted({project_of(file) for file in self._files(place)})
            return _found(pages.render_projects(projects, as_json=as_json), headers)
        place, _, name = place.rpartition("/")
        files = [file for file in self._files(place) if project_of(file) == pages.normalize(name)]
        if not files:
            return missing(self._missing_status)
        listed = [self._listed(place, file) for file in files]
        return _found(pages.render_project(name, listed, as_json=as_json), headers)

    def _files(self, place: str) -> list[Path]:
        folder = self.folders.get(place)
        return distributions(folder) if folder else []

    def _listed(self, place: str, file: Path) -> pages.ListedFile:
        url = f"{FILES}{place}/{quote(file.name)}"
        one = list_file(file, url, metadata=self._metadata)
        fault = self.faults.take([f"{FILES}{place}/{file.name}", file.name], LISTED)
        return msgspec.structs.replace(one, sha256=LISTED_HASH[fault.kind]) if fault.kind in LISTED else one


def _found(body: bytes, headers: Mapping[str, str]) -> Answer:
    return Answer(status=200, headers={**headers, "ETag": f'"{sha256(body)[:32]}"'}, body=body)


def _file_name(path: str) -> str:
    return path.rpartition("/")[2]


def _lower(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


def _client(handler: Handler) -> str | None:
    """The name in the certificate that the client showed."""
    if not isinstance(handler.request, ssl.SSLSocket):
        return None
    certificate: dict[str, Any] = handler.request.getpeercert() or {}
    return {key: value for group in certificate.get("subject", ()) for key, value in group}.get("commonName")
