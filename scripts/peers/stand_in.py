"""A stand-in for a wheel index under its true address, for tools whose addresses are compiled in.

Tools are pointed at it as their proxy: what they send to the index ends here, everything else is
refused.  It speaks TLS with a certificate made for the occasion and serves PEP 503 pages with the
metadata beside each wheel (PEP 658), so that nothing has to be downloaded to choose.
"""

from __future__ import annotations

import html
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from .listing import Wheel

Pages = Mapping[str, tuple[Wheel, ...]]
"""Wheels by the build that a page is for."""


class Door(BaseHTTPRequestHandler):
    """Answers CONNECT to the index's host, and the requests that come through it."""

    protocol_version = "HTTP/1.1"
    host: str
    context: ssl.SSLContext
    texts: dict[str, str]

    def do_CONNECT(self) -> None:
        """Open the way to the index; any other host is out of reach."""
        known = self.path.rpartition(":")[0] == self.host
        self.send_response(200 if known else 502)
        self.end_headers()
        self.close_connection = not known
        if known:
            self.begin_tls()

    def begin_tls(self) -> None:
        """Go on in TLS; a tool may have opened a connection that it did not need."""
        try:
            self.connection = self.context.wrap_socket(self.connection, server_side=True)
        except OSError:
            self.close_connection = True
            return
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)

    def finish(self) -> None:
        """Close what TLS has put in the place of the connection."""
        super().finish()
        self.connection.close()

    def do_GET(self) -> None:
        """Serve a page or a wheel's metadata."""
        text = self.texts.get(unquote(urlsplit(self.path).path))
        body = (text or "").encode()
        self.send_response(404 if text is None else 200)
        self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base's
        """Say nothing."""


def write_texts(url: str, project: str, pages: Pages) -> dict[str, str]:
    """Every text of the index by path; ``url`` holds ``{variant}``."""
    texts = {}
    for variant, wheels in pages.items():
        folder = f"{unquote(urlsplit(url).path).replace('{variant}', variant)}/{project}/"
        texts[folder] = "<!DOCTYPE html><html><body>" + "".join(map(write_link, wheels)) + "</body></html>"
        for wheel in wheels:
            texts[f"{folder}{wheel.file}.metadata"] = write_metadata(project, wheel)
    return texts


def write_link(wheel: Wheel) -> str:
    """A wheel's line on a page."""
    attributes = f'data-requires-python="{html.escape(wheel.requires_python)}" data-core-metadata="true"'
    return f'<a href="{quote(wheel.file)}" {attributes}>{wheel.file}</a><br>'


def write_metadata(project: str, wheel: Wheel) -> str:
    """A wheel's METADATA, without dependencies."""
    fields = {"Metadata-Version": "2.1", "Name": project, "Version": wheel.version}
    if wheel.requires_python:
        fields["Requires-Python"] = wheel.requires_python
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def make_certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """An authority, and a certificate of its for a host with the key in one file; needs openssl."""
    authority, key, request, signed = (folder / name for name in ("ca.pem", "ca.key", "leaf.csr", "leaf.pem"))
    (folder / "names").write_text(f"subjectAltName=DNS:{host}\nbasicConstraints=CA:FALSE\n")
    fresh = "-newkey rsa:2048 -nodes"
    openssl(f"req -x509 {fresh} -days 2 -subj /CN=stand-in", keyout=key, out=authority)
    openssl(f"req {fresh} -subj /CN=leaf", keyout=folder / "leaf.key", out=request)
    inputs = {"in": request, "CA": authority, "CAkey": key, "extfile": folder / "names"}
    openssl("x509 -req -CAcreateserial -days 2", **inputs, out=signed)
    signed.write_text(signed.read_text() + (folder / "leaf.key").read_text())
    return authority, signed


def openssl(words: str, **files: Path) -> None:
    """Run an openssl command that has to work, its options that name files given by name."""
    options = [text for name, path in files.items() for text in (f"-{name}", str(path))]
    subprocess.run(["openssl", *words.split(), *options], check=True, capture_output=True)


@contextmanager
def serve_index(folder: Path, url: str, project: str, pages: Pages) -> Iterator[dict[str, str]]:
    """The environment variables that lead a tool to the stand-in, while it stands."""
    host = urlsplit(url).hostname or ""
    authority, certificate = make_certificate(folder, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    texts = write_texts(url, project, pages)
    door = type("IndexDoor", (Door,), {"host": host, "context": context, "texts": texts})
    server = ThreadingHTTPServer(("127.0.0.1", 0), door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    proxy = f"http://127.0.0.1:{server.server_port}"
    try:
        yield {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "SSL_CERT_FILE": str(authority)}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
