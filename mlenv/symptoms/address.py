"""Names and addresses that lead nowhere, and networks that may not be used."""

from __future__ import annotations

from functools import lru_cache

from mlenv.formats.uv_failure import UvFailure, parse_uv_failure
from mlenv.symptoms.finding import either, system_error, words
from mlenv.symptoms.symptom import Find, Rule, Sign
from mlenv.symptoms.wording import Wording


def uv_says(kind: str) -> Find:
    """Finds one of the kinds of failure that :mod:`mlenv.formats.uv_failure` tells apart."""
    return lambda wording: _find_failure(wording, kind)


@lru_cache(maxsize=2)  # several rows ask about the same text
def read_failure(text: str) -> UvFailure:
    """What :func:`~mlenv.formats.uv_failure.parse_uv_failure` reads in a text."""
    return parse_uv_failure(text)


def _find_failure(wording: Wording, kind: str) -> Sign | None:
    failure = read_failure(wording.text)
    if failure.kind != kind:
        return None
    start = max(0, wording.text.find(failure.subject)) if failure.subject else _last_error(wording.text)
    return Sign(start, start + len(failure.subject), failure.subject.rstrip("`."))


def _last_error(text: str) -> int:
    """Where the error begins that uv ends with."""
    return max(0, text.rfind("error:"))


RULES: tuple[Rule, ...] = (
    Rule(
        id="network-forbidden",
        layer="network",
        effect="permanent",
        meaning="the network may not be used, and the cache has not all that is needed",
        remedies=(
            "run it once with the network: without --offline and UV_OFFLINE",
            "or name a folder of wheels: --find-links FOLDER",
        ),
        find=either(
            words(
                r"network (?:was|is) disabled",
                r"network connectivity is disabled",
                r"offlineerror",
                r"cannot (?:be )?(?:fetch|download)(?:ed)?[^\n]{0,60}offline mode",
                r"was not found in the cache and you require",
            ),
            uv_says("offline"),
        ),
    ),
    Rule(
        id="name-not-resolved",
        layer="network",
        effect="transient",
        about="address",
        meaning="the name of the host leads to no address: a typing error, no network, or no name server",
        remedies=(
            "try it: `nslookup HOST`; check the address of the index or mirror, and the VPN",
            "a machine that reaches the outside through a proxy only: set HTTPS_PROXY",
            "a compute node without a network: install on the login node",
        ),
        find=either(
            words(
                r"name or service not known",
                r"temporary failure in name resolution",
                r"nodename nor servname",
                r"getaddrinfo failed",
                r"failed to lookup address information",
                r"\bdns error\b",
                r"nameresolutionerror",
                r"could not resolve host",
                r"couldn'?t resolve host",
                r"no such host is known",
                r"no address associated with hostname",
                r"(?:curl[: ]*\(|download error \()6\)",
            ),
            system_error(windows=(11001, 11002, 11003, 11004)),
        ),
    ),
    Rule(
        id="no-route",
        layer="network",
        effect="transient",
        about="address",
        meaning="no way leads to the host: there is no network, or a firewall forbids it",
        remedies=(
            "check the network and the VPN; a container may have none (--network none)",
            "a machine that reaches the outside through a proxy only: set HTTPS_PROXY",
        ),
        find=either(
            words(r"network is unreachable", r"no route to host", r"host is (?:down|unreachable)", r"\benetunreach\b"),
            system_error(posix=(101, 113, 51, 65), windows=(10051, 10065, 10050)),
        ),
    ),
)
