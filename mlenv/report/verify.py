"""The verification: ``mlenv verify``."""

from __future__ import annotations

from mlenv.matrix.load import DataVersion
from mlenv.report.document import Document
from mlenv.verify.result import Level, Result, Verification

SCHEMA = "mlenv.verify/1"
WORDS = {"pass": "pass", "warn": "warn", "fail": "FAIL", "skip": "skip", "error": "ERROR"}
BEFORE_COMPUTING = frozenset({"import", "version", "device", "exit"})
"""Checks that prove no computation."""


class VerifyDocument(Document, frozen=True, kw_only=True):
    """What was checked in an environment, and how it went.

    ``level`` is how much was checked, ``policy`` the name of the policy that was asked for.
    """

    environment: str
    level: Level = "quick"
    policy: str = ""
    status: str
    results: tuple[Result, ...]


def make_document(verification: Verification, data: DataVersion, policy: str = "") -> VerifyDocument:
    """A verification as a document."""
    return VerifyDocument(
        schema=SCHEMA,
        matrix_version=data.version,
        matrix_digest=data.digest,
        environment=verification.environment,
        level=verification.level,
        policy=policy,
        status=verification.status,
        results=verification.results,
    )


def render_result(result: Result) -> str:
    """``pass  torch 2.13.0+cpu  compute  cpu  0.1 s  512 products equal``."""
    name = f"{result.framework} {result.version or ''}".strip() or result.group
    head = f"  {WORDS[result.status]:<6}{name:<28}{result.check:<10}{result.device or '':<8}{result.seconds:>6.1f} s"
    return f"{head}  {result.detail}".rstrip()


def render_proof(verification: Verification) -> list[str]:
    """A line per framework: the number that was computed, and where; problems below it."""
    frameworks = [result for result in verification.results if result.group == "framework"]
    proofs = find_proofs(frameworks)
    names = {name: f"{name} {result.version or ''}".rstrip() for name, result in proofs.items()}
    width = max((len(name) for name in names.values()), default=0)
    lines = [
        f"  {names[name]:<{width}}  {result.device or '':<6}  {result.detail}".rstrip()
        for name, result in proofs.items()
    ]
    return lines + [render_result(result) for result in verification.results if result.status not in ("pass", "skip")]


def find_proofs(results: list[Result]) -> dict[str, Result]:
    """By framework, the passed check that says most of it: a computation, else that it was imported."""
    proofs: dict[str, Result] = {}
    for result in results:
        if result.status not in ("pass", "warn"):
            continue
        known = proofs.get(result.framework)
        if known is None or (known.check in BEFORE_COMPUTING and result.check not in BEFORE_COMPUTING):
            proofs[result.framework] = result
    return proofs
