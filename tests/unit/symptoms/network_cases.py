"""Texts about the network: proxies, certificates, connections, answers of servers."""

# ruff: noqa: E501 - other programs write long lines

from __future__ import annotations

from tests.unit.symptoms.case import Case

SIMPLE = "https://files.example.org/simple/torch/"
NONE = (
    "ERROR: Could not find a version that satisfies the requirement torch==2.9.1 (from versions: none)\n"
    "ERROR: No matching distribution found for torch==2.9.1\n"
)


def fetch(*causes: str, url: str = SIMPLE) -> str:
    """The error of uv 0.13 for a request that failed."""
    chain = (f"Failed to fetch: {url}", f"error sending request for url ({url})", *causes)
    return "error: Request failed after 3 retries in 8.7s\n" + "".join(f"  cause: {cause}\n" for cause in chain)


def answered(status: str, kind: str = "client") -> str:
    """The error of uv 0.13 for an answer that is none."""
    return f"error: Failed to fetch: {SIMPLE}\n  cause: HTTP status {kind} error ({status}) for url ({SIMPLE})\n"


def pool(cause: str) -> str:
    """What pip says of a request that failed."""
    return (
        f"Could not fetch URL {SIMPLE}: There was a problem: HTTPSConnectionPool(host='files.example.org', port=443): "
        f"Max retries exceeded with url: /simple/torch/ (Caused by {cause}) - skipping\n{NONE}"
    )


def retry(cause: str) -> str:
    """What pip says of a request that it repeats."""
    return f"WARNING: Retrying (Retry(total=0)) after connection broken by '{cause}': /simple/torch/\n{NONE}"


