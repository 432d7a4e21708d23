"""The list of GPU code in a wheel."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from mlenv.matrix.sources.arch_list import read_arch_list
from mlenv.matrix.sources.fatbin import UnreadableCodeError
from mlenv.matrix.sources.gpu_code import GpuCode, LibraryGpuCode, measure_gpu_code, read_gpu_code
from mlenv.matrix.sources.library_code import LibraryCode, read_library
from mlenv.system.page import WebError
from tests.unit.matrix.sources.sources_wheels import URL, OneFile, bundle, container, elf, entry, pe, wheel

NOISE = random.Random(5).randbytes(400_000)
FUNCTION = b"\0_cuda_getArchFlags\0"
SASS = container(entry(2, 75), entry(2, 80), entry(2, 100, flags=0x1200011), entry(1, 120))


def slowly(content: bytes) -> Iterator[bytes]:
    return (content[at : at + 13] for at in range(0, len(content), 13))


# ---------------------------------------------------------------- torch's own list


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        pytest.param(b"\0sm_75 sm_80 sm_120\0..." + FUNCTION, "sm_75 sm_80 sm_120", id="2.15"),
        pytest.param(FUNCTION + b"...\0sm_37 sm_86\0", "sm_37 sm_86", id="1.13: the function's name first"),
        pytest.param(b"\0td::string ipc_hsm_70 sm_90\0" + FUNCTION, "sm_70 sm_90", id="2.9: behind a constant"),
        pytest.param(b"\0sm_80 sm_90a compute_120\0" + FUNCTION, "sm_80 sm_90a compute_120", id="with PTX"),
        pytest.param(b"\0gfx900 gfx90a gfx1100 gfx1201\0" + FUNCTION, "gfx900 gfx90a gfx1100 gfx1201", id="ROCm"),
        pytest.param(b"\0sm_87\0" + FUNCTION, "sm_87", id="one device"),
        pytest.param(b"\0sm_75 sm_80\0sm_90\0" + FUNCTION, "sm_75 sm_80", id="a single name beside it"),
        pytest.param(
            b"\0use sm_70 sm_75\0gfx950-style swizzle\0sm_80 sm_90\0" + FUNCTION, "sm_80 sm_90", id="prose beside it"
        ),
        pytest.param(b"\0gfx950-style swizzle (hipBLASLt)\0", "", id="CPU: no such function"),
        pytest.param(b"\0sm_80\0" * 2, "", id="CPU: a name, no function"),
        pytest.param(b"", "", id="empty"),
    ],
)
def test_arch_list(content: bytes, codes: str) -> None:
    assert tuple(codes.split()) == read_arch_list(slowly(b"\x7fELF" + b"." * 2000 + content + b"." * 50))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(FUNCTION, id="no list"),
        pytest.param(b"\0sm_80\0sm_90\0" + FUNCTION, id="two single names"),
        pytest.param(b"\0sm_80 sm_90\0sm_75 sm_80\0" + FUNCTION, id="two lists"),
    ],
)
def test_no_plain_list(content: bytes) -> None:
    with pytest.raises(UnreadableCodeError, match="torch's list of GPU code"):
        read_arch_list(slowly(content))


def test_torch_is_read_as_far_as_its_list() -> None:
    library = NOISE + b"\0sm_80 sm_90\0" + FUNCTION + NOISE * 20
    web = OneFile(wheel({"torch/lib/libtorch_cuda.so": NOISE * 9, "torch/lib/libtorch_python.so": library}))
    code = read_gpu_code(web, URL)
    assert code == GpuCode(
        sass=("8.0", "9.0"),
        how="the list behind torch.cuda.get_arch_list() in torch/lib/libtorch_python.so",
        transferred=web.transferred,
    )
    assert web.transferred < 2_000_000


def test_torch_for_the_processor() -> None:
    code = read_gpu_code(OneFile(wheel({"torch/lib/torch_python.dll": b"MZ" + NOISE})), URL)
    assert code is not None
    assert ((), (), ()) == (code.sass, code.ptx, code.gfx)
    assert "a build without GPU code" in code.how


# ---------------------------------------------------------------- libraries

EVERY = frozenset({"sm_75", "sm_80", "sm_100f", "compute_120"})
LINKABLE = container(entry(2, 60), entry(1, 60))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(elf({".nv_fatbin": SASS}), LibraryCode(name="x", codes=EVERY, binaries=1), id="ELF"),
        pytest.param(
            elf({".text": b"\x50\xed\x55\xba.nv_fatbin\0" + NOISE[:5000], ".nv_fatbin": SASS + b"\0" * 8 + SASS}),
            LibraryCode(name="x", codes=EVERY, binaries=2),
            id="ELF: misleading bytes before, two binaries",
        ),
        pytest.param(
            elf({".nv_fatbin": SASS, ".data": NOISE[:5000]}, table_first=True),
            LibraryCode(name="x", codes=EVERY, binaries=1),
            id="ELF: its table at the start",
        ),
        pytest.param(
            elf({"__nv_relfatbin": LINKABLE, ".nv_fatbin": SASS}),
            LibraryCode(name="x", codes=EVERY, binaries=1),
            id="ELF: code for the linker is not loaded",
        ),
        pytest.param(
            elf({".nv_fatbin": SASS + container(entry(2, 75), entry(2, 80), entry(2, 90))}),
            LibraryCode(
                name="x",
                codes=EVERY | {"sm_90"},
                binaries=2,
                partial=frozenset({"sm_90", "sm_100f", "compute_120"}),
            ),
            id="ELF: codes that not all have",
        ),
        pytest.param(
            elf({".hip_fatbin": bundle("hipv4-amdgcn-amd-amdhsa--gfx1100").ljust(4096, b"\0") + bundle()}),
            LibraryCode(name="x", codes=frozenset({"gfx1100"}), binaries=2, partial=frozenset({"gfx1100"})),
            id="ELF: ROCm",
        ),
        pytest.param(elf({".text": b"x"}), LibraryCode(name="x", codes=frozenset(), binaries=0), id="ELF: no code"),
        pytest.param(
            pe({".text": NOISE[:700], "__nv_relfatbin": LINKABLE, ".nv_fatbin": SASS}),
            LibraryCode(name="x", codes=EVERY, binaries=1),
            id="PE",
        ),
        pytest.param(
            pe({".nv_fatbin": container(entry(2, 90)), ".data": b"x"}),
            LibraryCode(name="x", codes=frozenset({"sm_90"}), binaries=1),
            id="PE: padded",
        ),
        pytest.param(pe({".text": SASS}), LibraryCode(name="x", codes=frozenset(), binaries=0), id="PE: no code"),
        pytest.param(b"\xcf\xfa\xed\xfe", LibraryCode(name="x", codes=frozenset(), binaries=0), id="Mach-O"),
        pytest.param(b"#!/bin/sh\n", LibraryCode(name="x", codes=frozenset(), binaries=0), id="a script"),
    ],
)
def test_library(content: bytes, expected: LibraryCode) -> None:
    assert expected == read_library("x", slowly(content))
    assert expected == read_library("x", iter([content]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(elf({".nv_fatbin": SASS})[:-1], "list of sections is missing", id="ELF: cut short"),
        pytest.param(elf({".nv_fatbin": SASS})[:100], "list of sections is missing", id="ELF: cut early"),
        pytest.param(elf({".nv_fatbin": SASS + b"\1" * 400}), "more than was understood", id="something behind"),
        pytest.param(elf({".nv_fatbin": b"\1" * 400}), "more than was understood", id="something else"),
        pytest.param(elf({".nv_fatbin": container(entry(7, 75))}), "an unknown kind", id="an unknown kind"),
        pytest.param(elf({".hip_fatbin": b"\1" * 400}), "more than was understood", id="ROCm in another form"),
        pytest.param(pe({".nv_fatbin": SASS})[:-450], "cut short|more than was understood", id="PE: cut short"),
    ],
)
def test_a_list_with_holes_is_none(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableCodeError, match=words):
        read_library("x", slowly(content))


def test_a_cut_library_never_passes_for_a_whole_one() -> None:
    whole = elf({".text": NOISE[:300], ".nv_fatbin": SASS})
    for length in range(64, len(whole)):
        with pytest.raises(UnreadableCodeError):
            read_library("x", iter([whole[:length]]))


# ---------------------------------------------------------------- wheels


def test_wheel_with_a_library_for_each_release() -> None:
    web = OneFile(
        wheel(
            {
                "one/cuda12.so": elf({".nv_fatbin": container(entry(2, 60), entry(2, 90))}),
                "one/cuda13.so": elf({".nv_fatbin": SASS}),
                "one/rocm.so": elf({".hip_fatbin": bundle("hipv4-amdgcn-amd-amdhsa--gfx90a:xnack+")}),
                "one/_c.cpython-312-x86_64-linux-gnu.so": elf({".text": NOISE[:99]}),
                "one.libs/libcublas-0a1b2c3d.so.12": elf({".nv_fatbin": container(entry(2, 50))}),
                "one/__init__.py": b"",
            }
        )
    )
    assert read_gpu_code(web, URL) == GpuCode(
        sass=("6.0", "7.5", "8.0", "9.0", "10.0f"),
        ptx=("12.0",),
        gfx=("gfx90a",),
        how="3 fat binaries in 3 libraries; all 4 libraries of the wheel read",
        transferred=web.transferred,
        libraries=(
            LibraryGpuCode(library="one/cuda12.so", sass=("6.0", "9.0")),
            LibraryGpuCode(library="one/cuda13.so", sass=("7.5", "8.0", "10.0f"), ptx=("12.0",)),
            LibraryGpuCode(library="one/rocm.so", gfx=("gfx90a",)),
        ),
    )


def test_wheel_without_libraries() -> None:
    code = read_gpu_code(OneFile(wheel({"one/__init__.py": b""})), URL)
    assert code is not None
    assert ((), "no fat binaries; all 0 libraries of the wheel read") == (code.sass, code.how)


def test_nothing_is_fetched_where_the_limit_does_not_suffice() -> None:
    web = OneFile(wheel({"one/lib.so": elf({".nv_fatbin": SASS, ".data": NOISE})}))
    assert read_gpu_code(web, URL, limit_bytes=300_000) is None
    assert web.transferred < 40_000
    with pytest.raises(UnreadableCodeError, match=r"one-1.0-py3-none-any.whl: its libraries take"):
        measure_gpu_code(web, URL, limit_bytes=300_000)


def test_an_unknown_form_is_none() -> None:
    web = OneFile(wheel({"one/lib.so": elf({".nv_fatbin": container(entry(7, 75))})}))
    assert read_gpu_code(web, URL) is None
    with pytest.raises(UnreadableCodeError, match=r"one-1.0-py3-none-any.whl: one/lib.so: .*kind \(7\)"):
        measure_gpu_code(web, URL)


@pytest.mark.parametrize(
    "web",
    [
        pytest.param(OneFile(b"no wheel"), id="no wheel"),
        pytest.param(OneFile(wheel({"one/lib.so": NOISE}), whole=True), id="no ranges"),
        pytest.param(OneFile(wheel({"one/lib.so": b"\x7fELF\2\1" + NOISE}), fails_after=2), id="fails midway"),
    ],
)
def test_trouble_with_the_server_is_told(web: OneFile) -> None:
    with pytest.raises(WebError):
        read_gpu_code(web, URL)
