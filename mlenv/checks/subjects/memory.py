"""Main memory: whether there is enough of it."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import cite
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.registry import Case, Unknown, check
from mlenv.facts.machine import Machine
from mlenv.facts.size import GIB, gib
from mlenv.matrix.load import Matrix

# What introductions to machine learning ask of a computer.
MINIMUM = 8 * GIB
RECOMMENDED = 16 * GIB
# Firmware and graphics keep a part: a machine sold with 8 GB shows about 7.6 GiB.
ALLOWANCE = 0.9


@check("ram-below-minimum", subject="memory")
def ram_below_minimum(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Less memory than the 8 GB that machine learning needs (10 % less still counts as 8)."""
    size = usable_memory(case.machine)
    if size < MINIMUM * ALLOWANCE:
        yield Finding(
            id="ram-below-minimum",
            severity="warning",
            title=f"{gib(size)} of memory is little",
            cause=f"Frameworks start, but models and data soon fill it: 8 GB is the minimum, 16 GB is recommended; "
            f"{_here(case.machine)} {gib(size)}.",
            evidence=_evidence(case.machine),
            fix=_remedy(case.machine, "8"),
        )


@check("ram-below-recommended", subject="memory")
def ram_below_recommended(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """At least 8 GB of memory, but less than the 16 GB recommended (10 % less still counts as 16)."""
    size = usable_memory(case.machine)
    if MINIMUM * ALLOWANCE <= size < RECOMMENDED * ALLOWANCE:
        yield Finding(
            id="ram-below-recommended",
            severity="info",
            title=f"{gib(size)} of memory is enough to start with; 16 GB is recommended",
            cause=f"Larger models and data sets may not fit: {_here(case.machine)} {gib(size)}.",
            evidence=_evidence(case.machine),
            fix=_remedy(case.machine, "16"),
        )


def usable_memory(machine: Machine) -> int:
    """Bytes of memory that processes here may use; :class:`Unknown` where nobody knows."""
    known = [size for size in (machine.memory.total_bytes, machine.memory.limit_bytes) if size is not None]
    if not known:
        raise Unknown("the size of the main memory is not known")
    return min(known)


def _is_limited(machine: Machine) -> bool:
    limit, total = machine.memory.limit_bytes, machine.memory.total_bytes
    return limit is not None and (total is None or limit < total)


def _here(machine: Machine) -> str:
    return "a limit leaves" if _is_limited(machine) else "this machine has"


def _evidence(machine: Machine) -> tuple[str, ...]:
    memory, lines = machine.memory, []
    if memory.total_bytes is not None:
        lines.append(cite(machine, f"total memory {gib(memory.total_bytes)}", "memory.total", "memory", "ram_gib"))
    if memory.limit_bytes is not None:
        lines.append(cite(machine, f"memory limit {gib(memory.limit_bytes)}", "memory.limit", "memory"))
    return tuple(lines)


def _remedy(machine: Machine, amount: str) -> tuple[Fix, ...]:
    if _is_limited(machine):
        return (Fix(text=f"Give the container or job {amount} GB or more (`docker run --memory {amount}g ...`)"),)
    if machine.os.wsl == 2:
        text = f"Put `memory={amount}GB` under `[wsl2]` in %UserProfile%\\.wslconfig on Windows, then in PowerShell:"
        return (Fix(text=text, command="wsl --shutdown"),)
    return (Fix(text="Close other programs, use small models and batches, or add memory"),)
