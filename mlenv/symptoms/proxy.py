"""Proxies: asked for a password, unwilling, out of reach, or written wrongly."""

from __future__ import annotations

from mlenv.symptoms.finding import words
from mlenv.symptoms.symptom import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        id="proxy-wants-login",
        layer="network",
        effect="permanent",
        about="address",
        meaning="the proxy asks for a user and password",
        remedies=(
            (
                "put them into HTTPS_PROXY and HTTP_PROXY (http://USER:PASSWORD@HOST:PORT, with @ : / in them written "
                "as %40 %3A %2F), kept where only you can read"
            ),
            "a proxy that speaks NTLM or Kerberos only: run a local one that logs in for you (px, cntlm)",
        ),
        find=words(
            r"\b407 proxy",
            r"proxy authentication required",
            r"proxy authorization required",
            r"(?:response|http code|tunnel connection failed:|status code:?|status:) 407\b",
            r"\b407 client error",
        ),
    ),
    Rule(
        id="proxy-setting-wrong",
        layer="network",
        effect="permanent",
        meaning="the address of the proxy is not one that this program understands",
        remedies=(
            "write HTTPS_PROXY as http://HOST:PORT: the scheme is that of the proxy, mostly http",
            "for SOCKS with pip: `pip install pysocks`",
        ),
        find=words(
            r"invalidproxyurl",
            r"proxyschemeunknown",
            r"proxy url had no scheme",
            r"missing dependencies for socks support",
            r"unknown proxy scheme",
            r"unsupported proxy (?:syntax|scheme)",
            r"check_hostname requires server_hostname",
            r"your proxy appears to only use http and not https",
            r"failed to parse[^\n]{0,30} proxy",
        ),
    ),
    Rule(
        id="proxy-refuses",
        layer="network",
        effect="permanent",
        about="address",
        meaning="the proxy will not pass this address on",
        remedies=(
            "ask who keeps the proxy to allow the address, or for the mirror that is allowed: --index-url",
            "an address inside your network needs no proxy: add its host to NO_PROXY",
        ),
        find=words(
            r"tunnel error: unsuccessful",
            r"tunnel connection failed: (?!407)\d{3}",
            r"connect tunnel failed, response (?!407)\d{3}",
            r"received http code (?!407)\d{3} from proxy",
            r"tunnel error: unexpected end of file",
        ),
    ),
    Rule(
        id="proxy-unreachable",
        layer="network",
        effect="transient",
        about="address",
        meaning="the proxy does not answer",
        remedies=(
            (
                "see which is set: `env | grep -i proxy` (Linux, macOS), `Get-ChildItem Env:*proxy*` (Windows), "
                "`pip config list`, .condarc"
            ),
            "correct HTTPS_PROXY and HTTP_PROXY, or unset them where none is needed",
        ),
        find=words(
            r"tunnel error: failed to create underlying connection",
            r"\bproxyerror\b",
            r"cannot connect to proxy",
            r"unable to connect to proxy",
            r"couldn'?t resolve proxy",
            r"could not resolve proxy",
            r"(?:curl[: ]*\(|download error \()5\)",
        ),
    ),
)
