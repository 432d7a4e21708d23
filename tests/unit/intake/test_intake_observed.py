"""Facts in a JSON object, of any shape."""

from __future__ import annotations

import json

import pytest

from mlenv.facts.environment import Shadow
from mlenv.facts.hardware import Disk
from mlenv.facts.report import Wanted
from mlenv.facts.size import GIB
from mlenv.facts.system import DkmsModule, Libc
from mlenv.intake.observed import _READERS, read_observed
from mlenv.intake.reported import Reported, read_report

ODD: tuple[object, ...] = (
    None,
    True,
    7,
    1.5,
    "",
    "words",
    "\x00",
    "9" * 9000,
    [],
    ["a", None, 3],
    {},
    {"a": None},
    {"a": ["b"]},
    [[]],
)


def read(observed: object, symptom: str | None = None, dump: str | None = None) -> Reported:
    return read_report(json.dumps({"symptom": symptom, "observed": observed, "env_dump": dump}), origin="case.json")


def test_system() -> None:
    machine = read({"os": "Ubuntu 20.04", "kernel": "5.4.0-100-generic", "glibc": "2.31", "arch": "x86_64"}).machine
    assert ("linux", "Ubuntu", "20.04", "5.4.0-100-generic") == (
        machine.os.family,
        machine.os.distribution,
        machine.os.version,
        machine.os.kernel,
    )
    assert Libc(family="glibc", version="2.31") == machine.os.libc


def test_packages_with_remarks_ranges_and_words() -> None:
    found = read(
        {
            "packages": {
                "torch": "2.3.0 (conda py3.8_0)",
                "torchvision": ">=0.18",
                "Huggingface_Hub": "0.23.1",
                "jax": "installed with plain pip",
                "triton": None,
            }
        }
    )
    assert found.environment is not None
    assert {"torch": "2.3.0", "huggingface-hub": "0.23.1"} == {
        row.name: row.version for row in found.environment.distributions
    }
    assert (Wanted(name="torchvision", version="0.18"), Wanted(name="jax")) == found.report.wanted
    assert "plain pip" in found.report.remarks["packages.jax"]


def test_build_of_a_package_in_words() -> None:
    found = read({"packages": {"torch": "2.8.x (cu128 index)"}})
    view = found.report.view("torch")
    assert view is not None
    assert ("cu128", "12.8") == (view.build, view.cuda)


def test_conda_build_in_words() -> None:
    view = read({"packages": {"torch": "build cpu_py311h1234567_0"}}).report.view("torch")
    assert view is not None
    assert view.build == "cpu"


def test_local_tag_gives_the_build() -> None:
    view = read({"packages": {"torch": "2.4.1+cu118"}, "cuda_available": False}).report.view("torch")
    assert view is not None
    assert ("cu118", "11.8", False) == (view.build, view.cuda, view.available)


@pytest.mark.parametrize(
    ("observed", "build"),
    [
        ({"torch_cuda_build": None, "os": "Windows 10", "cuda_available": False}, "cpu"),
        ({"torch_cuda_build": None, "os": "macOS 14", "cuda_available": False}, None),
        ({"torch_cuda_build": None, "os": "Ubuntu", "torch_rocm_build": "6.3.42133-1b"}, "rocm6.3"),
        ({"torch_cuda_build": None, "os": "Ubuntu", "torch_xpu_build": "20250101", "cuda_available": False}, "xpu"),
        ({"torch_cuda_build": "12.1"}, "cu121"),
    ],
)
def test_build_without_a_version(observed: dict[str, object], build: str | None) -> None:
    view = read(observed).report.view("torch")
    assert build == (view.build if view else None)


def test_toolkit_and_driver_with_remarks() -> None:
    found = read(
        {
            "cuda_toolkit": "12.4 (module cuda-12.4)",
            "driver": "525.89.02 (nvidia-dkms)",
            "driver_cuda": "12.0",
            "kernel_module": "520.56.06",
        }
    )
    nvidia = found.machine.nvidia
    assert nvidia is not None
    assert found.report.toolkit == "12.4"
    assert ("525.89.02", "12.0", "520.56.06") == (nvidia.driver, nvidia.cuda, nvidia.kernel_module)


