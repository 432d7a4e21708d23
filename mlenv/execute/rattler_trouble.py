"""What rattler raises, in words: its chain of causes as one line with a remedy.

The words are those of all programs, so that :mod:`mlenv.symptoms` knows them.
"""

from __future__ import annotations

import re

from mlenv.errors import InstallError
from mlenv.plan.conda_login import without_login
from mlenv.report.redact import mask_text

DAMAGED = "did not arrive as the lock has it"
_CERTIFICATE = "name the bundle that has your proxy's authority in SSL_CERT_FILE"
_LOGIN = "put the login into ~/.netrc; a client certificate is nothing that py-rattler can show"
_NETWORK = "check the network, proxy and channel settings, then run it again"
_CHANNEL = "the channel or a mirror serves another file than its listing names; tell who keeps it, or try another day"
_PHRASES = (
    ("hash mismatch", f"{DAMAGED}", _CHANNEL),
    ("decompression", f"{DAMAGED}", _CHANNEL),
    ("end of file before", f"{DAMAGED}", _NETWORK),
    ("error decoding response body", f"{DAMAGED}", _NETWORK),
    ("offline, and", "is not in the cache as the lock has it, and nothing is fetched offline", "leave out --offline"),
    ("invalid peer certificate", "comes from a server whose certificate is not trusted", _CERTIFICATE),
    ("builder error", "cannot be asked for: SSL_CERT_FILE names no readable bundle", _CERTIFICATE),
    ("No space left", "cannot be written: no space left on device", "free some space, then run it again"),
    ("Permission denied", "cannot be written: permission denied", "choose a place of your own"),
    ("dns error", "cannot be fetched: dns error, the server's name does not resolve", _NETWORK),
    ("Connection refused", "cannot be fetched: connection refused", _NETWORK),
    ("Network is unreachable", "cannot be fetched: network is unreachable", _NETWORK),
    ("timed out", "cannot be fetched: the connection timed out", _NETWORK),
)
# HTTP status client error (401 Unauthorized) for url (https://mirror.example/linux-64/a-1-0.conda)
_STATUS = re.compile(r"HTTP status \w+ error \((\d{3}) ?([^)]*)\)")
_FETCHED = re.compile(r"failed to (?:fetch|link) (\S+)")


# failed to fetch numpy-2.3.0-0.tar.bz2
# Caused by: failed to interact with the package cache layer.
# Caused by: error sending request for url (https://localhost:37203/noarch/numpy-2.3.0-0.tar.bz2)
# Caused by: client error (Connect)
# Caused by: invalid peer certificate: UnknownIssuer
def explain(error: BaseException) -> InstallError:
    """The trouble as one line, without a login."""
    text = str(error)
    fetched = _FETCHED.search(text)
    subject = fetched[1] if fetched else "a package"
    if status := _STATUS.search(text):
        said = f"HTTP {status[1]} {status[2]}".strip()
        hint = _LOGIN if status[1] in ("401", "403", "407") else _NETWORK
        return InstallError(f"{subject}: the channel refuses it ({said})", hint=hint)
    for sign, words, hint in _PHRASES:
        if sign in text:
            return InstallError(f"{subject} {words}{_hashes(text)}", hint=hint)
    lines = [line.removeprefix("Caused by: ").strip() for line in text.splitlines() if line.strip()]
    last = lines[-1] if lines else type(error).__name__
    return InstallError(f"{subject} could not be installed: {mask_text(without_login(last))}")


def is_damage(error: InstallError) -> bool:
    """Whether a file was other than it should be, so that fetching it anew may help."""
    return DAMAGED in error.message


def _hashes(text: str) -> str:
    match = re.search(r"expected ([0-9a-f]+), got ([0-9a-f]+)", text)
    return f" (hash {match[2]}, not {match[1]})" if match else ""
