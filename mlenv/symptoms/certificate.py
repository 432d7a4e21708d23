"""Encrypted connections: certificates that are not trusted, and what is no encryption at all."""

from __future__ import annotations

from mlenv.symptoms.finding import words
from mlenv.symptoms.symptom import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        id="clock-wrong",
        layer="network",
        effect="permanent",
        about="address",
        meaning="the server's certificate is not valid yet: the clock of this machine is behind",
        remedies=(
            "look at the clock: `date` (Linux, macOS), `Get-Date` (Windows)",
            (
                "set it, as administrator: `timedatectl set-ntp true` (Linux), `sntp -sS time.apple.com` (macOS), "
                "`w32tm /resync` (Windows)"
            ),
        ),
        find=words(r"certificate is not yet valid", r"\bnotvalidyet\b", r"not valid yet"),
    ),
    Rule(
        id="certificate-expired",
        layer="network",
        effect="permanent",
        about="address",
        meaning="the server's certificate has expired, or the clock of this machine is ahead",
        remedies=(
            "look at the clock first: `date` (Linux, macOS), `Get-Date` (Windows)",
            "tell who keeps the server; a mirror serves meanwhile: --index-url",
            (
                "old certificates on this machine, as administrator: `apt install ca-certificates` "
                "or `dnf install ca-certificates`"
            ),
        ),
        find=words(
            r"certificate has expired", r"invalid peer certificate: expired", r"certexpired", r"certificate expired"
        ),
    ),
    Rule(
        id="certificate-of-another-host",
        layer="network",
        effect="permanent",
        about="address",
        meaning="the server's certificate is for another name than the one that was asked",
        remedies=(
            "correct the host in the address of the index or mirror",
            "a captive portal or proxy may answer in its place: log in to the network with a browser",
        ),
        find=words(
            r"notvalidforname",
            r"not valid for name",
            r"hostname mismatch",
            r"hostname '?[^\n']{1,200}'? doesn'?t match",
            r"ip address mismatch",
            r"no alternative certificate subject name matches",
        ),
    ),
    Rule(
        id="certificate-file-missing",
        layer="network",
        effect="permanent",
        about="path",
        meaning="the file of trusted certificates that is configured is missing or unreadable",
        remedies=(
            "correct or unset SSL_CERT_FILE, SSL_CERT_DIR, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and PIP_CERT",
            "look at `pip config list` (cert) and at ssl_verify in .condarc",
        ),
        find=words(
            r"could not find a suitable tls ca certificate bundle",
            r"could not find the tls certificate file",
            r"invalid ['`]?ssl_cert_(?:file|dir)",
            r"problem with the ssl ca cert",
            r"error setting certificate (?:verify locations|file)",
            r"(?:curl[: ]*\(|download error \()77\)",
            r"ca_?bundle[^\n]{0,200}(?:does not exist|no such file)",
        ),
    ),
    Rule(
        id="certificate-not-trusted",
        layer="network",
        effect="permanent",
        about="address",
        meaning="the server's certificate is signed by nobody whom this machine trusts, "
        "as where a company's proxy reads along",
        remedies=(
            "trust your organisation's root certificate: {trust}",
            (
                "a machine without any certificates, as administrator: `apt install ca-certificates` "
                "or `dnf install ca-certificates`"
            ),
        ),
        find=words(
            r"unknownissuer",
            r"certificate_verify_failed",
            r"certificate verify failed",
            r"self[- ]signed certificate",
            r"unable to get local issuer certificate",
            r"invalid peer certificate",
            r"ssl peer certificate or ssh remote key was not ok",
            r"ssl certificate problem",
            r"peer certificate cannot be authenticated",
            r"(?:curl[: ]*\(|download error \()60\)",
            r"certificate is not trusted",
            r"basic constraints of ca cert not marked critical",
            r"missing authority key identifier",
        ),
    ),
    Rule(
        id="ssl-module-missing",
        layer="network",
        effect="permanent",
        meaning="this Python cannot encrypt: it came without its ssl module, or cannot load OpenSSL",
        remedies=(
            "use another Python: `uv python install VERSION`",
            "conda on Windows: run it in the Anaconda Prompt, so that Library\\bin is on PATH",
            "a Python that you build yourself needs OpenSSL's headers (libssl-dev, openssl-devel) before",
        ),
        find=words(
            r"ssl module (?:in python )?is not available",
            r"openssl appears to be unavailable",
            r"can'?t connect to https url because the ssl module",
            r"no module named '?_ssl",
        ),
    ),
    Rule(
        id="encryption-not-spoken",
        layer="network",
        effect="permanent",
        about="address",
        meaning="the server does not answer in TLS: its address may be one of http, or something sits between",
        remedies=("write the address of the index with http:// where it is such a server", "check HTTPS_PROXY"),
        find=words(r"invalidcontenttype", r"wrong_version_number", r"record layer failure", r"packet length too long"),
    ),
    Rule(
        id="encryption-too-old",
        layer="network",
        effect="permanent",
        about="address",
        meaning="this machine and the server, or a proxy between them, have no way of encryption in common",
        remedies=(
            "update the package manager and Python",
            "ask who keeps the server or proxy to speak TLS 1.2 or newer",
        ),
        find=words(
            r"unsafe_legacy_renegotiation_disabled",
            r"handshake_?\s?failure",
            r"alert protocol.version",
            r"unsupported_protocol",
            r"dh_key_too_small",
            r"peerincompatible",
        ),
    ),
)
