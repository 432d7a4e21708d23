"""The dynamic loader, followed on paper: rules, frameworks, and the loader of this machine as the judge."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlenv.facts.environment import LoadedLibrary
from mlenv.probe.environments.libraries import parse_library_version
from mlenv.probe.environments.loader import Found, LoaderSettings, Process
from mlenv.probe.environments.preloads import TorchPreloads, parse_jax_preloads, parse_torch_preloads
from mlenv.system.host import Identity, LiveHost
from mlenv.system.recording import RecordedHost, RecordingHost
from tests.unit.probe.environment_hosts import PACKAGES, VENV, make_elf, read, readings_of, record, venv

APP = "/srv/app/lib/libapp.so"
LIBRARY = make_elf(soname="libx.so.1")
PLACES = {
    "rpath": "/srv/rpath/libx.so.1",
    "runpath": "/srv/runpath/libx.so.1",
    "variable": "/srv/variable/libx.so.1",
    "default": "/usr/lib64/libx.so.1",
}


def find(
    app: bytes, *places: str, files: dict[str, bytes] | None = None, program: str = "", variable: str = ""
) -> Found:
    """What the library of an application gets for libx.so.1, with that library at some places."""
    libraries = {APP: app, **{PLACES[place]: LIBRARY for place in places}, **(files or {})}
    host = RecordedHost(venv(libraries=libraries, environ={"LD_LIBRARY_PATH": variable}))
    process = Process(LoaderSettings(host, program or None))
    process.open_file(APP)
    return process.loaded["libx.so.1"]


def app(**more: Any) -> bytes:
    return make_elf(needed=("libx.so.1", "libc.so.6"), soname="libapp.so", **more)


def test_rpath_comes_before_the_variable_and_runpath_after_it() -> None:
    everywhere = ("rpath", "runpath", "variable", "default")
    variable = "/srv/nowhere:/srv/variable"
    assert find(app(rpath="/srv/rpath"), *everywhere, variable=variable) == Found(path=PLACES["rpath"], way="rpath")
    assert find(app(runpath="/srv/runpath"), *everywhere, variable=variable) == Found(
        path=PLACES["variable"], way="ld-library-path"
    )
    assert find(app(runpath="/srv/runpath"), *everywhere) == Found(path=PLACES["runpath"], way="runpath")
    assert find(app(), *everywhere) == Found(path=PLACES["default"], way="default")
    assert find(app()) == Found()


def test_rpath_beside_a_runpath_is_ignored() -> None:
    assert find(app(rpath="/srv/rpath", runpath="/srv/runpath"), "rpath", "runpath").way == "runpath"
    assert find(app(rpath="/srv/rpath", runpath="/srv/nowhere"), "rpath") == Found()


@pytest.mark.parametrize("folders", ["$ORIGIN/../../rpath", "${ORIGIN}/../../rpath", ":/srv/$LIB:/srv/rpath"])
def test_variables_of_a_path(folders: str) -> None:
    assert find(app(rpath=folders), "rpath").path == PLACES["rpath"]


def test_rpath_of_the_program_counts_for_what_has_no_runpath() -> None:
    """The interpreters of conda have one."""
    program = {"/opt/conda/bin/python": make_elf(rpath="/srv/rpath")}
    assert find(app(), "rpath", "default", files=program, program="/opt/conda/bin/python").way == "rpath"
    assert find(app(runpath="/x"), "rpath", "default", files=program, program="/opt/conda/bin/python").way == "default"


def test_rpath_of_the_one_that_asked_for_the_library_counts_too() -> None:
    middle = {"/srv/rpath/libmiddle.so": make_elf(needed=("libx.so.1",), soname="libmiddle.so")}
    first = make_elf(needed=("libmiddle.so",), soname="libapp.so", rpath="/srv/rpath")
    assert find(first, "rpath", "default", files=middle).way == "rpath"


def test_library_of_another_architecture_is_passed_over() -> None:
    other = {PLACES["variable"]: make_elf(soname="libx.so.1", bits=32, machine=3)}
    assert find(app(), "default", files=other, variable="/srv/variable").way == "default"


def test_first_file_of_a_name_stays() -> None:
    libraries = {
        APP: app(runpath="/srv/runpath"),
        "/srv/other/libother.so": make_elf(needed=("libx.so.1",), rpath="/srv/rpath"),
        PLACES["runpath"]: LIBRARY,
        PLACES["rpath"]: LIBRARY,
    }
    process = Process(LoaderSettings(RecordedHost(venv(libraries=libraries))))
    process.open_file("/srv/other/libother.so")
    process.open_file(APP)
    assert process.loaded["libx.so.1"].path == PLACES["rpath"]


def test_libraries_that_ask_for_each_other() -> None:
    libraries = {
        APP: make_elf(needed=("libx.so.1",), soname="libapp.so", rpath="/srv/rpath"),
        PLACES["rpath"]: make_elf(needed=("libapp.so", "libx.so.1", "libgone.so"), soname="libx.so.1"),
    }
    process = Process(LoaderSettings(RecordedHost(venv(libraries=libraries))))
    assert process.open_file(APP) == ("libgone.so",)


def wheels(*names: str) -> dict[str, bytes]:
    """Libraries where NVIDIA's wheels put them: ``cudnn/libcudnn.so.9``."""
    return {
        f"nvidia/{folder}/lib/{library}": make_elf(soname=library)
        for folder, library in (name.split("/") for name in names)
    }


