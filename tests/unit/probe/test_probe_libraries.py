"""Libraries of the system that frameworks may load."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlenv.facts.drivers import Library
from mlenv.facts.reading import Reading
from mlenv.probe.host.libraries import parse_header, pick_files, read_libraries, split_name
from mlenv.probe.host.linker_cache import LINKER_CACHE
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.linker_caches import I386, X86_64, linker_cache
from tests.unit.probe.probe_hosts import linux

SYSTEM = "/usr/lib/x86_64-linux-gnu"
ROWS = [
    ("libnccl.so.2", f"{SYSTEM}/libnccl.so.2", X86_64, 0),
    ("libcudnn.so.9", "/usr/lib32/libcudnn.so.9", I386, 0),
    ("libcudnn.so.9", f"{SYSTEM}/libcudnn.so.9", X86_64, 0),
    ("libcudnn_graph.so.9", f"{SYSTEM}/libcudnn_graph.so.9", X86_64, 0),
    ("libc.so.6", f"{SYSTEM}/libc.so.6", X86_64, 0),
]
CACHE = {LINKER_CACHE: base64.b64encode(linker_cache(ROWS)).decode()}
LINKS = {
    f"{SYSTEM}/libcudnn.so.9": f"{SYSTEM}/libcudnn.so.9.8.0",
    f"{SYSTEM}/libnccl.so.2": f"{SYSTEM}/libnccl.so.2.25.1",
}


def read(recording: Recording) -> tuple[tuple[Library, ...] | None, tuple[Reading, ...]]:
    log = Log()
    return read_libraries(RecordedHost(recording), log), log.readings


def test_what_the_linkers_cache_knows() -> None:
    libraries, readings = read(linux(bytes=CACHE, links=LINKS))
    assert (
        Library(name="cudnn", path=f"{SYSTEM}/libcudnn.so.9.8.0", version="9.8.0"),
        Library(name="nccl", path=f"{SYSTEM}/libnccl.so.2.25.1", version="2.25.1"),
    ) == libraries
    assert [("found", LINKER_CACHE, "cudnn 9.8.0, nccl 2.25.1")] == [
        (item.outcome, item.source, item.detail) for item in readings
    ]


def test_folders_of_the_library_path_come_first() -> None:
    own = "/home/ada/cuda/lib64"
    libraries, _ = read(
        linux(
            {f"{own}/libcudnn.so.9": "", f"{own}/libcudnn.so.9.1.0": "", f"{own}/libother.so.1": ""},
            bytes=CACHE,
            links=LINKS,
            environ={"LD_LIBRARY_PATH": f"relative::{own}:{own}:/nowhere"},
        )
    )
    assert libraries is not None
    assert [f"{own}/libcudnn.so.9.1.0", f"{SYSTEM}/libcudnn.so.9.8.0", f"{SYSTEM}/libnccl.so.2.25.1"] == [
        library.path for library in libraries
    ]


def test_toolkits_and_rocm_have_folders_of_their_own() -> None:
    libraries, readings = read(
        linux(
            {
                "/usr/local/cuda-12.8/lib64/libcublas.so.12.8.4.1": "",
                "/usr/local/cuda-12.8/lib64/libcudart.so.12.8.90": "",
                "/opt/rocm-6.4.1/lib/librocblas.so.4.4.60401": "",
                "/opt/rocm-6.4.1/lib/libMIOpen.so.1": "",
            }
        )
    )
    assert (
        Library(name="cublas", path="/usr/local/cuda-12.8/lib64/libcublas.so.12.8.4.1", version="12.8.4.1"),
        Library(name="cudart", path="/usr/local/cuda-12.8/lib64/libcudart.so.12.8.90", version="12.8.90"),
        Library(name="miopen", path="/opt/rocm-6.4.1/lib/libMIOpen.so.1"),
        Library(name="rocblas", path="/opt/rocm-6.4.1/lib/librocblas.so.4.4.60401", version="4.4.60401"),
    ) == libraries
    assert ["/usr/local/cuda-12.8/lib64", "/opt/rocm-6.4.1/lib"] == [item.source for item in readings]


def test_one_file_behind_two_folders_is_one_library() -> None:
    libraries, _ = read(
        linux(
            {
                "/usr/local/cuda/lib64/libcudart.so.12.8.90": "",
                "/usr/local/cuda-12.8/lib64/libcudart.so.12.8.90": "",
            },
            links={"/usr/local/cuda/lib64/libcudart.so.12.8.90": "/usr/local/cuda-12.8/lib64/libcudart.so.12.8.90"},
        )
    )
    assert libraries is not None
    assert ["/usr/local/cuda-12.8/lib64/libcudart.so.12.8.90"] == [library.path for library in libraries]


def test_without_a_cache_the_systems_folders_are_listed() -> None:
    libraries, _ = read(linux({f"{SYSTEM}/libnvinfer.so.10.9.0": ""}))
    assert (Library(name="tensorrt", path=f"{SYSTEM}/libnvinfer.so.10.9.0", version="10.9.0"),) == libraries


@pytest.mark.parametrize(
    ("library", "header", "text", "version"),
    [
        (
            "libcudnn.so.8",
            "cudnn_version.h",
            "#define CUDNN_MAJOR 8\n#define CUDNN_MINOR 9\n#define CUDNN_PATCHLEVEL 7\n",
            "8.9.7",
        ),
        (
            "libnccl.so",
            "nccl.h",
            '#define NCCL_MAJOR 2\n#define NCCL_MINOR 25\n#define NCCL_PATCH 1\n#define NCCL_SUFFIX ""\n',
            "2.25.1",
        ),
        ("libcublas.so.12", "cublas_api.h", "#define CUBLAS_VER_MAJOR 12\n", None),
    ],
)
def test_a_library_without_a_version_in_its_name(library: str, header: str, text: str, version: str | None) -> None:
    folder = "/usr/local/cuda-12.1"
    libraries, _ = read(linux({f"{folder}/lib64/{library}": "", f"{folder}/include/{header}": text}))
    assert libraries is not None
    assert [(f"{folder}/lib64/{library}", version)] == [(item.path, item.version) for item in libraries]


def test_a_machine_without_any() -> None:
    libraries, readings = read(linux())
    assert ((), [("absent", LINKER_CACHE)]) == (libraries, [(item.outcome, item.source) for item in readings])


def test_windows() -> None:
    cudnn = "C:\\Program Files\\NVIDIA\\CUDNN\\v9.8\\bin\\12.8"
    toolkit = "C:\\Program Files\\NVIDIA GPU Computing Toolkit\\CUDA\\v12.8\\bin"
    libraries, readings = read(
        Recording(
            identity=Identity(system="windows", release="10.0.22631", machine="AMD64"),
            environ={"PATH": f"C:\\Windows\\system32;{toolkit}", "PROGRAMFILES": "C:\\Program Files"},
            files={
                f"{cudnn}\\cudnn64_9.dll": "",
                f"{cudnn}\\cudnn_ops64_9.dll": "",
                f"{toolkit}\\cublas64_12.dll": "",
                f"{toolkit}\\nvrtc64_120_0.dll": "",
                "C:\\Windows\\system32\\cudnn64_8.dll": "",
            },
        )
    )
    assert (
        Library(name="cublas", path=f"{toolkit}\\cublas64_12.dll"),
        Library(name="nvrtc", path=f"{toolkit}\\nvrtc64_120_0.dll"),
        Library(name="cudnn", path=f"{cudnn}\\cudnn64_9.dll", version="9.8"),
    ) == libraries
    assert ["PATH", "C:\\Program Files\\NVIDIA\\CUDNN"] == [item.source for item in readings]


def test_macos_is_not_asked() -> None:
    libraries, readings = read(Recording(identity=Identity(system="macos", release="24.1.0", machine="arm64")))
    assert (None, ["not_asked"]) == (libraries, [item.outcome for item in readings])


@pytest.mark.parametrize(
    ("names", "picked"),
    [
        (["libcudnn.so", "libcudnn.so.9", "libcudnn.so.9.8.0"], ["libcudnn.so.9.8.0"]),
        (["libcudnn.so.8.9.7", "libcudnn.so.9.8.0"], ["libcudnn.so.8.9.7", "libcudnn.so.9.8.0"]),
        (["libcudnn.so.9.1.0", "libcudnn.so.9.8.0"], ["libcudnn.so.9.1.0", "libcudnn.so.9.8.0"]),
        (["libcudart.so.11.0", "libcudart.so.11.8.89"], ["libcudart.so.11.8.89"]),
        (["libnccl.so", "libnccl_static.a", "libcudnn_ops.so.9"], ["libnccl.so"]),
        (["libcublas.so.12", "libcublasLt.so.12"], ["libcublas.so.12", "libcublasLt.so.12"]),
    ],
)
def test_of_the_links_to_a_file_the_one_that_says_most(names: list[str], picked: list[str]) -> None:
    assert picked == pick_files(names)


@given(text=st.text(), names=st.lists(st.one_of(st.text(), st.from_regex(r"libcudnn\.so[.0-9]*", fullmatch=True))))
def test_any_text_and_any_names(text: str, names: list[str]) -> None:
    assert isinstance(parse_header(text, "CUDNN"), (str, type(None)))
    assert set(pick_files(names)) <= set(names)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("libcudnn.so.9.8.0", ("libcudnn", "9.8.0")),
        ("libcudart.so.13", ("libcudart", "13")),
        ("libnccl.so", ("libnccl", "")),
        ("libcudnn_adv.so.9", None),
        ("libnccl.so.", None),
        ("libnccl.so.x", None),
        ("libnccl.so2", None),
        ("libnccl.so." + "1" * 60, None),
        ("", None),
    ],
)
def test_names_of_files(name: str, parts: tuple[str, str] | None) -> None:
    assert parts == split_name(name)
