"""The labels of a proven image: what stands in its reports, and none for one that failed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
VERIFY: dict[str, Any] = {
    "schema": "mlenv.verify/1",
    "mlenv_version": "0.1.0",
    "matrix_version": "2026.11.22",
    "status": "ok",
    "policy": "team",
    "level": "quick",
    "results": [
        {"framework": "torch", "version": "2.9.1", "check": "compute"},
        {"framework": "torch", "version": "2.9.1", "check": "import"},
    ],
}
PLAN = {"schema": "mlenv.plan/1", "profile": "py$torch x", "accelerator": {"kind": "cuda", "variant": "cu130"}}


def label(folder: Path, verify: object, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "verify.json").write_text(json.dumps(verify))
    (folder / "plan.json").write_text(json.dumps(PLAN))
    argv = [sys.executable, str(RECIPES / "image_labels.py"), "verify.json", *words]
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)


def test_labels(tmp_path: Path) -> None:
    done = label(tmp_path, VERIFY, "--plan", "plan.json", "--revision", "abc")
    words = done.stdout.rstrip("\0").split("\0")
    assert ["--label"] * (len(words) // 2) == words[::2]
    assert {
        "org.opencontainers.image.title": "py$torch x",
        "org.opencontainers.image.revision": "abc",
        "org.mlenv.profile": "py$torch x",
        "org.mlenv.accelerator": "cuda cu130",
        "org.mlenv.version": "0.1.0",
        "org.mlenv.matrix.version": "2026.11.22",
        "org.mlenv.policy": "team",
        "org.mlenv.level": "quick",
        "org.mlenv.verdict": "ok",
        "org.mlenv.frameworks": "torch=2.9.1",
    } == dict(word.split("=", 1) for word in words[1::2])


@pytest.mark.parametrize(("status", "ends"), [("warning", 0), ("error", 1), ("unknown", 1)])
def test_verdicts(tmp_path: Path, status: str, ends: int) -> None:
    done = label(tmp_path, {**VERIFY, "status": status})
    assert (ends, ends == 0) == (done.returncode, bool(done.stdout))


@pytest.mark.parametrize("document", [[], {}, {"schema": "mlenv.doctor/1", "status": "ok"}])
def test_other_documents_are_refused(tmp_path: Path, document: object) -> None:
    done = label(tmp_path, document)
    assert (2, "") == (done.returncode, done.stdout)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["Containerfile", "proven.Dockerfile"])
def test_the_linter_is_content(name: str) -> None:
    import shutil

    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not there")
    done = subprocess.run([hadolint, str(RECIPES / name)], capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stdout)