def torch(**more: Any) -> dict[str, bytes]:
    needed = ("libcudart.so.12", "libcudnn.so.9", "libcublas.so.12")
    return {
        "torch/lib/libtorch_global_deps.so": make_elf(needed=needed, soname="libtorch_global_deps.so", **more),
        "torch/lib/libtorch_cuda.so": make_elf(needed=needed, soname="libtorch_cuda.so", **more),
    }


WHEELS = wheels("cudnn/libcudnn.so.9", "cublas/libcublas.so.12", "cuda_runtime/libcudart.so.12")
TORCH = {
    **record("torch-2.9.0", "torch/__init__.py", "torch/lib/libtorch_cuda.so", "torch/lib/libtorch_global_deps.so"),
    **record("nvidia_cudnn_cu12-9.10.2.21", "nvidia/cudnn/lib/libcudnn.so.9"),
    "torch/version.py": "__version__ = '2.9.0+cu128'\ncuda = '12.8'\n",
}
RPATH = ":".join(f"$ORIGIN/../../nvidia/{name}/lib" for name in ("cudnn", "cublas", "cuda_runtime")) + ":$ORIGIN"
PRELOADS = """
        "cublas": "libcublas.so.*[0-9]",
        "cudnn": "libcudnn.so.*[0-9]",
        "cuda_runtime": "libcudart.so.*[0-9]",
"""


def test_torch_takes_the_libraries_of_its_wheels() -> None:
    recording = venv(TORCH, libraries={**torch(rpath=RPATH), **WHEELS, "/opt/cudnn/libcudnn.so.9": LIBRARY})
    recording.environ["LD_LIBRARY_PATH"] = "/opt/cudnn"
    environment = read(recording)
    assert environment.libraries is not None
    assert environment.libraries[1] == LoadedLibrary(
        distribution="torch",
        soname="libcudnn.so.9",
        path=f"{PACKAGES}/nvidia/cudnn/lib/libcudnn.so.9",
        way="rpath",
        owner="nvidia-cudnn-cu12",
        version="9",
    )
    assert [item.soname for item in environment.libraries] == ["libcudart.so.12", "libcudnn.so.9", "libcublas.so.12"]
    assert readings_of(environment, "environment.libraries") == [("ld.so", "found", "torch")]


