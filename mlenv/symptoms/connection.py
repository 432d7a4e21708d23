"""Connections that were refused, cut, or too slow."""

from __future__ import annotations

from mlenv.symptoms.address import uv_says
from mlenv.symptoms.finding import either, system_error, words
from mlenv.symptoms.symptom import Rule

_AGAIN = "run it again: what is in the cache is not fetched twice"

RULES: tuple[Rule, ...] = (
    Rule(
        id="connection-refused",
        layer="network",
        effect="transient",
        about="address",
        meaning="nothing listens at that address and port, or a firewall refuses",
        remedies=(
            "check the address and port of the index or mirror; a service of your own may not run",
            "a machine that reaches the outside through a proxy only: set HTTPS_PROXY",
        ),
        find=either(
            words(
                r"connection refused", r"actively refused it", r"\beconnrefused\b", r"could ?n[o']t connect to server"
            ),
            system_error(posix=(111, 61), windows=(10061,)),
        ),
    ),
    Rule(
        id="download-broken-off",
        layer="network",
        effect="transient",
        about="address",
        meaning="a download broke off before its end",
        remedies=(_AGAIN, "on a weak line fetch fewer files at a time: UV_CONCURRENT_DOWNLOADS=2 (uv)"),
        find=words(
            r"end of file before message length reached",
            r"incompleteread",
            r"incomplete message",
            r"unexpected eof during chunk",
            r"error decoding response body",
            r"error reading a body from connection",
            r"response ended prematurely",
            r"transferred a partial file",
            r"(?:curl[: ]*\(|download error \()18\)",
            r"connection broken: invalidchunklength",
            r"download[^\n]{0,200}(?:size|length) (?:mismatch|does not match)",
            r"file size doesn'?t match",
        ),
    ),
    Rule(
        id="connection-cut",
        layer="network",
        effect="transient",
        about="address",
        meaning="the server, or something between, cut the connection",
        remedies=(
            _AGAIN,
            "a firewall or proxy may cut long downloads: use the mirror of your organisation (--index-url)",
        ),
        find=either(
            words(
                r"connection (?:was )?(?:forcibly )?(?:reset|aborted)",
                r"reset by peer",
                r"forcibly closed by the remote host",
                r"connection closed before message completed",
                r"remote end closed connection",
                r"remotedisconnected",
                r"empty reply from server",
                r"unexpected_eof_while_reading",
                r"eof occurred in violation of protocol",
                r"close_notify",
                r"stream error received",
                r"http/?2 (?:stream|error|framing)",
                r"unexpected eof while reading",
                r"(?:curl[: ]*\(|download error \()(?:35|52|55|56|92)\)",
                r"\bbroken pipe\b",
            ),
            system_error(posix=(104, 54, 103, 53), windows=(10054, 10053)),
        ),
    ),
    Rule(
        id="connection-timed-out",
        layer="network",
        effect="transient",
        about="address",
        meaning="the server did not answer in time",
        remedies=(
            f"{_AGAIN}; give it longer: {{patience}}",
            "a machine that reaches the outside through a proxy only: set HTTPS_PROXY",
        ),
        find=either(
            words(
                r"(?:operation|connection|request|read|connect|socket|handshake) (?:has )?timed out",
                r"(?:read|connect)timeout(?:error)?\b",
                r"timeouterror\b",
                r"deadline has elapsed",
                r"timeout was reached",
                r"did not properly respond after a period of time",
                r"gateway time-?out",
                r"read operation timed out",
                r"download error \(28\)",
                r"curl[: ]*\(28\)",
                r"failed to download distribution due to network timeout",
            ),
            system_error(posix=(110, 60), windows=(10060,)),
        ),
    ),
    Rule(
        id="index-unreachable",
        layer="server",
        effect="transient",
        about="address",
        meaning="the server could not be asked",
        remedies=(
            "check the network, HTTPS_PROXY and the address of the index; `mlenv probe` shows what is set",
            "name a mirror or a folder of wheels: --index-url, --find-links",
        ),
        find=words(
            r"http 000 connection failed",
            r"error sending request for url",
            r"max retries exceeded with url",
            r"failed to establish a new connection",
            r"newconnectionerror",
            r"connection broken by",
            r"client error \(connect\)",
            r"could not (?:connect to|reach) ",
            r"conda(?:http|connection)error: http 000",
        ),
    ),
    Rule(
        id="download-failed",
        layer="wrapper",
        effect="transient",
        about="address",
        meaning="something could not be downloaded",
        remedies=(_AGAIN, "check the network, HTTPS_PROXY and the address of the index"),
        find=either(uv_says("unreachable"), words(r"failed to (?:fetch|download)\b", r"download error")),
    ),
)
