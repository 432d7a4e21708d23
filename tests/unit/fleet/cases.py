"""Reports as a machine of a fleet gives them, with only what a test is about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mlenv.fleet.document import Report, parse_report
from mlenv.fleet.gather import Gathered, Gatherer

FRAMEWORKS = {"torch": "torch", "tensorflow-cpu": "tensorflow"}


def doctor(
    status: str = "ok",
    *,
    findings: list[dict[str, Any]] | None = None,
    checks: list[dict[str, Any]] | None = None,
    packages: dict[str, str] | None = None,
    **machine: Any,
) -> dict[str, Any]:
    """A diagnosis; ``machine`` are keys of the machine."""
    listed = [{"name": name, "version": version} for name, version in (packages or {}).items()]
    return {
        "schema": "mlenv.doctor/1",
        "mlenv_version": "1.0",
        "matrix_version": "2026.11.23",
        "status": status,
        "machine": {"os": {"family": "linux"}, **machine},
        "findings": findings or [],
        "checks": checks or [],
        "environment": {"path": "/env", "distributions": listed} if packages else None,
    }


def finding(slug: str, severity: str = "error", **more: Any) -> dict[str, Any]:
    return {"id": slug, "severity": severity, "title": f"Title of {slug}", "cause": "It is so.", **more}


def verify(status: str = "ok", *results: dict[str, Any]) -> dict[str, Any]:
    return {"schema": "mlenv.verify/1", "status": status, "environment": "/env", "results": list(results)}


def result(framework: str = "torch", check: str = "compute", status: str = "pass", **more: Any) -> dict[str, Any]:
    return {"framework": framework, "version": "2.13.0", "check": check, "status": status, "seconds": 1.0, **more}


def unreachable(host: str, reason: str = "no route to host") -> dict[str, Any]:
    return {"schema": "mlenv.unreachable/1", "host": host, "reason": reason}


def gpus(number: int = 8, name: str = "NVIDIA H100 80GB HBM3", **more: Any) -> list[dict[str, Any]]:
    return [{"vendor": "nvidia", "name": name, **more} for _ in range(number)]


def read(document: dict[str, Any]) -> Report:
    return parse_report(json.dumps(document))


def gather(**documents: dict[str, Any] | list[dict[str, Any]]) -> Gathered:
    """The fleet of machines by name, each with a report or several."""
    gatherer = Gatherer(FRAMEWORKS)
    for name, given in documents.items():
        for document in given if isinstance(given, list) else [given]:
            gatherer.add(name, read(document))
    return gatherer.finish()


def write(path: Path, document: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path
