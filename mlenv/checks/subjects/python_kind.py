"""The kind of Python: 32-bit, free-threaded, translated, or the system's own."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import cite, join, quote
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.interpreters import (
    bring_python,
    cite_interpreters,
    describe_range,
    find_interpreters,
    require_interpreters,
    served_pythons,
)
from mlenv.checks.messages import present
from mlenv.checks.refusals.refusal import find_refusal
from mlenv.checks.refused import leave_to_message, refused
from mlenv.checks.registry import Case, Skip, Unknown, check
from mlenv.checks.situation import is_apple_silicon
from mlenv.clues.clue import Clue
from mlenv.facts.version import series
from mlenv.matrix.load import Matrix


@check("python-free-threaded-no-wheel", subject="python")
def python_free_threaded_no_wheel(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Only free-threaded Pythons (3.14t), of a series without such wheels."""
    yield from refused(case, matrix, "python-free-threaded-no-wheel")
    leave_to_message(case)
    pythons = require_interpreters(case)
    if not all(python.free_threaded for python in pythons):
        raise Skip("there is an ordinary Python")
    served = served_pythons(matrix, case.machine)
    if any(f"{series(python.version)}t" in served for python in pythons):
        return
    newest = pythons[0]
    yield Finding(
        id="python-free-threaded-no-wheel",
        severity="warning",
        title=f"The free-threaded Python {newest.version} has no wheels",
        cause=f"The newest PyTorch has wheels for {describe_range(served)}, none for {series(newest.version)}t.",
        evidence=cite_interpreters(case.machine, pythons),
        fix=(bring_python(matrix, case.machine),),
        applies_to=("torch",),
    )


@check("python-32bit", subject="python")
def python_32bit(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A 32-bit system, or only 32-bit Pythons: frameworks are published for 64 bits."""
    yield from refused(case, matrix, "python-32bit")
    leave_to_message(case)
    machine = case.machine
    if machine.architecture == "x86":
        yield _python_32bit("This system is 32-bit", (cite(machine, "processor x86", "architecture", "arch"),), None)
        return
    pythons = require_interpreters(case)
    if any(python.bits == 64 for python in pythons):
        return
    if any(python.bits is None for python in pythons):
        raise Unknown("whether the Python is a 64-bit one is not known")
    fix = bring_python(matrix, machine)
    yield _python_32bit(f"Python {pythons[0].version} is a 32-bit one", cite_interpreters(machine, pythons), fix)


def _python_32bit(title: str, evidence: tuple[str, ...], fix: Fix | None) -> Finding:
    return Finding(
        id="python-32bit",
        severity="error",
        title=title,
        cause="PyTorch, TensorFlow and JAX publish wheels for 64-bit Python only.",
        evidence=evidence,
        fix=(fix or Fix(text="Install a 64-bit system"),),
        applies_to=("torch", "tensorflow", "jax"),
    )


@check("rosetta-x86-python", subject="python")
def rosetta_x86_python(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Only Pythons for Intel processors on a Mac with Apple silicon."""
    yield from refused(case, matrix, "rosetta-x86-python")
    machine = case.machine
    clue = case.clue("wrong-mach-o", "avx-required", "illegal-instruction")
    if clue is not None and find_refusal(case) is None and _is_translated(case, clue):
        yield _translated(case, matrix, clue)
        return
    leave_to_message(case)
    if machine.platform != "macos-arm64":
        raise Skip("this is no Mac with Apple silicon")
    pythons = require_interpreters(case)
    if all(python.architecture is None for python in pythons):
        raise Unknown("which processor the Python was built for is not known")
    if all(python.architecture == "x86_64" for python in pythons):
        yield Finding(
            id="rosetta-x86-python",
            severity="error",
            title="This Python was built for Intel processors",
            cause="It runs translated by Rosetta: the newest wheels do not exist for it, and it cannot use the GPU.",
            evidence=cite_interpreters(machine, pythons),
            fix=(bring_python(matrix, machine),),
            applies_to=("torch",),
        )


def _is_translated(case: Case, clue: Clue) -> bool:
    """Whether a message is that of a Python for Intel on Apple's processor.

    Apple's processors have no AVX to give, and its translation offers none to what it runs; a library of
    the other architecture comes from an environment that was made by such a Python.
    """
    if clue.id == "wrong-mach-o":
        return is_apple_silicon(case) or case.machine.architecture != "x86_64"
    return is_apple_silicon(case) or case.clue("rosetta-named") is not None


def _translated(case: Case, matrix: Matrix, clue: Clue) -> Finding:
    return Finding(
        id="rosetta-x86-python",
        severity="error",
        title="This Python was built for Intel processors, and runs translated",
        cause="On Apple silicon a Python for Intel runs through Rosetta, which has no AVX and loads no "
        "libraries for Arm.",
        evidence=(*quote(clue), *quote(case.clue("rosetta-named", "apple-processor"))),
        fix=(
            Fix(
                text="See what this Python is; it should say arm64",
                command="python -c 'import platform; print(platform.machine())'",
            ),
            bring_python(matrix, case.machine),
            Fix(text="Or make an environment yourself", command="uv venv --python cpython-3.12-macos-aarch64"),
            Fix(text="With conda", command="CONDA_SUBDIR=osx-arm64 conda create -n arm python=3.12"),
        ),
        grade="named" if clue.id == "wrong-mach-o" else "shown",
        explains=present(case, "wrong-mach-o", "avx-required", "illegal-instruction"),
    )


_OWNERS = {"system": "the system", "uv": "uv", "homebrew": "Homebrew", "conda": "conda"}


@check("pep668-externally-managed", subject="python")
def pep668_externally_managed(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A Python that belongs to the system or to another program: pip may not install into it (PEP 668)."""
    clue = case.clue("externally-managed")
    if clue is not None:
        yield _told_managed(clue, case)
        return
    managed = [python for python in find_interpreters(case.machine) if python.externally_managed]
    if managed:
        where = join(f"Python {python.version}" for python in managed)
        owners = join(dict.fromkeys(_OWNERS.get(python.kind, "another program") for python in managed))
        yield Finding(
            id="pep668-externally-managed",
            severity="info",
            title=f"{where} {'belong' if len(managed) > 1 else 'belongs'} to {owners}",
            cause="pip may not install into it (PEP 668); an environment of its own is the way, and mlenv makes one.",
            evidence=cite_interpreters(case.machine, tuple(managed)),
            fix=(Fix(text="Let mlenv make an environment", command="mlenv install --profile pytorch"),),
        )


def _told_managed(clue: Clue, case: Case) -> Finding:
    windows = case.machine.os.family == "windows"
    return Finding(
        id="pep668-externally-managed",
        severity="error",
        title="This Python belongs to the system, and pip may not install into it",
        cause="The distribution, Homebrew or uv keeps this Python itself (PEP 668), so packages belong into an "
        "environment.",
        evidence=quote(clue),
        fix=(
            Fix(text="Let mlenv make an environment", command="mlenv install --profile pytorch"),
            Fix(
                text="Or make one yourself and install there",
                command="py -m venv .venv" if windows else "python3 -m venv .venv && . .venv/bin/activate",
            ),
        ),
        grade="named",
        explains=present(case, "externally-managed"),
    )
