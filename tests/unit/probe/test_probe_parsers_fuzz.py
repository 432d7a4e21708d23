"""Parsers take any text: they give one of their declared results and never raise."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlenv.facts.environment import Distribution
from mlenv.facts.machine import Cpu, Gpu, Memory
from mlenv.probe import (
    amd,
    answers,
    cgroup,
    container,
    cuda_toolkit,
    environment,
    interpreter_layout,
    interpreters,
    managers,
    memory,
    mounts,
    nvidia_kernel,
    nvidia_library,
    nvidia_smi,
    operating_system,
    pci,
    pip_configuration,
    processor,
    sysctl,
    uv_configuration,
)
from mlenv.probe.executable import Executable, parse_executable

# Characters that parsers care about, and lines built of them, beside text of any kind.
MARKS = st.sampled_from(
    [":", "=", "\n", "\t", " ", "-", "[", "]", '"', "'", ",", "/", "0", "7", ".", "x", "\u0663", "\0"]
)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(MARKS, st.text(max_size=4))).map("".join))

PARSERS: list[tuple[Callable[[str], object], tuple[type, ...]]] = [
    (amd.parse_properties, (dict,)),
    (amd.parse_release, (str, type(None))),
    (lambda text: answers.find_answer(text, "mlenv-x:"), (str, type(None))),
    (cgroup.parse_groups, (dict,)),
    (container.find_container, (str,)),
    (lambda text: container.name_hypervisor(text, guest=False), (str,)),
    (cuda_toolkit.parse_compiler, (str, type(None))),
    (cuda_toolkit.parse_version_file, (str, type(None))),
    (environment.parse_metadata_name, (Distribution, type(None))),
    (environment.parse_torch_build, (str, type(None))),
    (interpreter_layout.parse_homebrew, (msgspec.Struct, type(None))),
    (interpreter_layout.parse_pyenv, (msgspec.Struct, type(None))),
    (interpreter_layout.parse_uv, (msgspec.Struct, type(None))),
    (interpreter_layout.parse_venv_version, (str, type(None))),
    (interpreters.parse_launcher, (tuple,)),
    (interpreters.parse_told, (msgspec.Struct, type(None))),
    (managers.parse_version, (str, type(None))),
    (memory.parse_limit, (int, type(None))),
    (memory.parse_memory_table, (Memory,)),
    (mounts.parse_mounts, (tuple,)),
    (lambda text: nvidia_kernel.parse_information(text, "0000:01:00.0"), (Gpu,)),
    (nvidia_kernel.parse_module, (nvidia_kernel.KernelModule, type(None))),
    (nvidia_library.library_version, (str, type(None))),
    (lambda text: nvidia_smi.parse_query(text, nvidia_smi.FIELDS), (nvidia_smi.SmiAnswer,)),
    (lambda text: operating_system.find_wsl(text, ""), (int,)),
    (operating_system.name_windows, (str, type(None))),
    (operating_system.parse_os_release, (dict,)),
    (operating_system.parse_red_hat_release, (tuple,)),
    (pci.plain_address, (str, type(None))),
    (pip_configuration.parse_pip_file, (dict, str)),
    (processor.parse_cpu_table, (Cpu,)),
    (processor.parse_quota, (float, type(None))),
    (sysctl.parse_sysctl, (dict,)),
    (lambda text: processor.parse_sysctl_processor(sysctl.parse_sysctl(text)), (Cpu,)),
    (lambda text: uv_configuration.parse_uv_file(text, "uv.toml"), (uv_configuration.UvSettings, str)),
]


@pytest.mark.parametrize(("parse", "kinds"), PARSERS)
@given(text=TEXTS)
@example(text="")
def test_any_text_gives_a_declared_result(parse: Callable[[str], object], kinds: tuple[type, ...], text: str) -> None:
    assert isinstance(parse(text), kinds)


@given(name=st.text(), version=st.from_regex(r"[0-9][0-9.]{0,8}", fullmatch=True))
def test_metadata_names_are_normalised(name: str, version: str) -> None:
    dist = environment.parse_metadata_name(f"{name}-{version}.dist-info")
    assert dist is None or (dist.name == environment.normalise(dist.name) and dist.version == version)


@given(header=st.binary(max_size=300))
@example(header=b"MZ" + bytes(0x3A) + b"\xff\xff\xff\x7f")
@example(header=b"\x7fELF\x03\x02")
def test_any_header_gives_a_declared_result(header: bytes) -> None:
    assert isinstance(parse_executable(header), (Executable, type(None)))


@given(cache=st.binary(max_size=300))
def test_any_linker_cache_gives_a_declared_result(cache: bytes) -> None:
    assert isinstance(nvidia_library.find_in_cache(cache, "libcuda.so.1"), (str, type(None)))


@given(version=st.integers(min_value=-5, max_value=10**9))
def test_any_number_gives_a_target_or_none(version: int) -> None:
    name = amd.name_gfx(version)
    assert (name is None) == (version <= 0)