def test_doubtful_cuda_of_the_driver_is_a_remark() -> None:
    found = read({"driver": "535", "driver_cuda": "12.8 (as reported by the user)"})
    assert found.machine.nvidia is not None
    assert found.machine.nvidia.cuda is None
    assert "12.8" in found.report.remarks["driver_cuda"]


@pytest.mark.parametrize(
    ("gpus", "names"),
    [
        ([{"name": "NVIDIA L4", "compute_capability": "8.9", "vram": "24 GB"}], ["NVIDIA L4"]),
        ([{"name": "AMD Instinct MI210 x2"}], ["AMD Instinct MI210"] * 2),
        (["RTX 3060", "RTX 3070"], ["RTX 3060", "RTX 3070"]),
        ([{"name": "Tesla T4", "count": 3}], ["Tesla T4"] * 3),
        ("2x RTX 3090", ["RTX 3090"] * 2),
        ([None, 3, {"vram": "8GB"}], []),
    ],
)
def test_gpus_of_any_shape(gpus: object, names: list[str]) -> None:
    assert names == [gpu.name for gpu in read({"gpus": gpus}).machine.gpus or ()]


def test_no_gpus_and_unknown_gpus() -> None:
    assert read({"gpus": []}).machine.gpus == ()
    assert read({"gpus": None}).machine.gpus is None
    assert read({}).machine.gpus is None


def test_facts_of_a_gpu() -> None:
    gpus = read(
        {"gpus": [{"name": "NVIDIA A30", "compute_capability": "8.0", "vram": "24 GiB", "mig": "2g.12gb x2"}]}
    ).machine.gpus
    assert gpus is not None
    assert ("8.0", 24 * GIB, True, 2) == (
        gpus[0].compute_capability,
        gpus[0].memory_bytes,
        gpus[0].mig,
        len(gpus[0].mig_instances or ()),
    )


def test_mig_modes() -> None:
    gpus = read({"mig_mode": {"gpu0": "Disabled", "gpu1": "Enabled"}}).machine.gpus
    assert [(0, False), (1, True)] == [(gpu.index, gpu.mig) for gpu in gpus or ()]


def test_variables() -> None:
    found = read(
        {
            "env": {
                "CUDA_VISIBLE_DEVICES": "",
                "HIP_VISIBLE_DEVICES": "1,2 (set in process)",
                "LD_LIBRARY_PATH": "/opt/cuda/lib64:...",
                "CONDA": "yes",
                "XLA_FLAGS": None,
            }
        }
    )
    values = {row.name: row.value for row in found.machine.variables}
    assert values["CUDA_VISIBLE_DEVICES"] == ""
    assert values["HIP_VISIBLE_DEVICES"] == "1,2"
    assert values["LD_LIBRARY_PATH"] == "/opt/cuda/lib64:..."
    assert "CONDA" not in values
    assert found.environment is not None
    assert found.environment.kind == "conda"


def test_containers_and_wsl() -> None:
    assert read({"container": "docker run --gpus all"}).machine.os.container == "docker"
    assert read({"container": "our own image"}).machine.os.container == "container"
    assert read({"container": False}).machine.os.container == ""
    assert read({"wsl": True}).machine.os.wsl == 2
    assert read({"os": "Windows 11", "container": "docker"}).machine.os.family == "linux"