def test_torch_with_a_runpath_takes_the_library_of_the_variable() -> None:
    libraries = {**torch(runpath=RPATH), **WHEELS, "/opt/cudnn/libcudnn.so.9": make_elf(soname="libcudnn.so.9")}
    environ = {"LD_LIBRARY_PATH": "/opt/cudnn"}
    links = {"/opt/cudnn/libcudnn.so.9": "/opt/cudnn/libcudnn.so.9.1.0"}
    found = read(venv(TORCH, libraries=libraries, environ=environ, links=links)).libraries
    assert found is not None
    assert (found[1].path, found[1].way) == ("/opt/cudnn/libcudnn.so.9", "ld-library-path")
    assert (found[1].owner, found[1].version) == (None, "9.1.0")


def test_torch_helps_itself_where_the_loader_finds_nothing() -> None:
    files = {**TORCH, "torch/__init__.py": f"/proc/self/maps\nexcept OSError as err:\n{PRELOADS}"}
    found = read(venv(files, libraries={**torch(runpath="$ORIGIN"), **WHEELS})).libraries
    assert found is not None
    assert [(item.soname, item.way) for item in found] == [
        ("libcublas.so.12", "preload"),
        ("libcudnn.so.9", "preload"),
        ("libcudart.so.12", "preload"),
    ]


def test_torch_gives_up_at_the_first_library_that_is_nowhere() -> None:
    files = {**TORCH, "torch/__init__.py": f"/proc/self/maps\nexcept OSError as err:\n{PRELOADS}"}
    libraries = {**torch(), **wheels("cublas/libcublas.so.12", "cuda_runtime/libcudart.so.12")}
    found = read(venv(files, libraries=libraries)).libraries
    assert found is not None
    assert {item.soname: item.way for item in found} == {
        "libcublas.so.12": "preload",
        "libcudart.so.12": None,
        "libcudnn.so.9": None,
    }


def test_torch_loads_what_cudart_s_neighbours_open_later() -> None:
    code = "/proc/self/maps\n_preload_cuda_deps('nvjitlink', 'libnvJitLink.so.*[0-9]')\nexcept OSError as err:\n"
    libraries = {**torch(rpath=RPATH), **WHEELS, **wheels("nvjitlink/libnvJitLink.so.12")}
    found = read(venv({**TORCH, "torch/__init__.py": code}, libraries=libraries)).libraries
    assert found is not None
    assert (found[-1].soname, found[-1].way) == ("libnvJitLink.so.12", "preload")


def test_build_for_the_processor_alone_loads_nothing() -> None:
    files = record("torch-2.9.0", "torch/__init__.py", "torch/lib/libtorch_cpu.so")
    assert read(venv(files, libraries={"torch/lib/libtorch_cpu.so": make_elf()})).libraries == ()


def test_library_of_the_second_cuda_is_followed() -> None:
    """libcusparse asks for libnvJitLink by a path of its own, and the variable comes before that."""
    libraries = {
        "torch/lib/libtorch_cuda.so": make_elf(
            needed=("libcusparse.so.12",), rpath="$ORIGIN/../../nvidia/cusparse/lib"
        ),
        "nvidia/cusparse/lib/libcusparse.so.12": make_elf(
            needed=("libnvJitLink.so.12",), runpath="$ORIGIN/../../nvjitlink/lib"
        ),
        **wheels("nvjitlink/libnvJitLink.so.12"),
        "/usr/local/cuda/lib64/libnvJitLink.so.12": make_elf(soname="libnvJitLink.so.12"),
    }
    environ = {"LD_LIBRARY_PATH": "/usr/local/cuda/lib64"}
    found = read(venv(TORCH, libraries=libraries, environ=environ)).libraries
    assert found is not None
    assert [(item.soname, item.way) for item in found] == [
        ("libcusparse.so.12", "rpath"),
        ("libnvJitLink.so.12", "ld-library-path"),
    ]


