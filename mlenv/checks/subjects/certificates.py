"""Networks between an installer and its index: certificates, proxies, hosts."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import quote, quote_line
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.messages import present
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.situation import variable
from mlenv.checks.wording import told_text
from mlenv.matrix.load import Matrix
from mlenv.symptoms.explain import explain_all
from mlenv.symptoms.symptom import Symptom

_NETWORK = (
    "name-not-resolved",
    "no-route",
    "connection-refused",
    "connection-timed-out",
    "connection-cut",
    "index-unreachable",
    "download-broken-off",
    "network-forbidden",
    "server-trouble",
)
_PROXY = ("proxy-wants-login", "proxy-setting-wrong", "proxy-refuses", "proxy-unreachable")
_CLUES = ("certificate-not-trusted", "proxy-trouble", "network-trouble")


def _read(case: Case) -> tuple[Symptom, ...]:
    """What the text says of the network; nothing is searched where no message speaks of it."""
    if case.clue(*_CLUES) is None:
        raise Skip("no message is about the network")
    return explain_all(told_text(case))


@check("tls-interception-untrusted-ca", subject="environment")
def tls_interception(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A certificate that nobody here trusts, as where a company's proxy reads along."""
    clue = case.clue("certificate-not-trusted")
    if clue is None:
        raise Skip("no message is about certificates")
    other = next((row for row in _read(case) if row.id in _OTHER_CERTIFICATES), None)
    if other is not None:
        raise Skip(other.meaning)
    fix = _trust(case)
    yield Finding(
        id="tls-interception-untrusted-ca",
        severity="error",
        title="The server's certificate is signed by nobody whom this machine trusts",
        cause="Most often a company's proxy or a virus scanner opens the encrypted connection and signs it anew "
        "with a root certificate that Python does not know.",
        evidence=quote(clue),
        fix=fix,
        grade="named",
        explains=present(case, "certificate-not-trusted", "network-trouble", "no-matching-distribution"),
    )


_SYSTEM_CERTIFICATES = "uv pip install --system-certs PACKAGE"
_OTHER_CERTIFICATES = ("clock-wrong", "certificate-of-another-host", "certificate-file-missing")


def _trust(case: Case) -> tuple[Fix, ...]:
    windows = case.machine.os.family == "windows"
    setting = "$env:{} = 'C:\\path\\to\\root.pem'" if windows else "export {}=/path/to/root.pem"
    return (
        Fix(text="Let uv trust what the system trusts (before 0.11: --native-tls)", command=_SYSTEM_CERTIFICATES),
        Fix(
            text="Or ask for your organisation's root certificate, and name it to pip",
            command=setting.format("PIP_CERT"),
        ),
        Fix(text="And to requests, which downloads models", command=setting.format("REQUESTS_CA_BUNDLE")),
    )


@check("proxy-needed", subject="environment")
def proxy_needed(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A proxy that does not answer, asks for a login, or is written wrong."""
    symptom = next((row for row in _read(case) if row.id in _PROXY), None)
    if symptom is None:
        return
    yield Finding(
        id="proxy-needed",
        severity="error",
        title="The proxy does not let the installer through",
        cause=f"{symptom.meaning[0].upper()}{symptom.meaning[1:]}.",
        evidence=(quote_line(symptom.evidence),),
        fix=tuple(Fix(text=remedy) for remedy in symptom.remedies),
        grade="named",
        explains=present(case, *_CLUES[1:], "no-matching-distribution"),
    )


@check("index-unreachable", subject="environment")
def index_unreachable(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A package index that does not answer."""
    symptoms = _read(case)
    if case.clue("certificate-not-trusted") or any(row.id in _PROXY for row in symptoms):
        raise Skip("a nearer cause is named")
    symptom = next((row for row in symptoms if row.id in _NETWORK), None)
    if symptom is None or case.clue("installing", *_INSTALLERS) is None:
        return
    proxy = variable(case, "HTTPS_PROXY", "https_proxy")
    yield Finding(
        id="index-unreachable",
        severity="error",
        title="The package index does not answer",
        cause=f"{symptom.meaning[0].upper()}{symptom.meaning[1:]}.",
        evidence=(quote_line(symptom.evidence), *(() if proxy is None else ("a proxy is set",))),
        fix=tuple(Fix(text=remedy) for remedy in symptom.remedies),
        grade="named",
        explains=present(case, "network-trouble", "no-matching-distribution"),
    )


_INSTALLERS = ("no-matching-distribution", "build-failed", "downloading")
