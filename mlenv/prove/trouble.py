"""Why there is no verdict, as a sentence."""

from __future__ import annotations

from mlenv.formats.uv_failure import UvFailure
from mlenv.report.redact import mask_text


def explain_failure(failure: UvFailure) -> str:
    """What kept uv from an answer: ``the index at https://host/simple does not answer``; no password in it."""
    return mask_text(_explain(failure))


def _explain(failure: UvFailure) -> str:
    subject = failure.subject
    if failure.kind == "unreachable":
        return f"{_address(subject) or 'an index'} does not answer ({failure.text})"
    if failure.kind == "refused":
        return f"{_address(subject)} asks for other credentials, or forbids it ({failure.text})"
    if failure.kind == "offline":
        return "the network may not be used, and uv's cache does not hold all that is needed"
    if failure.kind == "build":
        return f"{subject} comes as source, and it could not be built to see what it needs ({failure.text})"
    if failure.kind == "hash":
        return f"the file of {subject} is not the one that its index promises ({failure.text})"
    return failure.text or "uv failed without a word"


def _address(subject: str) -> str:
    return f"the index at {subject}" if subject else ""