def test_kernel_side() -> None:
    found = read(
        {
            "secure_boot": True,
            "dkms": ["nvidia/550.54.14, 6.8.0-31-generic, x86_64: installed", "nvidia/550.54.14: added"],
            "dpkg": ["libnvidia-compute-550:amd64", "nvidia-driver-550 550.54.14-0ubuntu1"],
            "driver_packages": {"libcuda1": "550.54.14-1"},
            "modules_loaded": ["nouveau"],
            "device_nodes_missing": ["/dev/nvidia-uvm"],
            "groups": "me adm video (no render)",
        }
    )
    machine, report = found.machine, found.report
    assert machine.os.secure_boot is True
    assert (
        DkmsModule(name="nvidia", version="550.54.14", kernel="6.8.0-31-generic", state="installed"),
        DkmsModule(name="nvidia", version="550.54.14", state="added"),
    ) == machine.dkms
    assert {
        "libnvidia-compute-550": "",
        "nvidia-driver-550": "550.54.14-0ubuntu1",
        "libcuda1": "550.54.14-1",
    } == report.system_packages
    assert ["nouveau"] == [row.name for row in machine.kernel_modules or ()]
    assert ("/dev/nvidia-uvm",) == report.missing_nodes
    assert machine.account is not None
    assert ("me", "adm", "video") == machine.account.groups


def test_disks() -> None:
    assert (Disk(purpose="temporary", path="/tmp", free_bytes=GIB),) == read(
        {"disk": "/tmp has 1 GB free"}
    ).machine.disks
    assert () == read({"disk": "/tmp is smaller than the 2.2 GB wheel"}).machine.disks
    shared = read({"shm": "64M"}).machine.disks
    assert (Disk(purpose="shared-memory", path="/dev/shm", total_bytes=64 << 20),) == shared


def test_shadows_and_user_site() -> None:
    found = read({"local_file": "random.py in the project", "packages_user_site": {"numpy": "1.21.0 in ~/.local/lib"}})
    assert found.environment is not None
    assert (Shadow(module="random", path="random.py", found="working-directory"),) == found.environment.shadows
    assert [("numpy", "1.21.0")] == [(row.name, row.version) for row in found.report.user_site]


def test_loaded_libraries() -> None:
    assert {"cudnn": "8.3.2"} == read({"cudnn": "8.3.2 loaded"}).report.loaded
    assert {"libcuda.so": "/usr/lib/libcuda.so"} == read(
        {"loaded": {"libcuda.so": "/usr/lib/libcuda.so"}}
    ).report.loaded


def test_requested_packages_are_wanted() -> None:
    report = read({"packages_requested": {"torch": ">=2.6 (index my-index)"}}).report
    assert (Wanted(name="torch", version="2.6", index="my-index"),) == report.wanted


def test_words_are_in_text_and_remarks() -> None:
    report = read({"event": "the system was suspended", "driver": "535"}, symptom="it broke").report
    assert "suspended" in report.text
    assert report.remarks["event"] == "the system was suspended"
    assert report.symptom == "it broke"


def test_note_is_not_read() -> None:
    report = read({"note": "the answer"}).report
    assert "answer" not in report.text
    assert {} == report.remarks


def test_observed_comes_before_the_dump_and_the_dump_refines() -> None:
    found = read(
        {"python": "3.10", "driver": "550.54.14"},
        dump="PyTorch version: 2.4.0\nPython version: 3.10.14 (main)\nNvidia driver version: 535.54.03\n",
    )
    assert found.machine.nvidia is not None
    assert found.machine.nvidia.driver == "550.54.14"
    assert ["3.10.14"] == [python.version for python in found.machine.pythons or ()]


@pytest.mark.parametrize("value", ODD)
def test_any_value_under_any_key(value: object) -> None:
    keys = [*_READERS, "jax_devices", "python_arch", "unknown_key"]
    for key in keys:
        assert isinstance(read({key: value}), Reported)
    assert isinstance(read(dict.fromkeys(keys, value)), Reported)


@pytest.mark.parametrize("observed", [None, 3, "free words about a machine", [], ["a"]])
def test_observed_of_any_type(observed: object) -> None:
    assert isinstance(read(observed), Reported)


def test_unknown_is_not_absent() -> None:
    told = read_observed({"os": "Ubuntu"})
    assert told.gpus is None
    assert told.nvidia is None
    assert told.distributions == ()
