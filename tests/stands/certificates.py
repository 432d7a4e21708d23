"""An authority of one's own: certificates for servers, clients, and a proxy that reads along."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme

LOOPBACK: tuple[str, ...] = ("127.0.0.1", "localhost")


class Authority:
    """Signs certificates; ``bundle`` is the file (PEM) that lets a client trust them."""

    def __init__(self, folder: Path, name: str = "stand") -> None:
        self._folder = folder
        self._name = name
        self._ca = trustme.CA(organization_name=f"The {name} authority")
        folder.mkdir(parents=True, exist_ok=True)
        self.bundle = folder / f"{name}-authority.pem"
        self._ca.cert_pem.write_to_path(str(self.bundle))

    def server_context(self, *names: str, asks_client: bool = False) -> ssl.SSLContext:
        """What a server of those names speaks TLS with.

        ``asks_client`` lets in only those that show a certificate of this authority.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names).configure_cert(context)
        if asks_client:
            context.verify_mode = ssl.CERT_REQUIRED
            self._ca.configure_trust(context)
        return context

    def client_certificate(self, name: str = "somebody") -> Path:
        """A file (PEM) with the certificate of that client and its key."""
        identity = self._ca.issue_cert(f"{name}@example.org", common_name=name)
        path = self._folder / f"{self._name}-client-{name}.pem"
        identity.private_key_and_cert_chain_pem.write_to_path(str(path))
        return path
