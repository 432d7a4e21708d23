"""``mlenv why``: one requirement on one machine."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run

PASCAL = """
os = "linux"
arch = "x86_64"
libc = "glibc 2.35"
python = ["3.12.3"]
cpu = { flags = ["avx", "avx2"] }
nvidia = { driver = "580.95.05" }
gpu = [{ vendor = "nvidia", name = "NVIDIA GeForce GTX 1070" }]
"""


def write(folder: Path, text: str = PASCAL) -> str:
    path = folder / "machine.toml"
    path.write_text(text)
    return str(path)


def test_a_release_without_code_for_the_gpu_is_told_with_rule_and_row(mlenv: Run, tmp_path: Path) -> None:
    done = mlenv("why", "torch==2.15", "--machine", write(tmp_path))
    assert (0, "") == (done.returncode, done.stderr)
    text = " ".join(done.stdout.split())
    assert "torch 2.15.0 cpu runs here on the CPU only, with Python 3.12." in text
    assert "Without the condition: torch 2.14.1 cu126 on NVIDIA CUDA" in text
    assert "[gpu-code: frameworks/torch.toml 2.15.0 cu132]" in text
    assert "drop the condition torch==2.15: torch 2.14.1 cu126" in text


def test_the_document_holds_the_same(mlenv: Run, tmp_path: Path) -> None:
    done = mlenv("why", "torch==2.15", "--machine", write(tmp_path), "--format", "json")
    document = json.loads(done.stdout)
    assert ("mlenv.why/1", "cpu-only") == (document["schema"], document["verdict"])
    assert ["torch 2.15.0 cpu"] == document["choice"]["packages"]
    assert ["torch 2.14.1 cu126"] == document["instead"]["packages"]


def test_what_cannot_be_had_is_status_three_with_the_clash(mlenv: Run, tmp_path: Path) -> None:
    done = mlenv("why", "torch==2.15", "--machine", write(tmp_path), "--accelerator", "gpu")
    assert 3 == done.returncode
    assert "No: torch==2.15 cannot be had here." in done.stdout
    assert "the GPUs of this machine (NVIDIA GeForce GTX 1070" in " ".join(done.stdout.split())


def test_a_build_named_in_the_version_pins_the_accelerator(mlenv: Run, tmp_path: Path) -> None:
    done = mlenv("why", "torch==2.14.1+cu126", "--machine", write(tmp_path), "--format", "json")
    assert ["torch 2.14.1 cu126"] == json.loads(done.stdout)["choice"]["packages"]


def test_what_no_row_knows_is_one_clear_line(mlenv: Run, tmp_path: Path) -> None:
    done = mlenv("why", "torch==", "--machine", write(tmp_path))
    assert (2, 1) == (done.returncode, done.stderr.count("\n") - done.stderr.count("\nhint"))
    assert "no requirement" in done.stderr
