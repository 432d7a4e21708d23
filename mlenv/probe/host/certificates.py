"""Files of certificates that variables name in place of the built-in ones."""

from __future__ import annotations

from mlenv.facts.system import Certificates
from mlenv.probe.log import Log
from mlenv.probe.paths import expand, is_windows
from mlenv.system.host import Host

# OpenSSL, uv and httpx; requests and conda; curl; pip; Node; AWS; git; gRPC, which talks to TPUs.
VARIABLES = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
    "AWS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
)
# OpenSSL takes a list of folders there: https://docs.openssl.org/master/man3/SSL_CTX_load_verify_locations
_LISTS = ("SSL_CERT_DIR",)


def read_certificates(host: Host, log: Log) -> tuple[Certificates, ...]:
    """Each file or folder that such a variable names, and whether it is there."""
    separator = ";" if is_windows(host) else ":"
    found = []
    for name in VARIABLES:
        value = host.environ.get(name, "")
        paths = value.split(separator) if name in _LISTS else [value]
        found += [_look_at(host, log, name, path) for path in paths if path]
    return tuple(found)


def _look_at(host: Host, log: Log, name: str, path: str) -> Certificates:
    subject = f"certificates.{name}"
    try:
        status = host.status(expand(host, path))
    except (FileNotFoundError, NotADirectoryError):
        log.absent(subject, path)
        return Certificates(origin=name, path=path, exists=False)
    except OSError as error:
        log.unreadable(subject, path, type(error).__name__)
        return Certificates(origin=name, path=path)
    if status.readable:
        log.found(subject, path)
    else:
        log.unreadable(subject, path, "this user may not read it")
    return Certificates(origin=name, path=path, exists=True)