CASES = (
    # proxies
    Case("proxy-wants-login", fetch("client error (Connect)", "tunnel error: proxy authorization required"), SIMPLE),
    Case("proxy-wants-login", answered("407 Proxy Authentication Required"), SIMPLE),
    Case(
        "proxy-wants-login",
        retry(
            "ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy Authentication Required'))"
        ),
    ),
    Case(
        "proxy-wants-login",
        "critical libmamba Download error (56) Failure when receiving data from the peer [https://mirror.example.org/noarch/repodata.json.zst]\nCONNECT tunnel failed, response 407",
    ),
    Case(
        "proxy-setting-wrong",
        "ERROR: Could not install packages due to an OSError: Missing dependencies for SOCKS support.",
    ),
    Case("proxy-setting-wrong", "ValueError: check_hostname requires server_hostname"),
    Case("proxy-refuses", fetch("client error (Connect)", "tunnel error: unsuccessful"), SIMPLE),
    Case(
        "proxy-refuses",
        retry("ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 403 Forbidden'))"),
    ),
    Case(
        "proxy-unreachable",
        fetch(
            "client error (Connect)",
            "tunnel error: failed to create underlying connection",
            "tcp connect error",
            "Connection refused (os error 111)",
        ),
    ),
    Case("proxy-unreachable", "ProxyError: Conda cannot proceed due to an error in your proxy configuration.\n"),
    Case(
        "proxy-unreachable",
        "critical libmamba Download error (5) Couldn't resolve proxy name [https://m.example.org/a]",
    ),
    # certificates
    Case("certificate-not-trusted", fetch("client error (Connect)", "invalid peer certificate: UnknownIssuer"), SIMPLE),
    Case("certificate-not-trusted", fetch("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))"), SIMPLE),
    Case(
        "certificate-not-trusted",
        pool(
            "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain (_ssl.c:1006)'))"
        ),
    ),
    Case(
        "certificate-not-trusted",
        "critical libmamba Download error (60) SSL peer certificate or SSH remote key was not OK [https://m.example.org/noarch/repodata.json.zst]",
        "https://m.example.org/noarch/repodata.json.zst",
    ),
    Case(
        "certificate-not-trusted",
        "CondaSSLError: Encountered an SSL error. Most likely a certificate verification issue.\n\nException: HTTPSConnectionPool: [SSL: CERTIFICATE_VERIFY_FAILED]",
    ),
    Case(
        "certificate-expired",
        fetch("invalid peer certificate: certificate expired: verification time 1 (UNIX)"),
        SIMPLE,
    ),
    Case(
        "certificate-expired",
        pool(
            "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)'))"
        ),
    ),
    Case(
        "clock-wrong",
        pool(
            "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate is not yet valid (_ssl.c:1006)'))"
        ),
    ),
    Case("clock-wrong", fetch("invalid peer certificate: NotValidYet")),
    Case("certificate-of-another-host", fetch("invalid peer certificate: NotValidForName")),
    Case(
        "certificate-of-another-host",
        pool(
            "SSLError(SSLCertVerificationError(1, \"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid for 'files.example.org'. (_ssl.c:1006)\"))"
        ),
    ),
    Case(
        "certificate-file-missing",
        "warning: Invalid `SSL_CERT_FILE`. Path does not exist: /etc/company.pem. No default certificates will be trusted.\n"
        + fetch("client error (Connect)", "invalid peer certificate: UnknownIssuer"),
        "/etc/company.pem",
    ),
    Case(
        "certificate-file-missing",
        "ERROR: Could not install packages due to an OSError: Could not find a suitable TLS CA certificate bundle, invalid path: /etc/company.pem",
        "/etc/company.pem",
    ),
    Case(
        "ssl-module-missing", pool('SSLError("Can\'t connect to HTTPS URL because the SSL module is not available.")')
    ),
    Case(
        "ssl-module-missing",
        "CondaSSLError: OpenSSL appears to be unavailable on this machine. OpenSSL is required to\ndownload and install packages.",
    ),
    Case(
        "encryption-not-spoken", fetch("client error (Connect)", "received corrupt message of type InvalidContentType")
    ),
    Case(
        "encryption-not-spoken",
        pool("SSLError(SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)'))"),
    ),
    Case(
        "encryption-too-old",
        pool(
            "SSLError(SSLError(1, '[SSL: UNSAFE_LEGACY_RENEGOTIATION_DISABLED] unsafe legacy renegotiation disabled (_ssl.c:1006)'))"
        ),
    ),
    # names and ways
    Case(
        "network-forbidden",
        "error: No solution found when resolving dependencies\n  cause: Because torch was not found in the cache and you require torch, we can conclude that your requirements are unsatisfiable.\n\nhint: Packages were unavailable because the network was disabled.\n",
    ),
    Case(
        "name-not-resolved",
        fetch("client error (Connect)", "dns error", "failed to lookup address information: Name or service not known"),
        SIMPLE,
    ),
    Case(
        "name-not-resolved",
        fetch("client error (Connect)", "Der angegebene Host ist unbekannt. (os error 11001)"),
        SIMPLE,
    ),
    Case(
        "name-not-resolved",
        retry(
            "NewConnectionError('<HTTPSConnection>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')"
        ),
    ),
    Case(
        "name-not-resolved",
        retry(
            "NewConnectionError('<HTTPSConnection>: Failed to establish a new connection: [Errno 8] nodename nor servname provided, or not known')"
        ),
    ),
    Case(
        "name-not-resolved",
        "critical libmamba Download error (6) Couldn't resolve host name [https://m.example.org/a.json.zst]",
        "https://m.example.org/a.json.zst",
    ),
    Case(
        "name-not-resolved",
        "Error:   × failed to fetch https://m.example.org/noarch/repodata.json.zst\n  ├─▶ error sending request for url\n"
        "  │   (https://m.example.org/noarch/repodata.json.zst)\n  ├─▶ client error (Connect)\n  ├─▶ dns error\n"
        "  ╰─▶ failed to lookup address information: Temporary failure in name resolution\n",
    ),
    Case(
        "no-route",
        retry(
            "NewConnectionError('<HTTPSConnection>: Failed to establish a new connection: [Errno 101] Das Netzwerk ist nicht erreichbar')"
        ),
    ),
    Case("no-route", fetch("client error (Connect)", "tcp connect error", "Network is unreachable (os error 101)")),
    Case("no-route", fetch("client error (Connect)", "tcp connect error", "没有到主机的路由 (os error 113)")),
    # connections
    Case(
        "connection-refused",
        fetch("client error (Connect)", "tcp connect error", "Connection refused (os error 111)"),
        SIMPLE,
    ),
    Case(
        "connection-refused",
        fetch("client error (Connect)", "由于目标计算机积极拒绝，无法连接。 (os error 10061)"),
        SIMPLE,
    ),
    Case(
        "connection-refused",
        retry(
            "NewConnectionError('<HTTPConnection>: Failed to establish a new connection: [Errno 61] Connection refused')"
        ),
    ),
    Case("connection-cut", fetch("client error (SendRequest)", "connection closed before message completed"), SIMPLE),
    Case("connection-cut", fetch("Connection reset by peer (os error 104)"), SIMPLE),
    Case(
        "connection-cut",
        retry(
            "ConnectionResetError(10054, 'Eine vorhandene Verbindung wurde vom Remotehost geschlossen', None, 10054, None)"
        ),
    ),
    Case(
        "connection-cut",
        "ERROR: Exception:\nTraceback (most recent call last):\nConnectionResetError: [WinError 10054] 远程主机强迫关闭了一个现有的连接。\n",
    ),
    Case(
        "connection-cut",
        retry(
            "SSLEOFError(8, '[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol (_ssl.c:1006)')"
        ),
    ),
    Case("connection-timed-out", fetch("operation timed out"), SIMPLE),
    Case(
        "connection-timed-out",
        "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='files.example.org', port=443): Read timed out.",
    ),
    Case(
        "connection-timed-out",
        fetch(
            "client error (Connect)",
            "tcp connect error",
            "Die Wartezeit für die Verbindung ist abgelaufen (os error 110)",
        ),
    ),
    Case(
        "connection-timed-out",
        "critical libmamba Download error (28) Timeout was reached [https://m.example.org/a.conda]",
    ),
    Case(
        "connection-timed-out",
        f"error: Failed to download distribution due to network timeout. Try increasing UV_HTTP_TIMEOUT (current value: 30s).\n{SIMPLE}",
    ),
    Case(
        "connection-timed-out",
        "Downloading nvidia-cublas\n" + retry('ReadTimeoutError("Read timed out. (read timeout=15)")'),
        None,
        {"timed_out": True},
    ),
    Case(
        "download-broken-off",
        "error: Failed to download `torch==2.9.1`\n  cause: Failed to write to the distribution cache\n"
        "  cause: error decoding response body\n  cause: request or response body error\n"
        "  cause: end of file before message length reached\n",
        "torch==2.9.1",
    ),
    Case(
        "download-broken-off",
        "pip._vendor.urllib3.exceptions.ProtocolError: ('Connection broken: IncompleteRead(1048576 bytes read, 779431 more expected)', IncompleteRead)",
    ),
    Case(
        "download-broken-off",
        'error    libmamba File not valid: file size doesn\'t match expectation "/opt/pkgs/mkl.conda"\nExpected: 10\nActual: 3\ncritical libmamba Found incorrect downloads. Aborting',
    ),
    Case(
        "index-unreachable",
        "CondaHTTPError: HTTP 000 CONNECTION FAILED for url <https://m.example.org/noarch/repodata.json>\nElapsed: -\n",
        "https://m.example.org/noarch/repodata.json",
    ),
    Case("index-unreachable", fetch("client error (Connect)"), SIMPLE),
    Case("download-failed", f"error: Failed to fetch: {SIMPLE}\n  cause: something new\n", SIMPLE),
    # answers
    Case(
        "login-needed",
        f"error: No solution found when resolving dependencies\n  cause: Because torch was not found in the package registry and you require torch, we can conclude that your requirements are unsatisfiable.\n\nhint: An index URL ({SIMPLE}) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)",
        SIMPLE,
    ),
    Case(
        "login-needed",
        f"ERROR: HTTP error 401 while getting {SIMPLE}\nERROR: 401 Client Error: Unauthorized for url: {SIMPLE}",
        SIMPLE,
    ),
    Case(
        "login-needed", "CondaHTTPError: HTTP 401 UNAUTHORIZED for url <https://m.example.org/t/noarch/repodata.json>"
    ),
    Case(
        "access-denied",
        f"error: No solution found when resolving dependencies\n  cause: Because torch was not found in the package registry and you require torch, we can conclude that your requirements are unsatisfiable.\n\nhint: An index ({SIMPLE}) returned a 403 Forbidden error. Check that the index URL is correct and the credentials are valid.",
        SIMPLE,
    ),
    Case(
        "access-denied",
        "  × No solution found when resolving dependencies:\n"
        "  ╰─▶ Because torch was not found in the package registry and you require\n"
        "      torch, we can conclude that your requirements are unsatisfiable.\n\n"
        "      \x1b[36mhint\x1b[0m: An index URL (https://files.example.org/simple/torch/) could not\n"
        "      be queried due to a lack of valid authentication credentials (\x1b[31m403\n"
        "      Forbidden\x1b[39m).\n",
        SIMPLE,
    ),
    Case(
        "access-denied",
        "critical libmamba Transfer finalized, status: 403 [https://m.example.org/noarch/repodata.json], 150 bytes",
    ),
    Case(
        "too-many-requests",
        "error: Request failed after 3 retries in 9.0s\n" + answered("429 Too Many Requests"),
        SIMPLE,
    ),
    Case("too-many-requests", f"ERROR: HTTP error 429 while getting {SIMPLE}"),
    Case("server-trouble", answered("503 Service Unavailable", "server"), SIMPLE),
    Case("server-trouble", f"ERROR: 500 Server Error: Internal Server Error for url: {SIMPLE}", SIMPLE),
    Case("server-trouble", "CondaHTTPError: HTTP 502 BAD GATEWAY for url <https://m.example.org/a.conda>"),
    Case("not-there", answered("410 Gone"), SIMPLE),
    Case("not-there", f"ERROR: HTTP error 404 while getting {SIMPLE}torch.whl\n"),
    Case(
        "not-there",
        "UnavailableInvalidChannel: HTTP 404 NOT FOUND for channel nobody <https://m.example.org/nobody>\n\nThe channel is not accessible or is invalid.",
        "https://m.example.org/nobody",
    ),
    Case(
        "not-an-index",
        'error: Unsupported `Content-Type` "text/plain" for `https://wifi.example.org/login/`. Expected JSON or HTML.',
        "https://wifi.example.org/login/",
    ),
    Case(
        "not-an-index",
        f"WARNING: Skipping page {SIMPLE} because the GET request got Content-Type: text/plain. The only supported Content-Types are text/html\n{NONE}",
    ),
    Case("not-an-index", "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
    Case("request-refused", answered("418 I'm a Teapot"), SIMPLE),
)
