"""The gate of an image pipeline: a prepared image passes it, and fails it where it is not as it should be.

Each image is a real environment with stand-ins for frameworks, and every command a process of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.unit.verify.verify_stubs import FAKE_TORCH

ROOT = Path(__file__).parents[2]
POLICY = """\
schema = 1
name = "team-image"

[host]
python = ">=3.10"

[frameworks.torch]
version = ">=2,<99"
device = "cpu"

[env]
pip_check = true
forbid = ["forbidden"]
"""
pytestmark = [
    pytest.mark.live,
    pytest.mark.stand,
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are laid out as on Linux and macOS"),
]


class Image:
    """A prepared image: an environment in ``folder``, with packages of one file each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = folder / "env"
        self.site = next(iter(self.environment.glob("lib/python*/site-packages")), self.environment)

    def add(self, name: str, code: str = "", *, version: str = "1.0", requires: str = "") -> None:
        """Install a package."""
        (self.site / name).mkdir()
        (self.site / name / "__init__.py").write_text(f"__version__ = {version!r}\n{code}")
        info = self.site / f"{name}-{version}.dist-info"
        info.mkdir()
        needs = f"Requires-Dist: {requires}\n" if requires else ""
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
        (info / "RECORD").write_text(f"{name}/__init__.py,,\n{info.name}/METADATA,,\n{info.name}/RECORD,,\n")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared image that is as it should be."""
    folder = tmp_path_factory.mktemp("image") / "good"
    folder.mkdir()
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder / "env")
    image = Image(folder)
    image.add("torch", f"import os\nos.environ['FAKE_TORCH'] = 'cpu'\n{FAKE_TORCH.read_text()}", version="2.15.0")
    return folder


@pytest.fixture
def image(good: Path, tmp_path: Path) -> Image:
    """A copy of it, to be spoilt."""
    shutil.copytree(good, tmp_path / "image", symlinks=True)
    return Image(tmp_path / "image")


def mlenv(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "HOME": str(folder), "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    argv = [sys.executable, "-m", "mlenv", *words]
    return subprocess.run(argv, cwd=folder, env=environ, capture_output=True, text=True, timeout=300, check=False)


def hold(image: Image, policy: str = POLICY) -> tuple[int, dict[str, str]]:
    """The status of the gate, and the status of each rule."""
    (image.folder / "policy.toml").write_text(policy)
    words = ("--output", "verify.json", "--output", "verify.xml", "--level", "quick")
    done = mlenv(image.folder, "verify", "--env", str(image.environment), "--policy", "policy.toml", *words)
    assert "Traceback" not in done.stderr
    document = json.loads((image.folder / "verify.json").read_text())
    cases = {case.get("name") for case in ET.parse(image.folder / "verify.xml").iter("testcase")}
    rules = {row["check"]: row["status"] for row in document["results"] if row["check"].startswith("policy.")}
    assert cases
    return done.returncode, rules


def test_an_image_that_is_as_it_should_be(image: Image) -> None:
    status, rules = hold(image)
    assert (0, {"pass"}) == (status, set(rules.values())), rules
    assert {"policy.frameworks.torch.version", "policy.frameworks.torch.device", "policy.host.python"} <= set(rules)


def test_an_image_with_what_is_forbidden(image: Image) -> None:
    image.add("forbidden")
    status, rules = hold(image)
    assert (1, ["fail"]) == (status, [state for state in rules.values() if state != "pass"])


def test_an_image_without_the_framework(image: Image) -> None:
    for path in image.site.glob("torch*"):
        shutil.rmtree(path)
    image.add("healthy")
    status, rules = hold(image)
    assert (1, True) == (status, "fail" in rules.values()), rules


def test_an_image_for_another_device(image: Image) -> None:
    status, rules = hold(image, POLICY.replace('"cpu"', '"cuda"'))
    assert (1, "fail") == (status, rules["policy.frameworks.torch.device"])


def test_an_image_that_lacks_a_requirement(image: Image) -> None:
    image.add("needy", requires="absent>=2")
    assert 1 == hold(image)[0]


def test_the_labels_follow_the_gate(image: Image) -> None:
    hold(image)
    script = ROOT / "docs" / "recipes" / "image_labels.py"
    argv = [sys.executable, str(script), str(image.folder / "verify.json")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (0, True) == (done.returncode, "org.mlenv.verdict=" in done.stdout)
    image.add("forbidden")
    hold(image)
    assert 1 == subprocess.run(argv, capture_output=True, text=True, check=False).returncode


def test_the_action_holds_an_image_to_a_policy(image: Image, tmp_path: Path) -> None:
    """The action's own script, with the real command."""
    (image.folder / "policy.toml").write_text(POLICY)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "mlenv").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mlenv "$@"\n')
    (programs / "mlenv").chmod(0o755)
    environ = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_OUTPUT": str(tmp_path / "outputs"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "MLENV_ACTION_COMMAND": "verify",
        "MLENV_ACTION_VERSION": "installed",
        "MLENV_ACTION_ENV": str(image.environment),
        "MLENV_ACTION_POLICY": "policy.toml",
        "MLENV_ACTION_SBOM": "true",
    }
    argv = [sys.executable, str(ROOT / ".github" / "actions" / "mlenv" / "run.py")]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(argv, cwd=image.folder, env=environ, capture_output=True, text=True, check=False)

    done = run()
    assert 0 == done.returncode, done.stdout + done.stderr
    reports = tmp_path / "temp" / "mlenv-reports"
    assert {"mlenv.json", "mlenv.xml", "bom.json"} == {path.name for path in reports.iterdir()}
    assert (tmp_path / "summary.md").read_text()
    image.add("forbidden")
    done = run()
    assert (1, True) == (done.returncode, "::error" in done.stdout), done.stdout
