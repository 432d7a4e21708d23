"""NVIDIA's own diagnosis, ``dcgmi diag``, where that program is installed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

from mlenv.facts.gpu import Gpu
from mlenv.formats.dcgm_diag import DcgmDiagnosis, DcgmResult, Severity, parse_dcgm_diag
from mlenv.matrix.hardware import GpuModels
from mlenv.matrix.product import find_gpu
from mlenv.system import process
from mlenv.system.process import Completed
from mlenv.verify.result import Action, Result, ResultStatus

RunLevel = Literal[1, 2, 3]

# NVIDIA speaks of seconds, 2 and 15 minutes; clouds allow 10.5 minutes with 8 GPUs, and 30.
SECONDS: dict[RunLevel, float] = {1: 120.0, 2: 900.0, 3: 1800.0}


class Run(Protocol):
    """How a program is run; :func:`mlenv.system.process.run` in earnest."""

    def __call__(self, argv: Sequence[str], *, timeout: float) -> Completed:
        """Run a command to its end or its deadline in seconds."""


# What a severity asks for.  A setting (5) is no fault of the card: level 1 "fails" for persistence mode.
_SEVERITIES: dict[Severity, tuple[ResultStatus, Action, str]] = {
    "isolate": ("fail", "contact_vendor", "Take the GPU out of use, and ask its vendor"),
    "reset": ("fail", "reset_gpu", "End what uses the GPU, and reset it (nvidia-smi --gpu-reset)"),
    "triage": ("fail", "", "Find the cause: run dcgmi diag -r 3, and read the kernel's log for Xid errors"),
    "unknown": ("fail", "", "Look up the error in the documentation of DCGM"),
    "config": ("warn", "none", "Change the setting that DCGM names"),
    "monitor": ("warn", "none", "Watch the GPU; it can work on"),
    "none": ("warn", "none", ""),
}
"""From the gravest down: the order of several complaints of one test."""


def choose_run_level(gpus: Sequence[Gpu], models: GpuModels, asked: RunLevel = 2) -> RunLevel:
    """The level to run: the one asked for on data-center GPUs, 1 where another kind is among them.

    GeForce and workstation cards are supported at level 1 only; a product that is not known counts
    as one.
    """
    kinds = {row.kind if (row := find_gpu(models, gpu.name or "", vendor="nvidia")) else "" for gpu in gpus}
    return asked if kinds == {"data-center"} else 1


def diagnose(
    dcgmi: str | None, gpus: Sequence[Gpu], models: GpuModels, *, asked: RunLevel = 2, run: Run = process.run
) -> tuple[Result, ...]:
    """The results of ``dcgmi diag`` for the machine's GPUs; empty where it has none of NVIDIA's.

    ``dcgmi`` is the program's path, None where it is not installed.
    """
    cards = [gpu for gpu in gpus if gpu.vendor == "nvidia"]
    if not cards:
        return ()
    if dcgmi is None:
        return (_note("dcgm", "skip", "dcgmi, NVIDIA's diagnosis, is not installed", "not-installed"),)
    level = choose_run_level(cards, models, asked)
    completed = run([dcgmi, "diag", "-r", str(level), "-j"], timeout=SECONDS[level])
    return judge_run(completed, level)


def judge_run(completed: Completed, level: RunLevel) -> tuple[Result, ...]:
    """Results of a finished ``dcgmi diag``; its exit status says nothing, since settings fail it too."""
    if completed.timed_out:
        return (_note("dcgm", "error", f"dcgmi diag -r {level} did not end within {SECONDS[level]:g} s", "timed-out"),)
    if completed.missing:
        return (_note("dcgm", "error", f"dcgmi could not be started: {completed.stderr}", "could-not-run"),)
    diagnosis = parse_dcgm_diag(completed.stdout)
    if diagnosis is None or diagnosis.error or not diagnosis.results:
        return (_judge_silence(completed, diagnosis, level),)
    return tuple(_map(result, diagnosis) for result in _gather(diagnosis.results))


# Error: Unable to run diagnostic on unsupported GPU 0.
_UNSUPPORTED = re.compile(r"unsupported GPU|not supported on this", re.IGNORECASE)


def _judge_silence(completed: Completed, diagnosis: DcgmDiagnosis | None, level: RunLevel) -> Result:
    """What a run without any result says; only DCGM's own refusal of the card is no error."""
    said = (diagnosis.error if diagnosis else "") or _last_words(completed)
    if _UNSUPPORTED.search(said):
        return _note("dcgm", "skip", f"DCGM does not diagnose this GPU: {said}", "unsupported")
    text = f"dcgmi diag -r {level} gave no results that can be read (status {completed.status})"
    return _note("dcgm", "error", f"{text}: {said}" if said else text, "unreadable")


def _last_words(completed: Completed) -> str:
    lines = [line.strip() for line in f"{completed.stdout}\n{completed.stderr}".splitlines() if line.strip()]
    return " / ".join(lines[-3:])[:600]


def _gather(results: Sequence[DcgmResult]) -> Iterator[DcgmResult]:
    """Passes of one test on several GPUs as one; everything else by itself."""
    plain: dict[tuple[str, str], list[str]] = {}
    for result in results:
        if result.outcome == "pass" and not result.warnings:
            plain.setdefault((result.category, result.test), []).append(result.device)
        else:
            yield result
    for (category, test), devices in plain.items():
        device = ", ".join(name for name in devices if name)
        yield DcgmResult(category=category, test=test, device=device, outcome="pass", word="Pass")


def _map(result: DcgmResult, diagnosis: DcgmDiagnosis) -> Result:
    """One test by table: the severity of its gravest complaint where there is one, else its own word."""
    status, action, remedy = _weigh(result)
    said = "; ".join([warning.text for warning in result.warnings] or list(result.info))
    text = f"{result.test}: {said or result.word or 'no status'}"
    reason = {"pass": "", "skip": "skipped"}.get(status, "dcgm")
    # DCGM counts GPUs as NVML does where it began with them; that both still agree was not confirmed.
    return _note(
        f"dcgm.{_slug(result.test)}",
        status,
        text,
        reason,
        action=action,
        remedy=remedy,
        device=result.device or None,
        version=diagnosis.version,
    )


def _weigh(result: DcgmResult) -> tuple[ResultStatus, Action, str]:
    if result.outcome is None:
        return "error", "", ""
    if result.outcome in ("pass", "skip"):
        return ("warn" if result.outcome == "pass" and result.warnings else result.outcome), "", ""
    stated = {warning.severity for warning in result.warnings}
    if stated and None not in stated:
        gravest = next(severity for severity in _SEVERITIES if severity in stated)
        status, action, remedy = _SEVERITIES[gravest]
        return ("warn" if result.outcome == "warn" else status), action, remedy
    return result.outcome, "", ""


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _note(
    check: str,
    status: ResultStatus,
    detail: str,
    reason: str,
    *,
    action: Action = "",
    remedy: str = "",
    device: str | None = None,
    version: str | None = None,
) -> Result:
    return Result(
        framework="dcgm",
        version=version,
        device=device,
        check=check,
        status=status,
        detail=detail,
        reason=reason,
        group="gpu",
        action=action,
        remedy=remedy,
    )
