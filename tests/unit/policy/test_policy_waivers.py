"""Accepted failures stay in sight; what was accepted too long fails."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from msgspec.structs import replace

from mlenv.policy.explain import explain_policy
from mlenv.policy.judge import judge_policy, list_rules
from mlenv.policy.waivers import apply_waivers, find_policy_status
from tests.unit.policy.cases import CASE, TODAY, TORCH, policy, result

WIDTH = result("gpu.pcie_width", "fail", group="gpu", device="cuda:1", about="GPU-bbbb", detail="x8 of x16")


def waiver(check: str = "gpu.pcie_width", expires: str = "2027-03-31", more: str = "") -> str:
    return f'[[waive]]\ncheck = "{check}"\nreason = "x8 slot by design"\nexpires = {expires}\n{more}\n'


def test_a_failure_becomes_a_warning_that_says_why() -> None:
    (row,) = apply_waivers(policy(waiver()), [WIDTH], TODAY)
    assert ("warn", "waived") == (row.status, row.reason)
    assert "waived until 2027-03-31: x8 slot by design (x8 of x16)" == row.detail


@pytest.mark.parametrize(
    ("check", "more", "matches"),
    [
        ("gpu.*", "", True),
        ("gpu.pcie_wid??", "", True),
        ("gpu.pcie", "", False),
        ("gpu.pcie_width", 'device = "cuda:1"', True),
        ("gpu.pcie_width", 'device = "cuda:0"', False),
        ("gpu.pcie_width", 'gpu = "GPU-bbbb"', True),
        ("gpu.pcie_width", 'gpu = "GPU-cccc"', False),
        ("torch.compile", "", False),
    ],
)
def test_what_a_waiver_is_about(check: str, more: str, matches: bool) -> None:
    rows = apply_waivers(policy(waiver(check, more=more)), [WIDTH], TODAY)
    assert ["warn"] if matches else ["fail", "warn"] == [row.status for row in rows]
    assert matches == (rows[0].reason == "waived")


def test_a_framework_s_check_has_its_name_before_it() -> None:
    compiled = result("compile", "fail")
    for check in ("torch.compile", "fw.torch.compile", "compile"):
        assert "warn" == apply_waivers(policy(waiver(check)), [compiled], TODAY)[0].status
    assert "fail" == apply_waivers(policy(waiver("jax.compile")), [compiled], TODAY)[0].status


def test_the_last_day_still_counts() -> None:
    text = waiver(expires=str(TODAY))
    assert ["warn"] == [row.status for row in apply_waivers(policy(text), [WIDTH], TODAY)]
    rows = apply_waivers(policy(text), [WIDTH], TODAY + dt.timedelta(days=1))
    assert [("gpu.pcie_width", "fail"), ("policy.waive.1", "fail")] == [(row.check, row.status) for row in rows]
    assert ("waiver-expired", "mend it, or agree on a new day") == (rows[1].reason, rows[1].remedy)


def test_a_waiver_without_a_failure_is_a_warning() -> None:
    rows = apply_waivers(policy(waiver()), [replace(WIDTH, status="pass")], TODAY)
    assert ["pass", "warn"] == [row.status for row in rows]
    assert "waiver-unused" == rows[1].reason


def test_what_could_not_be_checked_is_not_accepted() -> None:
    rows = apply_waivers(policy(waiver()), [replace(WIDTH, status="error")], TODAY)
    assert ["error", "warn"] == [row.status for row in rows]


def test_a_rule_of_the_policy_can_be_waived() -> None:
    text = '[gpu]\ncount = "==8"\n' + waiver("policy.gpu.count")
    rows = apply_waivers(policy(text), judge_policy(policy(text), CASE), TODAY)
    assert [("policy.gpu.count", "warn", "waived")] == [(row.check, row.status, row.reason) for row in rows]


def test_a_waived_failure_does_not_break_the_rule_that_relies_on_it() -> None:
    sound = result("gpu.ecc", group="gpu")
    text = "[gpu]\nhealth = true\n"
    case = replace(CASE, results=(sound, WIDTH))
    assert "fail" == judge_policy(policy(text), case)[0].status
    assert "pass" == judge_policy(policy(text + waiver()), case)[0].status


def test_a_waived_failure_proves_no_device() -> None:
    failed = replace(TORCH[2], status="fail")
    text = '[frameworks.torch]\ndevice = "cuda"\n[verify]\nrequire_gpu = true\n' + waiver("torch.compute")
    case = replace(CASE, results=(TORCH[0], TORCH[1], failed))
    found = {row.check: row.status for row in judge_policy(policy(text), case)}
    assert ("error", "fail") == (found["policy.frameworks.torch.device"], found["policy.verify.require_gpu"])


STRICT = '[verify]\nfail_on = "warn"\n'


@pytest.mark.parametrize(
    ("text", "rows", "expected"),
    [
        ("", [result("import", "warn")], "warning"),
        (STRICT, [result("import", "warn")], "error"),
        (STRICT, [result("import")], "ok"),
        (STRICT + waiver(), [result("import"), WIDTH], "warning"),
        (STRICT + waiver("torch.idle-gpu"), [result("import"), result("idle-gpu", "warn")], "warning"),
        (STRICT + waiver(), [result("import")], "warning"),
        (waiver(expires="2026-01-01"), [result("import")], "error"),
        ("", [result("import"), result("policy.gpu.ecc", "error", group="policy")], "unknown"),
        (
            STRICT + '[env]\nlock = "a"\nextra_packages = "allow"\n',
            [result("import"), result("env.lock", "warn", group="environment", reason="not-locked")],
            "warning",
        ),
    ],
)
def test_the_verdict(text: str, rows: list[Any], expected: str) -> None:
    stated = policy(text)
    assert expected == find_policy_status(stated, apply_waivers(stated, rows, TODAY))


# ---------------------------------------------------------------- in words


def test_a_policy_in_words() -> None:
    text = '[host]\nram_gb = ">=16,<64"\n[frameworks.torch]\ndevice = "cuda"\n' + waiver() + waiver("a.b", "2026-01-01")
    assert (
        "Main memory is at least 16 and less than 64 GB.",
        "torch is installed and can be imported.",
        "torch is seen to compute on cuda, which is read back from its results.",
        "A failure of any check breaks the policy; warnings do not.",
        "A failure of gpu.pcie_width is accepted until 2027-03-31: x8 slot by design.",
        "A failure of a.b was accepted until 2026-01-01 (EXPIRED): x8 slot by design.",
    ) == explain_policy(policy(text), TODAY)


def test_every_rule_has_a_sentence_of_its_own() -> None:
    text = """
