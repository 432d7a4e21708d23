"""Causes that a report tells in words, names and numbers rather than by the usual message."""

from __future__ import annotations

import pytest

from mlenv.checks.registry import Case
from mlenv.facts.report import FrameworkView
from tests.unit.checks.build_reports import LINUX, judge, mac, report_on, with_gpu
from tests.unit.checks.platform_cases import told_machine

NO_IMAGE = "RuntimeError: CUDA error: no kernel image is available for execution on the device"
IMPORTING_AUDIO = """  File "/e/lib/python3.11/site-packages/torchaudio/__init__.py", line 2, in <module>
    from torchaudio import _extension
OSError: _torchaudio.so: undefined symbol: _ZNK5torch8autograd4Node4nameEv"""
GAP = FrameworkView(framework="torch", version="2.7.0", cuda="12.8", architectures=("sm_75", "sm_80", "sm_90"))

FIRES = [
    # Whose compiled code it is shows in what was being imported.
    ("torchaudio-torch-mismatch", report_on(IMPORTING_AUDIO)),
    # The library's own numbers, and the folder that the loader searched first.
    (
        "cudnn-loaded-older-than-build",
        report_on("Found cuDNN version 90100, but JAX was built against version 90800", with_gpu("RTX 4090")),
    ),
    # A card of 2012 is known by its name alone.
    ("gpu-arch-dropped-by-build", report_on(NO_IMAGE, with_gpu("Tesla K40m"), "torch==2.1.0")),
    ("mps-macos-too-old", report_on("MPS is not available", mac("12.6"), "torch==2.5.1")),
]


@pytest.mark.parametrize(("slug", "case"), FIRES)
def test_fires(slug: str, case: Case) -> None:
    assert [finding.id for finding in judge(slug, case)][:1] == [slug]


def test_a_vision_trace_is_not_about_audio() -> None:
    assert judge("torchaudio-torch-mismatch", report_on(IMPORTING_AUDIO.replace("audio", "vision"))) == ()


def test_code_for_an_older_minor_of_the_same_generation_runs() -> None:
    case = report_on("", with_gpu("RTX 4070", compute_capability="8.9"), view=GAP)
    assert judge("gpu-arch-not-in-build", case) == ()


def test_a_former_name_is_not_the_cause_on_a_32_bit_python() -> None:
    machine = told_machine("windows", "3.7.9", bits=32, python_architecture="x86")
    text = "ERROR: No matching distribution found for tensorflow-gpu"
    assert judge("package-name-wrong", report_on(text, machine)) == ()
    assert [finding.id for finding in judge("python-32bit", report_on(text, machine))] == ["python-32bit"]
    assert [finding.id for finding in judge("package-name-wrong", report_on(text, LINUX))] == ["package-name-wrong"]