def test_tensorflow_opens_by_name() -> None:
    files = {
        **record("tensorflow-2.20.0", "tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2"),
        "tensorflow/python/platform/build_info.py": (
            "build_info = OrderedDict([('cuda_version', '12.5.1'), ('cudnn_version', '9'), ('is_cuda_build', True)])"
        ),
    }
    libraries = {
        "tensorflow/libtensorflow_cc.so.2": make_elf(
            needed=("libtensorflow_framework.so.2",), runpath="$ORIGIN/../nvidia/cudnn/lib:$ORIGIN"
        ),
        "tensorflow/libtensorflow_framework.so.2": make_elf(soname="libtensorflow_framework.so.2"),
        **WHEELS,
    }
    found = read(venv(files, libraries=libraries)).libraries
    assert found is not None
    ways = {item.soname: item.way for item in found}
    assert (ways["libcudnn.so.9"], ways["libcublas.so.12"], ways["libcuda.so.1"]) == ("runpath", None, None)


def test_jax_loads_the_wheels_whatever_the_variable_says() -> None:
    plugin = "jax_plugins/xla_cuda12/xla_cuda_plugin.so"
    files = {
        **record("jax_cuda12_pjrt-0.8.0", plugin),
        "jax_plugins/xla_cuda12/__init__.py": (
            '  _load("cublas", ["libcublas.so.12", "libcublasLt.so.12"])\n  _load("cu13", ["libcublas.so.13"])\n'
            '  _load("cudnn", ["libcudnn.so.9"])\n'
        ),
    }
    libraries = {plugin: make_elf(runpath="$ORIGIN/../nvidia/cuda_runtime/lib"), **WHEELS}
    libraries["/opt/cudnn/libcudnn.so.9"] = LIBRARY
    libraries["/opt/cudnn/libcudart.so.12"] = make_elf(soname="libcudart.so.12")
    found = read(venv(files, libraries=libraries, environ={"LD_LIBRARY_PATH": "/opt/cudnn"})).libraries
    assert found is not None
    ways = {item.soname: item.way for item in found}
    assert ways["libcudnn.so.9"] == ways["libcublas.so.12"] == "preload"
    assert ways["libcudart.so.12"] == "ld-library-path"
    assert ways["libcublasLt.so.12"] is None
    assert "libcublas.so.13" not in ways
    assert {item.distribution for item in found} == {"jax-cuda12-pjrt"}


def test_bitsandbytes_gets_what_torch_has_loaded() -> None:
    files = {
        **TORCH,
        **record(
            "bitsandbytes-0.48.0",
            "bitsandbytes/libbitsandbytes_cuda128.so",
            "bitsandbytes/libbitsandbytes_cuda130.so",
        ),
    }
    libraries = {
        **torch(rpath=RPATH),
        **WHEELS,
        "bitsandbytes/libbitsandbytes_cuda128.so": make_elf(needed=("libcublas.so.12", "libcusparse.so.12")),
        "bitsandbytes/libbitsandbytes_cuda130.so": make_elf(needed=("libcublas.so.13",)),
    }
    found = read(venv(files, libraries=libraries)).libraries
    assert found is not None
    own = [(item.soname, item.way) for item in found if item.distribution == "bitsandbytes"]
    assert own == [("libcublas.so.12", "rpath"), ("libcusparse.so.12", None)]


def test_conda_keeps_the_framework_s_libraries_in_its_own_folder() -> None:
    files = {
        "/opt/env/conda-meta/python-3.12.9-hb_0_cpython.json": "",
        "/opt/env/lib/python3.12/site-packages/torch-2.9.0.dist-info/RECORD": "torch/__init__.py,,\n",
    }
    libraries = {
        "/opt/env/bin/python": make_elf(rpath="$ORIGIN/../lib"),
        "/opt/env/lib/libtorch_cuda.so": make_elf(needed=("libcudart.so.12",)),
        "/opt/env/lib/libcudart.so.12": make_elf(soname="libcudart.so.12"),
    }
    found = read(venv(files, libraries=libraries), "/opt/env").libraries
    assert found is not None
    assert [(item.path, item.way, item.owner) for item in found] == [("/opt/env/lib/libcudart.so.12", "rpath", None)]


def test_loader_of_musl_is_not_followed() -> None:
    recording = venv(TORCH, libraries=torch())
    recording.identity = Identity(system="linux", release="6.6.0", machine="x86_64")
    environment = read(recording)
    assert environment.libraries is None
    assert readings_of(environment, "environment.libraries")[0][1] == "not_asked"


