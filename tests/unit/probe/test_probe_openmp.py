"""OpenMP runtimes on disk."""

from __future__ import annotations

import pytest

from mlenv.facts.environment import OpenMp
from mlenv.probe.environments.openmp import name_runtime
from tests.unit.probe.environment_hosts import PACKAGES, VENV, read, readings_of, record, venv, windows
from tests.unit.probe.probe_hosts import linux


def test_runtimes_that_distributions_brought() -> None:
    files = {
        **record("torch-2.9.0", "torch/__init__.py", "torch/lib/libgomp.so.1"),
        **record("scikit_learn-1.7.0", "scikit_learn.libs/libgomp-a34b3233.so.1.0.0"),
        **record("intel_openmp-2025.2.0", "../../libiomp5.so"),
        **record("onnx-1.17.0", "onnx/libcompute.so"),
    }
    environment = read(venv(files))
    assert environment.openmp == (
        OpenMp(
            runtime="libgomp",
            path=f"{PACKAGES}/scikit_learn.libs/libgomp-a34b3233.so.1.0.0",
            distribution="scikit-learn",
        ),
        OpenMp(runtime="libgomp", path=f"{PACKAGES}/torch/lib/libgomp.so.1", distribution="torch"),
        OpenMp(runtime="libiomp5", path=f"{VENV}/lib/libiomp5.so", distribution="intel-openmp"),
    )
    assert readings_of(environment, "environment.openmp") == [(VENV, "found", "")]


def test_conda_gives_one_runtime_several_names() -> None:
    files = {"/opt/env/conda-meta/history": "", "/opt/env/lib/libomp.so": "", "/opt/env/lib/libcomposite.so": ""}
    links = {f"/opt/env/lib/{name}": "/opt/env/lib/libomp.so" for name in ("libgomp.so.1", "libiomp5.so")}
    environment = read(linux(files, links=links), "/opt/env")
    assert environment.openmp == (OpenMp(runtime="libomp", path="/opt/env/lib/libgomp.so.1"),)


def test_runtimes_of_windows() -> None:
    packages = "C:\\work\\.venv\\Lib\\site-packages"
    files = {
        "C:\\work\\.venv\\pyvenv.cfg": "version = 3.12.8\n",
        f"{packages}\\torch-2.9.0.dist-info\\RECORD": "torch/lib/libiomp5md.dll,sha256=a,1\n",
    }
    assert read(windows(files), ".venv").openmp == (
        OpenMp(runtime="libiomp5", path=f"{packages}\\torch\\lib\\libiomp5md.dll", distribution="torch"),
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("libgomp.so", "libgomp"),
        ("libgomp-24e2ab19.so.1.0.0", "libgomp"),
        ("libiomp5.dylib", "libiomp5"),
        ("libomp.dylib", "libomp"),
        ("libomp140.x86_64.dll", "libomp"),
        ("libomp-ed27b35b.so.5", "libomp"),
        ("vcomp140.dll", "vcomp"),
        ("libgomp-plugin-nvptx.so.1", None),
        ("libompd.so", None),
        ("libcomp.so", None),
    ],
)
def test_runtime_of_a_file(name: str, expected: str | None) -> None:
    assert name_runtime(name) == expected
