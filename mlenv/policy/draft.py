"""A policy written from a machine at hand, to be read, changed and kept: pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.policy.draft_frameworks import draft_frameworks
from mlenv.policy.draft_machine import draft_gpu, draft_host
from mlenv.policy.draft_words import key_line
from mlenv.policy.environment_rules import LOCK, PIP_CHECK, RIVALS
from mlenv.policy.framework_rules import ACCELERATORS
from mlenv.policy.rule import PolicyCase
from mlenv.policy.run_rules import measured_ratios
from mlenv.verify.result import Level, Result, Verification

_HEAD = """\
# A policy for `mlenv verify --policy FILE`, written by `mlenv policy init` from one machine.
# Read it, loosen or tighten it, and keep it under version control; what is not written is not asked for.
# `mlenv policy explain FILE` says it in words, `mlenv schema policy` shows every key.
"""


def init_policy(
    machine: Machine,
    environment: Environment | None,
    verification: Verification | None,
    matrix: Matrix,
    *,
    today: dt.date,
    level: Level | None = None,
    name: str = "",
) -> str:
    """The TOML text of a policy that this machine keeps, with some room for others of its kind.

    Without a verification nothing is asked of devices, arithmetic, health or rates: they are not known.
    """
    case = PolicyCase(
        machine=machine,
        environment=environment,
        matrix=matrix,
        today=today,
        results=verification.results if verification else (),
        level=verification.level if verification else None,
    )
    sections = (
        [*draft_host(case)],
        [*draft_gpu(case)],
        [*draft_frameworks(case)],
        [*_draft_environment(case)],
        [*_draft_performance(case)],
        [*_draft_verify(case, level)],
        [*_draft_waiver(today)],
    )
    head = f"{_HEAD}\nschema = 1\n{key_line('name', name or _name(machine))}"
    return "\n\n".join([head, *("\n".join(lines) for lines in sections if lines)]) + "\n"


def _name(machine: Machine) -> str:
    gpu = next((gpu.name for gpu in machine.gpus or () if gpu.name), "cpu")
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in gpu.lower())
    return "-".join([machine.os.family, *words.split()[:6]])


def _draft_environment(case: PolicyCase) -> Iterator[str]:
    passed = {row.check for row in case.results if row.status == "pass"}
    yield "[env]"
    if LOCK not in passed:
        yield '# lock = "pylock.toml"         # installed is exactly what this lock says'
    for key, check, words in (
        ("pip_check", PIP_CHECK, "every package has what it requires"),
        ("rivals", RIVALS, "no packages that overwrite each other"),
    ):
        mark = "" if check in passed else "# "
        yield key_line(f"{mark}{key}", True, words)
    yield '# forbid = ["onnxruntime-gpu+onnxruntime", "numpy<1.26"]'
    yield '# require = ["numpy>=2"]'


def _draft_performance(case: PolicyCase) -> Iterator[str]:
    """Each rate that was measured, with a tenth of it as room."""
    found = measured_ratios(case)
    if found:
        yield "[performance.ratios]"
        for name, ratio in found.items():
            yield key_line(name, int(ratio * 90) / 100, f"{ratio:.2f} was measured here")


def _draft_verify(case: PolicyCase, level: Level | None) -> Iterator[str]:
    yield "[verify]"
    yield key_line("level", level or case.level or "quick", "quick, standard or deep")
    yield key_line("fail_on", "fail", '"warn": warnings fail too')
    if any(_is_gpu_proof(row) for row in case.results):
        yield key_line("require_gpu", True)


def _is_gpu_proof(row: Result) -> bool:
    kind = (row.device or "").split(":")[0]
    return row.group == "framework" and row.check == "compute" and row.status == "pass" and kind in ACCELERATORS


def _draft_waiver(today: dt.date) -> Iterator[str]:
    yield "# A known failure is accepted for a time, in sight of everybody:"
    yield "# [[waive]]"
    yield '# check = "gpu.pcie_width"'
    yield '# reason = "x8 slot by design"'
    yield f"# expires = {today.year + 1}-03-31"