def test_recording_replays_to_the_same_environment() -> None:
    recording = venv(TORCH, libraries={**torch(rpath=RPATH), **WHEELS}, environ={"PWD": "/home/ada"})
    first = RecordingHost(RecordedHost(recording))
    from mlenv.probe.environments.environment import read_environment

    assert read_environment(first, VENV) == read_environment(RecordedHost(first.recording), VENV)


def test_preloads_of_torch() -> None:
    older = f'/proc/self/maps\n_preload_cuda_deps("nvjitlink", "libnvJitLink.so.*[0-9]")\nexcept OSError\n{PRELOADS}'
    newer = '("cublas", "libcublasLt.so.*[0-9]"),\n/proc/self/maps\n_preload_cuda_deps()\nexcept OSError\n'
    pair = ("cublas", "libcublasLt.so.")
    assert parse_torch_preloads(older) == TorchPreloads(
        failed=(("cublas", "libcublas.so."), ("cudnn", "libcudnn.so."), ("cuda_runtime", "libcudart.so.")),
        after=(("nvjitlink", "libnvJitLink.so."),),
    )
    assert parse_torch_preloads(newer) == TorchPreloads(failed=(pair,), after=(pair,))
    assert parse_torch_preloads("") == TorchPreloads()


def test_preloads_of_jax() -> None:
    text = '_load("cublas", ["libcublas.so.12", "libcublasLt.so.12"])\ndef _load(module, libraries):\n'
    assert parse_jax_preloads(text) == (("cublas", "libcublas.so.12"), ("cublas", "libcublasLt.so.12"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("libcudnn.so.9.10.2", "9.10.2"), ("libcudnn.so", None), ("libx.so.abc", None), ("libcudart.so.12", "12")],
)
def test_version_in_a_file_s_name(name: str, expected: str | None) -> None:
    assert parse_library_version(name) == expected


TOOLS = pytest.mark.skipif(
    not (shutil.which("gcc") and shutil.which("ldd")) or not LiveHost().identity.libc.startswith("glibc"),
    reason="needs gcc and glibc's ldd",
)


def compile_library(path: Path, *options: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    source = path.with_suffix(".c")
    source.write_text(f"int {path.name.split('.')[0]}(void) {{ return 1; }}\n")
    name = f"-Wl,-soname,{path.name}"
    command = ["gcc", "-shared", "-fPIC", name, "-Wl,--no-as-needed", str(source), "-o", str(path), *options]
    subprocess.run(command, check=True, capture_output=True)


@TOOLS
@pytest.mark.parametrize("dtags", ["--enable-new-dtags", "--disable-new-dtags"])
@pytest.mark.parametrize("variable", ["", "other"])
def test_this_machine_s_loader_agrees(tmp_path: Path, dtags: str, variable: str) -> None:
    """An application needs libx from a path of its own, and another one lies where the variable points."""
    compile_library(tmp_path / "own" / "libx.so")
    compile_library(tmp_path / "other" / "libx.so")
    entry = tmp_path / "app" / "libapp.so"
    path = "-Wl,-rpath,$ORIGIN/../own"
    compile_library(entry, f"-Wl,{dtags}", path, str(tmp_path / "own" / "libx.so"), "-lm")
    environ = {"PATH": "/usr/bin:/bin", **({"LD_LIBRARY_PATH": str(tmp_path / variable)} if variable else {})}
    text = subprocess.run(["ldd", str(entry)], capture_output=True, text=True, env=environ, check=True).stdout
    told = {name: str(Path(file).resolve()) for name, file in re.findall(r"^\t(\S+) => (/\S+)", text, re.MULTILINE)}
    process = Process(LoaderSettings(LiveHost(environ)))
    assert process.open_file(str(entry)) == ()
    found = process.loaded["libx.so"]
    assert found.path is not None
    assert told["libx.so"] == str(Path(found.path).resolve())
    assert found.way == ("rpath" if "disable" in dtags else "ld-library-path" if variable else "runpath")