[host]
ram_gb = ">=1"
disk_free_gb = ">=1"
shared_memory_gb = ">=1"
cpu_cores = ">=1"
cpu_flags = ["avx"]
os = "linux"
distribution = "ubuntu"
os_version = ">=1"
arch = "x86_64"
glibc = ">=2"
kernel = ">=5"
python = ">=3.10"
forbid_eol_python = true
secure_boot = false
wsl = false
container = true
[gpu]
vendor = "nvidia"
names = ["*A100*"]
count = ">=1"
vram_gb = ">=1"
driver = ">=1"
compute_capability = ">=7"
cuda = ">=12"
rocm = ">=6"
ecc = true
persistence = false
mig = false
health = "deep"
[frameworks.torch]
version = ">=2"
build = "cu130"
device = "gpu"
precision = ["ieee"]
[frameworks.jax]
required = false
[env]
lock = "pylock.toml"
extra_packages = "warn"
pip_check = true
rivals = true
forbid = ["a+b", "c<1"]
require = ["d"]
[performance]
baseline = "rates.json"
ratios = { bf16 = 0.5, memory = 0.5, host_to_device = 0.5, device_to_host = 0.5, spread = 0.9 }
[verify]
level = "deep"
require_gpu = true
"""
    rules = list_rules(policy(text))
    sentences = [rule.text for rule in rules]
    assert len(set(sentences)) == len(sentences) == len({rule.check for rule in rules})
    assert [] == [text for text in sentences if not text.endswith(".") or "None" in text]
