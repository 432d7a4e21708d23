"""Manifests of generations, made in code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from mlenv.execute.manifest import Manifest
from mlenv.facts.drivers import Nvidia
from mlenv.facts.gpu import Gpu
from mlenv.facts.hardware import Cpu, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.system import Libc, OperatingSystem
from mlenv.matrix.load import Matrix
from mlenv.plan.plan import Plan, PlannedAccelerator, PlannedPackage
from mlenv.report.environments.change import Change
from mlenv.report.environments.difference import compare
from mlenv.report.environments.knowledge import gather_knowledge
from mlenv.verify.result import Result, Verification

KNOWLEDGE = gather_knowledge(Matrix())
INDEX = "https://wheels.example.org/cu126"
A100 = Gpu(vendor="nvidia", name="NVIDIA A100", compute_capability="8.0")
MACHINE = Machine(
    os=OperatingSystem(
        family="linux", distribution="Debian", version="12", kernel="6.1.0", libc=Libc(family="glibc", version="2.36")
    ),
    architecture="x86_64",
    cpu=Cpu(model="EPYC", flags=("sse4_2", "avx", "avx2", "fma", "avx512f")),
    memory=Memory(total_bytes=64 * 1024**3),
    gpus=(A100,),
    nvidia=Nvidia(driver="560.35.03", cuda="12.6", nvml="ok", cuda_init="ok"),
)
PASSED = "128x64 @ 64x192 exact in float32, float64, bfloat16"


def lock_row(name: str, version: str, *, sha: str = "aa", index: str = "", host: str = "", **keys: str) -> str:
    """One package of a pylock.toml; ``keys`` are further keys as TOML."""
    file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    address = f"{host or 'https://files.example.org'}/{file}"
    lines = ["[[packages]]", f'name = "{name}"', f'version = "{version}"', f'index = "{index}"' if index else ""]
    if not keys:
        keys = {"wheels": f'[{{ url = "{address}", hashes = {{ sha256 = "{sha}" }} }}]'}
    return "\n".join([*filter(None, lines), *(f"{key} = {value}" for key, value in keys.items())]) + "\n"


def lock_of(*rows: str) -> str:
    """A pylock.toml of rows."""
    return 'lock-version = "1.0"\ncreated-by = "uv"\n\n' + "\n".join(rows)


def result_of(
    framework: str = "torch", check: str = "compute", status: str = "pass", device: str = "cuda:0", detail: str = PASSED
) -> Result:
    """A result of a verification."""
    return msgspec.convert(
        {
            "framework": framework,
            "version": "2.7.0",
            "device": device,
            "check": check,
            "status": status,
            "seconds": 0.1,
            "detail": detail,
        },
        Result,
    )


def verification_of(*results: Result) -> Verification:
    """A verification of results."""
    return Verification(environment=".venv", status="ok", results=results)


def manifest_of(
    *packages: str,
    rows: Sequence[str] | None = None,
    lock: str | None = None,
    machine: Machine = MACHINE,
    results: Sequence[Result] = (),
    plan: dict[str, Any] | None = None,
    **fields: Any,
) -> Manifest:
    """A generation that was asked for ``name==version`` packages and whose lock has ``rows`` (else those)."""
    pairs = [package.partition("==")[::2] for package in packages]
    planned = tuple(PlannedPackage(name=name, version=version) for name, version in pairs)
    made = Plan(
        profile="starter",
        environment=".venv",
        python="3.12",
        accelerator=PlannedAccelerator(kind="cuda", variant="cu126"),
        manager="uv",
        packages=planned,
        files=(),
        steps=(),
        verify=tuple(name for name, _ in pairs),
        reasons=(),
        rejected=(),
        warnings=(),
    )
    return Manifest(
        matrix_version=fields.pop("matrix_version", "2026.11.22"),
        created=fields.pop("created", "2026-11-22T10:12:13+00:00"),
        plan=msgspec.structs.replace(made, **(plan or {})),
        machine=machine,
        lock=lock if lock is not None else lock_of(*(rows or [lock_row(*pair) for pair in pairs])),
        verification=verification_of(*results),
        **fields,
    )


def changes_of(before: Manifest, after: Manifest) -> dict[str, Change]:
    """The changes by subject; two of one subject are an error of the test."""
    changes = compare(before, after, KNOWLEDGE)
    found = {change.subject: change for change in changes}
    assert len(found) == len(changes)
    return found


def told(changes: dict[str, Change]) -> dict[str, tuple[str, str]]:
    """Kind and risk by subject."""
    return {subject: (change.kind, change.risk) for subject, change in changes.items()}


def risk_of(before: Manifest, after: Manifest) -> dict[str, tuple[str, str]]:
    """Kind and risk by subject of what changed."""
    return told(changes_of(before, after))
