"""Three hosts over ssh, asked through the real Ansible: one well, one sick, one that hangs or is cut off.

The hosts are namespaces of this machine, with a network of their own.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlenv.system.process import Completed, run

ROOT = Path(__file__).parents[2]
RECIPE = ROOT.parent / "shared" / "recipes" / "ssh_hosts.sh"
SICK = """
int nvmlInitWithFlags(unsigned flags) { return 18; }
int nvmlInit_v2(void) { return 18; }
const char *nvmlErrorString(int code) { return "Driver/library version mismatch"; }
"""
pytestmark = [
    pytest.mark.live,
    pytest.mark.compiler,
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs Linux and root, for namespaces"),
    pytest.mark.skipif(not RECIPE.is_file(), reason="the recipe for hosts is not here"),
    pytest.mark.skipif(importlib.util.find_spec("ansible_runner") is None, reason="needs ansible-runner"),
    pytest.mark.skipif(
        any(shutil.which(name) is None for name in ("ip", "ssh", "gcc", "/usr/sbin/sshd")), reason="needs sshd and gcc"
    ),
]


@pytest.fixture(scope="module")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The single file of this checkout, for this platform."""
    target = tmp_path_factory.mktemp("pyz") / "mlenv.pyz"
    command = [sys.executable, str(ROOT / "scripts" / "build_pyz"), "--platform", "linux-x86_64"]
    done = run([*command, "--output", str(target)], timeout=300)
    assert done.ok, done.stderr
    return target


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """ws1 is well, the driver of ws2 is sick, the Python of ws3 never answers."""
    folder = tmp_path_factory.mktemp("hosts")
    try:
        made = subprocess.run(["sh", str(RECIPE), "up", "3", str(folder)], capture_output=True, text=True)
        if "Operation not permitted" in made.stderr:
            pytest.skip("this root may make no network namespaces")
        assert made.returncode == 0, made.stderr
        yield make_inventory(folder)
    finally:
        subprocess.run(["sh", str(RECIPE), "down", "3", str(folder)], check=True)


def make_inventory(folder: Path) -> Path:
    (folder / "sick.c").write_text(SICK)
    (folder / "lib").mkdir()
    library = str(folder / "lib" / "libnvidia-ml.so.1")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, str(folder / "sick.c")], check=True)
    sick, stuck = folder / "sick-python", folder / "stuck-python"
    sick.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={folder}/lib exec python3 "$@"\n')
    stuck.write_text("#!/bin/sh\nexec sleep 600\n")
    for path in (sick, stuck):
        path.chmod(0o755)
    text = (folder / "inventory.ini").read_text()
    text = text.replace("ws2 ", f"ws2 mlenv_python={sick} ").replace("ws3 ", f"ws3 mlenv_python={stuck} ")
    target = folder / "fleet.ini"
    target.write_text(text)
    return target


def ask(pyz: Path, inventory: Path, folder: Path, *words: str) -> tuple[Completed, dict[str, Any]]:
    verb, *rest = words
    command = [sys.executable, "-m", "mlenv", "fleet", verb, "-i", str(inventory), "--pyz", str(pyz)]
    done = run([*command, "--output-dir", str(folder), "--format", "json", *rest], timeout=300)
    return done, {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}


def test_one_well_one_sick_one_hanging(pyz: Path, inventory: Path, tmp_path: Path) -> None:
    done, documents = ask(pyz, inventory, tmp_path / "reports", "doctor", "--timeout", "20")
    assert done.status == 1, done.stderr
    assert json.loads(done.stdout)["schema"] == "mlenv.fleet/1"
    assert documents["ws1"]["status"] in ("ok", "warning")
    assert "driver-library-version-mismatch" in [finding["id"] for finding in documents["ws2"]["findings"]]
    assert documents["ws3"] == {
        "schema": "mlenv.unreachable/1",
        "host": "ws3",
        "reason": "no answer within 20 s: the connection was ended",
    }


def test_a_host_that_is_cut_off(pyz: Path, inventory: Path, tmp_path: Path) -> None:
    subprocess.run(["ip", "link", "set", "ve1", "down"], check=True)
    try:
        done, documents = ask(pyz, inventory, tmp_path / "reports", "doctor", "--limit", "ws1")
    finally:
        subprocess.run(["ip", "link", "set", "ve1", "up"], check=True)
    assert done.status == 1, done.stderr
    assert (["ws1"], "mlenv.unreachable/1") == (list(documents), documents["ws1"]["schema"])
    assert "Failed to connect to the host via ssh" in documents["ws1"]["reason"]


def test_a_policy_goes_along_and_nothing_stays(pyz: Path, inventory: Path, tmp_path: Path) -> None:
    """Every host sees the same disk, so what any of them left would lie here."""
    policy = tmp_path / "team.toml"
    policy.write_text('schema = 1\nname = "team"\n[host]\nram_gb = ">=1000000"\n')
    before = places()
    words = ["--limit", "ws1", "--policy", str(policy), "--", "--env", sys.prefix]
    done, documents = ask(pyz, inventory, tmp_path / "reports", "verify", *words)
    assert done.status == 1, done.stderr
    assert "fail" in {row["status"] for row in documents["ws1"]["results"] if row["group"] == "policy"}
    assert places() <= before


def places() -> set[Path]:
    """The folders in which a host would leave something."""
    temporary, ansible = Path("/tmp"), Path("~/.ansible/tmp").expanduser()
    return {*temporary.glob("mlenv-pyz*"), *temporary.glob("mlenv-*/team.toml"), *ansible.glob("*")}


def test_an_inventory_that_is_none(pyz: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text("all: [unfinished\n")
    done, documents = ask(pyz, broken, tmp_path / "reports", "doctor")
    assert (2, {}) == (done.status, documents)
    assert "Ansible asked no host" in done.stderr.splitlines()[0]
