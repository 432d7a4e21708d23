"""Parts of a bill: the graph of needs, the hashes of locked files, the machine."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mlenv.consistency.metadata import Installed
from mlenv.facts.drivers import CudaToolkit, Library, Rocm, RocmRelease
from mlenv.facts.environment import Distribution, Environment, LoadedLibrary
from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.plan.markers import marker_environment
from mlenv.report.environments.held import Held
from mlenv.sbom.graph import find_needs
from mlenv.sbom.lock_hashes import find_hashes
from mlenv.sbom.packages import find_outside_libraries
from mlenv.sbom.system import find_system
from tests.unit.report.environment_cases import MACHINE

LINUX = "toy-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
WINDOWS = "toy-1.0-cp312-cp312-win_amd64.whl"


def installed(**requires: tuple[str, ...]) -> dict[str, Installed]:
    return {
        name: Installed(distribution=Distribution(name=name, version="1.0"), requires=lines)
        for name, lines in requires.items()
    }


@pytest.mark.parametrize(
    ("requires", "needs"),
    [
        (("b>=1", "missing"), ("b",)),
        (("b; sys_platform == 'win32'",), ()),
        (("b; extra == 'more'",), ()),
        (("c[more]",), ("c",)),
        (("not a requirement!",), ()),
        (("B", "a[more]"), ("b",)),
    ],
)
def test_needs(requires: tuple[str, ...], needs: tuple[str, ...]) -> None:
    found = find_needs(installed(a=requires, b=(), c=()), marker_environment(MACHINE, "3.12.4"))
    assert needs == found["a"]


def test_an_extra_is_followed_where_somebody_asks_for_it() -> None:
    asked = installed(a=("c[more]",), b=("a",), c=("b; extra == 'more'",))
    alone = {**asked, **installed(a=("c",))}
    variables = marker_environment(MACHINE, "3.12.4")
    assert ("b",) == find_needs(asked, variables)["c"]
    assert () == find_needs(alone, variables)["c"]


def held(**files: str) -> Held:
    names = {"linux": LINUX, "windows": WINDOWS, "sdist": "toy-1.0.tar.gz"}
    return Held(name="toy", version="1.0", files={names[key]: {"sha256": value} for key, value in files.items()})


@pytest.mark.parametrize(
    ("row", "version", "tags", "hashes"),
    [
        (held(linux="aa", windows="bb"), "1.0", ["cp312-cp312-manylinux_2_17_x86_64"], {"sha256": "aa"}),
        (held(linux="aa", windows="bb"), "1.0", ["cp312-cp312-win_amd64"], {"sha256": "bb"}),
        (held(linux="aa"), "1.0", ["cp311-cp311-win_amd64"], {}),
        (held(linux="aa"), "1.1", ["cp312-cp312-manylinux_2_17_x86_64"], {}),
        (held(sdist="cc"), "1.0", [], {"sha256": "cc"}),
        (replace(held(linux="aa"), label="cu126"), "1.0+cu126", ["cp312-cp312-manylinux2014_x86_64"], {"sha256": "aa"}),
        (None, "1.0", [], {}),
    ],
)
def test_hashes(row: Held | None, version: str, tags: list[str], hashes: dict[str, str]) -> None:
    assert hashes == find_hashes(row, version, tags)


def parts(machine: Machine) -> dict[str, tuple[str, str, str]]:
    return {part.key: (part.kind, part.name, part.version) for part in find_system(machine)}


def test_a_machine_of_nvidia() -> None:
    gpu = Gpu(vendor="nvidia", name="NVIDIA A100", vbios="92.00", uuid="GPU-1234", pci_address="0000:01:00.0")
    libraries = (Library(name="cudnn", path="/usr/lib/libcudnn.so.9", version="9.10.2"),)
    toolkits = (CudaToolkit(version="12.6", path="/usr/local/cuda-12.6"),)
    machine = replace(MACHINE, gpus=(gpu, gpu), libraries=libraries, cuda_toolkits=toolkits)
    assert {
        "system:os": ("operating-system", "debian", "12"),
        "system:kernel": ("operating-system", "linux-kernel", "6.1.0"),
        "system:libc": ("library", "glibc", "2.36"),
        "system:nvidia-driver": ("device-driver", "nvidia-driver", "560.35.03"),
        "system:cuda-toolkit:/usr/local/cuda-12.6": ("library", "cuda-toolkit", "12.6"),
        "system:library:/usr/lib/libcudnn.so.9": ("library", "cudnn", "9.10.2"),
        "system:gpu:0": ("device", "NVIDIA A100", ""),
        "system:gpu:0:vbios": ("firmware", "vbios", "92.00"),
        "system:gpu:1": ("device", "NVIDIA A100", ""),
        "system:gpu:1:vbios": ("firmware", "vbios", "92.00"),
    } == parts(machine)
    assert "GPU-1234" not in str(find_system(machine))


def test_a_machine_of_amd() -> None:
    rocm = Rocm(version="7.0", driver="6.14.14", releases=(RocmRelease(version="7.0.2", path="/opt/rocm-7.0.2"),))
    found = parts(replace(MACHINE, nvidia=None, gpus=(), rocm=rocm))
    assert ("device-driver", "amdgpu", "6.14.14") == found["system:amdgpu-driver"]
    assert ("library", "rocm", "7.0.2") == found["system:rocm:/opt/rocm-7.0.2"]
    assert "system:nvidia-driver" not in found


def test_libraries_from_outside_are_told_once() -> None:
    driver = LoadedLibrary(distribution="torch", soname="libcuda.so.1", path="/usr/lib/libcuda.so.1", way="cache")
    own = LoadedLibrary(
        distribution="torch", soname="libcudnn.so.9", path="/v/libcudnn.so.9", owner="nvidia-cudnn-cu12"
    )
    missing = LoadedLibrary(distribution="torch", soname="libnccl.so.2")
    environment = Environment(path="/v", libraries=(driver, replace(driver, distribution="jax"), own, missing))
    (part,) = find_outside_libraries(environment)
    assert ("file:/usr/lib/libcuda.so.1", "libcuda", ("system:nvidia-driver",)) == (part.key, part.name, part.needs)
