"""Servers that answer, but not with what was asked."""

from __future__ import annotations

from mlenv.symptoms.address import uv_says
from mlenv.symptoms.finding import either, words
from mlenv.symptoms.symptom import Find, Rule


def answered(codes: str, *patterns: str) -> Find:
    """Finds a status of HTTP in the words of uv, pip, conda, libmamba and curl; ``codes`` is a pattern."""
    return words(
        rf"\bhttp status (?:client|server) error \((?:{codes})\b",
        rf"\b(?:{codes}) (?:client|server) error\b",
        rf"\bhttp(?:/[\d.]{{1,3}})?(?: error)?:? (?:{codes})\b",
        rf"\bstatus(?: ?code)?[: ]{{1,2}}\(?(?:{codes})\b",
        rf"returned error: (?:{codes})\b",
        *patterns,
    )


RULES: tuple[Rule, ...] = (
    Rule(
        id="login-needed",
        layer="server",
        effect="permanent",
        about="address",
        meaning="the server asks who you are, or does not accept the password or token",
        remedies=("log in: {login}", "a token may have run out: make a new one"),
        find=answered("401", r"\b401 unauthorized", r"\buser for [\w.:-]{1,200}: "),
    ),
    Rule(
        id="access-denied",
        layer="server",
        effect="permanent",
        about="address",
        meaning="the server, or a filter between, forbids the address",
        remedies=(
            "check the address of the index, and the login: {login}",
            "some mirrors forbid by country or by package: ask who keeps it, or use another (--index-url)",
        ),
        find=either(answered("403|451", r"\b403 forbidden", r"\b403: forbidden"), uv_says("refused")),
    ),
    Rule(
        id="too-many-requests",
        layer="server",
        effect="transient",
        about="address",
        meaning="the server was asked too often",
        remedies=(
            "wait some minutes, then run it again",
            "fewer at a time: UV_CONCURRENT_DOWNLOADS=2 (uv); or use a mirror",
        ),
        find=answered("429", r"\btoo many requests\b"),
    ),
    Rule(
        id="server-trouble",
        layer="server",
        effect="transient",
        about="address",
        meaning="the server has trouble of its own",
        remedies=("run it again in some minutes; its status page may tell more", "or use a mirror: --index-url"),
        find=answered(
            "5\\d\\d|408|425",
            r"\b50[0234] (?:internal|bad|service|gateway)",
            r"\binternal server error\b",
            r"\bservice unavailable\b",
            r"\bbad gateway\b",
        ),
    ),
    Rule(
        id="not-there",
        layer="server",
        effect="permanent",
        about="address",
        meaning="the server has no such page or file, or has it no longer",
        remedies=(
            "check the address of the index, channel or mirror",
            "a file that was withdrawn or a mirror that lags behind: make a new lock, or use another mirror",
        ),
        find=answered(
            "404|410",
            r"\b(?:404 not found|410 gone)",
            r"unavailableinvalidchannel",
            r"channel[^\n]{0,200}is not accessible or is invalid",
        ),
    ),
    Rule(
        id="not-an-index",
        layer="server",
        effect="permanent",
        about="address",
        meaning="what came is no package index: a login page of the network, or a wrong address",
        remedies=(
            "open the address in a browser; log in where a network's portal asks for it",
            "check the address of the index: most end in /simple",
        ),
        find=words(
            r"(?:unsupported|missing) ['`]?content-type",
            r"the only supported content-types are",
            r"received some unexpected (?:json|html)",
            r"expecting value: line 1 column 1",
            r"jsondecodeerror",
            r"(?:invalid|failed to parse|error parsing)[^\n]{0,40} repodata",
            r"<!doctype html",
            r"got content-type: ",
            r"json\.exception\.parse_error",
        ),
    ),
    Rule(
        id="request-refused",
        layer="server",
        effect="permanent",
        about="address",
        meaning="the server refuses the request",
        remedies=("check the address of the index or mirror, and open it in a browser",),
        find=answered("4(?!01|03|04|07|08|10|25|29|51)\\d\\d"),
    ),
)
