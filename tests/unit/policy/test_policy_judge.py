"""Every rule holds, does not hold, and is an error where its fact is unknown."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from mlenv.facts.environment import Distribution
from mlenv.facts.gpu import Gpu
from mlenv.facts.hardware import Memory
from mlenv.facts.system import Libc, OperatingSystem
from tests.unit.policy.cases import BARE, CARD, ENVIRONMENT, MACHINE, TORCH, judge, result, status_of

HOST_AND_GPU = [
    ("host.ram_gb", '">=64"', '">=128"'),
    ("host.disk_free_gb", '">=20"', '">100"'),
    ("host.shared_memory_gb", '">=1"', '">=16"'),
    ("host.cpu_cores", '">=8"', '">=9"'),
    ("host.cpu_flags", '["avx2"]', '["avx2", "amx_tile"]'),
    ("host.os_version", '">=22.04"', '">=24.04"'),
    ("host.distribution", '"Ubuntu"', '"debian"'),
    ("host.arch", '"x86_64"', '"aarch64"'),
    ("host.glibc", '">=2.28"', '">=2.39"'),
    ("host.kernel", '">=6.8,<7"', '">=6.11"'),
    ("host.secure_boot", "true", "false"),
    ("host.wsl", "false", "true"),
    ("host.container", "false", "true"),
    ("gpu.vendor", '"nvidia"', '"amd"'),
    ("gpu.names", '["NVIDIA RTX A*"]', '["NVIDIA H100*"]'),
    ("gpu.count", '"==1"', '">=2"'),
    ("gpu.vram_gb", '">=16"', '">=24"'),
    ("gpu.driver", '">=580"', '">=590"'),
    ("gpu.compute_capability", '">=8.0"', '">=9.0"'),
    ("gpu.cuda", '">=13"', '">=13.1"'),
    ("gpu.rocm", '">=6.4"', '">=7"'),
    ("gpu.ecc", "true", "false"),
    ("gpu.persistence", "true", "false"),
    ("gpu.mig", "false", "true"),
]


@pytest.mark.parametrize(("key", "good", "bad"), HOST_AND_GPU)
def test_a_fact_holds_breaks_or_is_unknown(key: str, good: str, bad: str) -> None:
    table, name = key.split(".")
    assert "pass" == status_of(f"[{table}]\n{name} = {good}", key)
    assert "fail" == status_of(f"[{table}]\n{name} = {bad}", key)
    assert "error" == status_of(f"[{table}]\n{name} = {good}", key, machine=BARE, environment=None)


def test_a_result_tells_what_was_expected_and_found() -> None:
    row = judge('[host]\nram_gb = ">=128"')["policy.host.ram_gb"]
    assert "main memory is 67.2 GB, and not at least 128 GB" == row.detail
    assert {"expected": ">=128", "found": 67.2} == row.measured
    assert ("policy", "policy-broken", "") == (row.group, row.reason, row.framework)


def test_the_system() -> None:
    assert "pass" == status_of('[host]\nos = "linux"', "host.os")
    assert "fail" == status_of('[host]\nos = "macos"', "host.os")


def test_a_container_s_limit_counts() -> None:
    limited = replace(MACHINE, memory=Memory(total_bytes=67_200_000_000, limit_bytes=8_000_000_000))
    assert "fail" == status_of('[host]\nram_gb = ">=16"', "host.ram_gb", machine=limited)


def test_two_words_for_64_bit_arm() -> None:
    mac = replace(MACHINE, architecture="arm64")
    assert "pass" == status_of('[host]\narch = "aarch64"', "host.arch", machine=mac)


def test_another_c_library_is_not_glibc() -> None:
    for libc, family in ((Libc(family="musl", version="1.2.5"), "linux"), (None, "macos")):
        other = replace(MACHINE, os=OperatingSystem(family=family, libc=libc))  # type: ignore[arg-type]
        assert "fail" == status_of('[host]\nglibc = ">=2.17"', "host.glibc", machine=other)


# ---------------------------------------------------------------- Python


def test_python_is_that_of_the_environment_else_any_of_the_machine() -> None:
    text = '[host]\npython = ">=3.12,<3.13"'
    assert "pass" == status_of(text, "host.python")
    assert "fail" == status_of(text, "host.python", environment=replace(ENVIRONMENT, python="3.13.1"))
    assert "error" == status_of(text, "host.python", environment=replace(ENVIRONMENT, python=None))
    assert "pass" == status_of(text, "host.python", environment=None)
    assert "error" == status_of(text, "host.python", environment=None, machine=BARE)
    assert "fail" == status_of(text, "host.python", environment=None, machine=replace(MACHINE, pythons=()))


@pytest.mark.parametrize(
    ("version", "expected"), [("3.12.3", "pass"), ("3.10.1", "fail"), ("3.6.9", "fail"), ("3.99.0", "error")]
)
def test_the_end_of_life_of_a_python(version: str, expected: str) -> None:
    environment = replace(ENVIRONMENT, python=version)
    text = "[host]\nforbid_eol_python = true"
    assert expected == status_of(text, "host.forbid_eol_python", environment=environment)


def test_an_unknown_python_may_be_at_its_end() -> None:
    text = "[host]\nforbid_eol_python = true"
    assert "error" == status_of(text, "host.forbid_eol_python", machine=BARE, environment=None)


# ---------------------------------------------------------------- GPUs

SMALL = replace(CARD, index=1, uuid="GPU-bbbb", name="NVIDIA GeForce GTX 1080 Ti", memory_bytes=11_811_160_064)
INTEGRATED = Gpu(vendor="intel", name="Intel UHD Graphics 770", integrated=True)


def test_every_gpu_must_keep_a_rule() -> None:
    two = replace(MACHINE, gpus=(CARD, SMALL))
    row = judge('[gpu]\nvram_gb = ">=12"', machine=two)["policy.gpu.vram_gb"]
    assert "fail" == row.status
    assert "GPU 1 (NVIDIA GeForce GTX 1080 Ti): 11.8 GB" in row.detail
    assert "GPU-bbbb" == row.about


def test_one_unknown_gpu_leaves_a_rule_unknown() -> None:
    two = replace(MACHINE, gpus=(CARD, replace(SMALL, memory_bytes=None)))
    assert "error" == status_of('[gpu]\nvram_gb = ">=12"', "gpu.vram_gb", machine=two)


def test_a_gpu_beside_the_processor_counts_only_where_there_is_no_card() -> None:
    both = replace(MACHINE, gpus=(INTEGRATED, CARD))
    assert "pass" == status_of('[gpu]\ncount = "==1"', "gpu.count", machine=both)
    alone = replace(MACHINE, gpus=(INTEGRATED,))
    assert "pass" == status_of('[gpu]\ncount = "==1"', "gpu.count", machine=alone)
    assert "fail" == status_of('[gpu]\nvendor = "nvidia"', "gpu.vendor", machine=alone)


def test_where_there_is_no_gpu_one_rule_says_so() -> None:
    none = replace(MACHINE, gpus=(), nvidia=None)
    rows = judge('[gpu]\nvendor = "nvidia"\ncount = ">=1"\nvram_gb = ">=12"\ndriver = ">=580"', machine=none)
    assert "skip" == status_of('[gpu]\nvendor = "nvidia"\nhealth = true', "gpu.health", machine=none)
    assert ["fail", "fail", "skip", "skip"] == [row.status for row in rows.values()]
    assert "fail" == status_of('[gpu]\nvram_gb = ">=12"', "gpu.vram_gb", machine=none)
    assert "error" == status_of('[gpu]\ndriver = ">=580"', "gpu.driver", machine=none)


def test_the_driver_is_that_of_the_gpus_vendor() -> None:
    amd = replace(MACHINE, gpus=(Gpu(vendor="amd", integrated=False),))
    assert "pass" == status_of('[gpu]\ndriver = ">=6.12,<7"', "gpu.driver", machine=amd)
    mixed = replace(MACHINE, gpus=(CARD, Gpu(vendor="amd", integrated=False)))
    assert "error" == status_of('[gpu]\ndriver = ">=6"', "gpu.driver", machine=mixed)


def test_what_cuda_a_driver_offers_is_known_of_its_branch() -> None:
    assert MACHINE.nvidia is not None
    silent = replace(MACHINE, nvidia=replace(MACHINE.nvidia, cuda=None))
    assert "pass" == status_of('[gpu]\ncuda = "==13.0"', "gpu.cuda", machine=silent)


HEALTH = (result("gpu.ecc", group="gpu"), result("gpu.xid", "skip", group="gpu"))


@pytest.mark.parametrize(
    ("results", "wanted", "level", "expected"),
    [
        (HEALTH, "true", None, "pass"),
        (HEALTH, '"standard"', "standard", "pass"),
        (HEALTH, '"deep"', "standard", "error"),
        (HEALTH[1:], "true", "quick", "error"),
        ((), "true", "quick", "error"),
        ((*HEALTH, result("gpu.remap", "fail", group="gpu")), "true", "quick", "fail"),
        ((*HEALTH, result("gpu.remap", "error", group="gpu")), "true", "quick", "error"),
    ],
)
def test_health(results: Any, wanted: str, level: Any, expected: str) -> None:
    assert expected == status_of(f"[gpu]\nhealth = {wanted}", "gpu.health", results=results, level=level)


# ---------------------------------------------------------------- frameworks

ON_CPU = (result("import"), result("compute", device="cpu", measured={"arithmetic": "tf32"}))


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("version", '">=2.14,<2.16"', '">=2.16"'),
        ("build", '"cu13*"', '"cu126"'),
        ("device", '"cuda"', '"rocm"'),
        ("precision", '["ieee"]', '["bf16"]'),
    ],
)
def test_a_framework_holds_breaks_or_was_not_seen(key: str, good: str, bad: str) -> None:
    check = f"frameworks.torch.{key}"
    assert "pass" == status_of(f"[frameworks.torch]\n{key} = {good}", check)
    assert "fail" == status_of(f"[frameworks.torch]\n{key} = {bad}", check)
    assert "error" == status_of(f"[frameworks.torch]\n{key} = {good}", check, results=(), environment=None)


def test_a_fall_back_to_the_cpu_breaks_the_device() -> None:
    rows = judge('[frameworks.torch]\ndevice = "cuda"\nprecision = ["fp32"]', results=ON_CPU)
    assert "torch computed on cpu, and not on cuda" == rows["policy.frameworks.torch.device"].detail
    assert "fail" == rows["policy.frameworks.torch.precision"].status


def test_a_device_that_is_only_listed_proves_nothing() -> None:
    listed = (result("import"), result("device", device="cuda:0"))
    assert "error" == status_of('[frameworks.torch]\ndevice = "cuda"', "frameworks.torch.device", results=listed)


def test_one_bad_device_of_two_breaks_the_rule() -> None:
    results = (*TORCH, result("compute", "fail", device="cuda:1", about="GPU-bbbb"))
    row = judge('[frameworks.torch]\ndevice = "cuda"', results=results)["policy.frameworks.torch.device"]
    assert ("fail", "GPU-bbbb") == (row.status, row.about)


def test_any_accelerator_will_do() -> None:
    assert "pass" == status_of('[frameworks.torch]\ndevice = "gpu"', "frameworks.torch.device")
    assert "fail" == status_of('[frameworks.torch]\ndevice = "gpu"', "frameworks.torch.device", results=ON_CPU)


def test_a_shorter_format_on_purpose_is_no_matter_of_float32() -> None:
    results = (*TORCH, result("amp", device="cuda:0", measured={"arithmetic": "bf16"}))
    assert "pass" == status_of(
        '[frameworks.torch]\nprecision = ["fp32"]', "frameworks.torch.precision", results=results
    )
    conv = (*TORCH, result("conv", device="cuda:0", measured={"arithmetic": "tf32"}))
    assert "fail" == status_of('[frameworks.torch]\nprecision = ["fp32"]', "frameworks.torch.precision", results=conv)


def test_a_framework_that_is_not_there_is_said_once() -> None:
    bare = replace(ENVIRONMENT, distributions=())
    text = '[frameworks.torch]\nversion = ">=2"\nbuild = "cu130"\ndevice = "cuda"'
    rows = judge(text, environment=bare, results=())
    assert ["fail", "skip", "skip", "skip"] == [row.status for row in rows.values()]
    rows = judge(f"{text}\nrequired = false", environment=bare, results=())
    assert {"skip"} == {row.status for row in rows.values()}


def test_a_name_that_is_nearly_a_framework_s() -> None:
    row = judge("[frameworks.tensorflwo]", results=())["policy.frameworks.tensorflwo"]
    assert ("fail", "did you mean [frameworks.tensorflow]?") == (row.status, row.remedy)


def test_what_is_installed_and_was_not_imported_is_unknown() -> None:
    assert "error" == status_of("[frameworks.torch]", "frameworks.torch", results=())
    failed = (result("import", "fail", reason="missing-library"),)
    assert "fail" == status_of("[frameworks.torch]", "frameworks.torch", results=failed)


def test_the_version_is_what_the_framework_says_and_not_its_metadata() -> None:
    said = (result("import", version="2.9.0"),)
    assert "fail" == status_of('[frameworks.torch]\nversion = ">=2.14"', "frameworks.torch.version", results=said)


def test_a_build_may_stand_in_the_files_alone() -> None:
    environment = replace(ENVIRONMENT, distributions=(Distribution(name="torch", version="2.15.0", build="cu132"),))
    results = (result("import", version="2.15.0"),)
    text = '[frameworks.torch]\nbuild = "cu132"'
    assert "pass" == status_of(text, "frameworks.torch.build", environment=environment, results=results)


# ---------------------------------------------------------------- packages


@pytest.mark.parametrize(
    ("text", "check", "expected"),
    [
        ('forbid = ["onnxruntime-gpu+onnxruntime"]', "env.forbid.onnxruntime-gpu+onnxruntime", "pass"),
        ('forbid = ["Torch + NumPy"]', "env.forbid.torch+numpy", "fail"),
        ('forbid = ["numpy<2.4"]', "env.forbid.numpy<2.4", "fail"),
        ('forbid = ["numpy<2"]', "env.forbid.numpy<2", "pass"),
        ('forbid = ["tensorflow"]', "env.forbid.tensorflow", "pass"),
        ('require = ["numpy>=2"]', "env.require.numpy>=2", "pass"),
        ('require = ["numpy>=3"]', "env.require.numpy>=3", "fail"),
        ('require = ["pandas"]', "env.require.pandas", "fail"),
    ],
)
def test_packages(text: str, check: str, expected: str) -> None:
    assert expected == status_of(f"[env]\n{text}", check)
    assert "error" == status_of(f"[env]\n{text}", check, environment=None)


@pytest.mark.parametrize(
    ("text", "key", "check"),
    [
        ('lock = "pylock.toml"', "env.lock", "env.lock"),
        ("pip_check = true", "env.pip_check", "env.pip_check"),
        ("rivals = true", "env.rivals", "env.rivals"),
    ],
)
def test_checks_of_files(text: str, key: str, check: str) -> None:
    for given, expected in (
        ("pass", "pass"),
        ("warn", "pass"),
        ("fail", "fail"),
        ("error", "error"),
        ("skip", "error"),
    ):
        results = (result(check, given, group="environment"),)
        assert expected == status_of(f"[env]\n{text}", key, results=results)
    assert "error" == status_of(f"[env]\n{text}", key, results=())


@pytest.mark.parametrize(("word", "expected"), [("allow", "pass"), ("warn", "warn"), ("forbid", "fail")])
def test_packages_beyond_the_lock(word: str, expected: str) -> None:
    text = f'[env]\nlock = "pylock.toml"\nextra_packages = "{word}"'
    beyond = (result("env.lock", "warn", group="environment", reason="not-locked", detail="rich 14 is not locked"),)
    assert expected == status_of(text, "env.extra_packages", results=beyond)
    assert "pass" == status_of(text, "env.extra_packages", results=(result("env.lock", group="environment"),))
    assert "error" == status_of(text, "env.extra_packages", results=())


# ---------------------------------------------------------------- rates and the verification

RATE = result("perf.bf16", group="performance", device="cuda:0", measured={"ratio": 0.72})


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ((RATE,), "pass"),
        ((RATE, replace(RATE, device="cuda:1", measured={"ratio": 0.41})), "fail"),
        ((replace(RATE, status="skip", measured={}),), "error"),
        ((), "error"),
    ],
)
def test_ratios(results: Any, expected: str) -> None:
    assert expected == status_of("[performance.ratios]\nbf16 = 0.6", "performance.ratios.bf16", results=results)


COMPARED = result("baseline.bf16", group="performance", device="cuda:0")


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ((COMPARED,), "pass"),
        ((COMPARED, replace(COMPARED, status="warn", reason="slower-than-baseline")), "fail"),
        ((COMPARED, replace(COMPARED, status="skip", reason="not-measured")), "error"),
        ((COMPARED, replace(COMPARED, status="skip", reason="not-in-baseline")), "pass"),
        ((COMPARED, replace(COMPARED, check="baseline.seconds", status="warn", reason="slower-than-baseline")), "pass"),
        ((COMPARED, replace(COMPARED, status="error")), "error"),
        ((replace(COMPARED, status="skip", reason="not-in-baseline"),), "error"),
        ((), "error"),
    ],
)
def test_a_baseline(results: Any, expected: str) -> None:
    text = '[performance]\nbaseline = "rates.json"\nbaseline_tolerance = 0.05'
    assert expected == status_of(text, "performance.baseline", results=results)


def test_a_rate_that_is_waived_does_not_break_its_rule() -> None:
    slow = replace(RATE, status="warn", reason="slow", measured={"ratio": 0.3})
    text = "[performance.ratios]\nbf16 = 0.6\n"
    assert "fail" == status_of(text, "performance.ratios.bf16", results=(slow,))
    text += '[[waive]]\ncheck = "perf.bf16"\nreason = "laptop"\nexpires = 2027-01-01\n'
    assert "pass" == status_of(text, "performance.ratios.bf16", results=(slow,))


@pytest.mark.parametrize(
    ("level", "expected"), [("standard", "pass"), ("deep", "pass"), ("quick", "fail"), (None, "error")]
)
def test_the_level(level: Any, expected: str) -> None:
    assert expected == status_of('[verify]\nlevel = "standard"', "verify.level", level=level)


def test_some_framework_must_use_the_gpu() -> None:
    text = "[verify]\nrequire_gpu = true"
    assert "pass" == status_of(text, "verify.require_gpu")
    assert "fail" == status_of(text, "verify.require_gpu", results=ON_CPU)
    assert "error" == status_of(text, "verify.require_gpu", results=())


def test_foreign_words_come_out_inert() -> None:
    evil = replace(MACHINE, gpus=(replace(CARD, name="\x1b[2JA4000\u202e https://me:secret@example.org"),))
    row = judge('[gpu]\nvendor = "nvidia"\nnames = ["x"]', machine=evil)["policy.gpu.names"]
    for text in (row.detail, str(row.measured["found"])):
        assert text.isprintable()
        assert "secret" not in text


def test_an_empty_policy_has_no_rules() -> None:
    assert {} == judge("")
