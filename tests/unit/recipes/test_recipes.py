"""The recipes for schedulers: readable, and saying what mlenv says."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from mlenv.fleet.document import parse_report
from mlenv.policy.read import parse_policy

RECIPES = Path(__file__).parents[3] / "docs" / "recipes"
SCRIPTS = sorted([*RECIPES.glob("*/*.sh"), *RECIPES.glob("*/*.sbatch")])
MANIFESTS = sorted(RECIPES.glob("kubernetes/*.yaml"))
SHELLCHECK = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or ""
BASH = shutil.which("bash") or ""


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def manifests() -> list[dict[str, Any]]:
    return [document for path in MANIFESTS for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def test_there_are_recipes() -> None:
    assert {"slurm", "kubernetes", "ray", "pdsh"} <= {path.name for path in RECIPES.iterdir()}
    assert SCRIPTS
    assert MANIFESTS


@pytest.mark.skipif(not SHELLCHECK, reason="needs shellcheck")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_nothing(script: Path) -> None:
    done = subprocess.run([SHELLCHECK, str(script)], capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stdout)


@pytest.mark.skipif(not BASH or sys.platform == "win32", reason="needs bash")
@pytest.mark.parametrize(
    "script", [path for path in SCRIPTS if path.suffix == ".sh"], ids=lambda path: str(path.parent.name)
)
def test_scripts_say_how_they_are_used(script: Path) -> None:
    done = subprocess.run([BASH, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("mlenv on ")
    assert "set -e" not in done.stderr


def test_manifests_are_of_the_kinds_that_kubernetes_knows() -> None:
    kinds = {(row["apiVersion"], row["kind"]) for row in manifests()}
    assert kinds == {("batch/v1", "Job"), ("apps/v1", "DaemonSet"), ("v1", "ConfigMap")}
    for row in manifests():
        assert row["metadata"]["name"]


@pytest.mark.parametrize("kind", ["Job", "DaemonSet"])
def test_pods_are_complete(kind: str) -> None:
    (workload,) = (row for row in manifests() if row["kind"] == kind)
    template = workload["spec"]["template"]
    wanted = workload["spec"].get("selector", {}).get("matchLabels", {})
    assert wanted.items() <= template["metadata"]["labels"].items()
    named = {volume["name"] for volume in template["spec"]["volumes"]}
    for container in template["spec"]["containers"]:
        assert {mount["name"] for mount in container["volumeMounts"]} == named
        assert container["image"].startswith("registry.example.org/")


def test_selectors_use_the_names_of_gpu_feature_discovery() -> None:
    labels = load(RECIPES / "kubernetes" / "labels.py").make_labels(REPORT)
    (job,) = (row for row in manifests() if row["kind"] == "Job")
    spec = job["spec"]["template"]["spec"]
    terms = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    keys = {row["key"] for term in terms for row in term["matchExpressions"]} | set(spec["nodeSelector"])
    assert keys <= set(labels)


def test_the_policy_in_the_manifest_is_one() -> None:
    (config,) = (row for row in manifests() if row["kind"] == "ConfigMap")
    assert parse_policy(config["data"]["policy.toml"], origin="policy.toml").name == "training nodes"


GPU = {
    "vendor": "nvidia",
    "name": "NVIDIA H100 80GB HBM3",
    "architecture": "Hopper",
    "memory_bytes": 81559 * 2**20,
    "compute_capability": "9.0",
}
REPORT = {
    "status": "error",
    "machine": {"gpus": [GPU, GPU, {"vendor": "amd"}], "nvidia": {"driver": "580.95.05", "cuda": "13.0"}},
    "findings": [{"id": "gpu-lost", "severity": "error"}, {"id": "old-python", "severity": "info"}],
}


def test_labels_of_a_report() -> None:
    assert load(RECIPES / "kubernetes" / "labels.py").make_labels(REPORT) == {
        "nvidia.com/gpu.present": "true",
        "nvidia.com/gpu.count": "2",
        "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
        "nvidia.com/gpu.family": "hopper",
        "nvidia.com/gpu.memory": "81559",
        "nvidia.com/gpu.compute.major": "9",
        "nvidia.com/gpu.compute.minor": "0",
        "nvidia.com/cuda.driver-version.full": "580.95.05",
        "nvidia.com/cuda.driver-version.major": "580",
        "nvidia.com/cuda.driver-version.minor": "95",
        "nvidia.com/cuda.driver-version.revision": "05",
        "nvidia.com/cuda.runtime-version.full": "13.0",
        "nvidia.com/cuda.runtime-version.major": "13",
        "nvidia.com/cuda.runtime-version.minor": "0",
        "mlenv.example.org/doctor": "error",
        "mlenv.example.org/gpu-lost": "error",
    }


def test_a_machine_of_which_little_is_known_has_few_labels() -> None:
    labels = load(RECIPES / "kubernetes" / "labels.py").make_labels(
        {"status": "ok", "machine": {"gpus": None, "nvidia": None}, "findings": []}
    )
    assert labels == {"mlenv.example.org/doctor": "ok"}


def test_ray_nodes_without_a_report_are_documents() -> None:
    recipe = load(RECIPES / "ray" / "doctor.py")
    assert parse_report(recipe.document_of("ws1", "", 'a\n"b"')).reason == 'a "b"'
    assert json.loads(recipe.document_of("ws1", '{"schema": "mlenv.doctor/1"}', "noise"))["schema"] == "mlenv.doctor/1"
    nodes = [{"NodeID": f"{n}" * 16, "NodeManagerHostname": host} for n, host in enumerate(["a", "b", "b"])]
    assert list(recipe.names_of(nodes).values()) == ["a", "b-11111111", "b-22222222"]
