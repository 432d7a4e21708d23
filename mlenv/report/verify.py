"""The verification: ``mlenv verify``."""

from __future__ import annotations

from mlenv.matrix.load import DataVersion
from mlenv.report.document import Document
from mlenv.verify.result import Result, Verification

SCHEMA = "mlenv.verify/1"
WORDS = {"pass": "pass", "warn": "warn", "fail": "FAIL", "skip": "skip", "error": "ERROR"}


class VerifyDocument(Document, frozen=True, kw_only=True):
    """What was checked in an environment, and how it went."""

    environment: str
    status: str
    results: tuple[Result, ...]


def make_document(verification: Verification, data: DataVersion) -> VerifyDocument:
    """A verification as a document."""
    return VerifyDocument(
        schema=SCHEMA,
        matrix_version=data.version,
        matrix_digest=data.digest,
        environment=verification.environment,
        status=verification.status,
        results=verification.results,
    )


def render_text(document: VerifyDocument) -> str:
    """A line per check, problems in full, and a closing line."""
    lines = [f"Environment {document.environment}"]
    lines += [render_result(result) for result in document.results]
    lines += ["", closing_line(document)]
    return "\n".join(lines) + "\n"


def render_result(result: Result) -> str:
    """``pass  torch 2.13.0+cpu  compute  cpu  0.1 s  512 products equal``."""
    name = f"{result.framework} {result.version or ''}".strip()
    head = f"  {WORDS[result.status]:<6}{name:<28}{result.check:<10}{result.device or '':<8}{result.seconds:>6.1f} s"
    return f"{head}  {result.detail}".rstrip()


def render_proof(verification: Verification) -> list[str]:
    """A line per framework: the number that was computed, and where; problems below it."""
    proofs = {}
    for result in verification.results:
        if result.status == "pass" and (result.check == "compute" or result.framework not in proofs):
            proofs[result.framework] = result
    names = {name: f"{name} {result.version or ''}".rstrip() for name, result in proofs.items()}
    width = max((len(name) for name in names.values()), default=0)
    lines = [
        f"  {names[name]:<{width}}  {result.device or '':<6}  {result.detail}".rstrip()
        for name, result in proofs.items()
    ]
    return lines + [render_result(result) for result in verification.results if result.status not in ("pass", "skip")]


def closing_line(document: VerifyDocument) -> str:
    """The verdict in one sentence."""
    frameworks = {result.framework for result in document.results}
    bad = {result.framework for result in document.results if result.status in ("fail", "error")}
    if document.status == "unknown":
        return "Nothing could be checked, so nothing is proven."
    if bad:
        return f"{len(bad)} of {len(frameworks)} frameworks do not work: {', '.join(sorted(bad))}."
    devices = sorted({result.device for result in document.results if result.device})
    count = "1 framework" if len(frameworks) == 1 else f"{len(frameworks)} frameworks"
    return f"{count} imported and computed correctly on {' and '.join(devices) or 'this machine'}."
