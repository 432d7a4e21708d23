"""Faults that a policy alone makes faults, facts that cannot be known, and failures that it accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from plants.ground import Ground
from plants.plant import Call, Plant, Sign
from plants.stubs import add_torch, describe_gpus

HEALTHY = ("--only", "healthy")
LOCK = 'lock-version = "1.0"\ncreated-by = "test"\n[[packages]]\nname = "healthy"\nversion = "1.0"\n'
BARE = 'os = "linux"\narch = "x86_64"\n'
STARTUP = "import sys; sys.zz = exec('1')\n"


def nothing(_: Ground) -> None:
    """No further fault."""


def lack(ground: Ground) -> None:
    """A requirement that nothing meets."""
    ground.add("needy", "", requires=("absent>=2",))


def add_further(ground: Ground) -> None:
    """A package that nobody asks for."""
    ground.add("further", "")


def run_code(ground: Ground) -> None:
    """Code that runs at start-up, which is a warning."""
    ground.site.joinpath("zz_helper.pth").write_text(STARTUP)


def holding(text: str, *words: str, further: Callable[[Ground], None] = nothing) -> Callable[[Ground], Call]:
    """A healthy package, held to a policy."""

    def put(ground: Ground) -> Call:
        ground.add("healthy", "")
        further(ground)
        return Call((*HEALTHY, "--policy", ground.write("policy.toml", f"schema = 1\n{text}"), *words))

    return put


def holding_gpus(text: str, *, count: int = 2) -> Callable[[Ground], Call]:
    """PyTorch on a machine with so many GPUs, held to a policy."""

    def put(ground: Ground) -> Call:
        add_torch(ground, mode="cuda" if count else "cpu")
        policy = ground.write("policy.toml", f"schema = 1\n{text}")
        machine = describe_gpus(ground, count=count)
        return Call(("--only", "torch", "--machine", machine, "--policy", policy))

    return put


def holding_torch(text: str) -> Callable[[Ground], Call]:
    """PyTorch on the CPU, held to a policy."""

    def put(ground: Ground) -> Call:
        add_torch(ground)
        return Call(("--only", "torch", "--policy", ground.write("policy.toml", f"schema = 1\n{text}")))

    return put


def holding_bare(text: str) -> Callable[[Ground], Call]:
    """A machine of which next to nothing is known, held to a policy."""

    def put(ground: Ground) -> Call:
        ground.add("healthy", "")
        policy = ground.write("policy.toml", f"schema = 1\n{text}")
        return Call((*HEALTHY, "--policy", policy, "--machine", ground.write("bare.toml", BARE)))

    return put


def with_lock(text: str, further: Callable[[Ground], None]) -> Callable[[Ground], Call]:
    """A policy that says what may stand beside its lock."""

    def plant(ground: Ground) -> None:
        further(ground)
        ground.write("pylock.toml", LOCK)

    return holding(f'[env]\nlock = "pylock.toml"\n{text}', further=plant)


def all_plants() -> Iterator[Plant]:
    """Every fault of this subject."""
    for variant, put, check, reason, *words in BROKEN:
        yield Plant("policy broken", variant, put, 1, Sign(check, "fail", reason, tuple(words)))
    for variant, put, check, reason, *words in UNKNOWN:
        yield Plant("policy unknown", variant, put, 5, Sign(check, "error", reason, tuple(words)))
    for variant, put, sign in ACCEPTED:
        yield Plant("policy accepted", variant, put, 0, sign)
    strict = holding("[verify]\nfail_on = 'warn'\n", further=run_code)
    warned = Sign("env.startup_code", "warn", "startup-code")
    yield Plant("policy broken", "a warning, where warnings fail", strict, 1, warned)


PAIR = '[env]\nforbid = ["onnxruntime-gpu+onnxruntime"]\n'
BROKEN_RULE = "policy-broken"


def add_pair(ground: Ground) -> None:
    for name in ("onnxruntime", "onnxruntime-gpu"):
        ground.describe(name, "1.26.0", (f"{name}/x.txt",))


EXPIRED = "[[waive]]\ncheck = 'env.pip_check'\nreason = 'for a while'\nexpires = 2020-01-31\n"
WAIVED = EXPIRED.replace("2020", "2099")
# Policy, and the rule or check that must fail.
BROKEN = (
    (
        "the driver is too old",
        holding_gpus("[gpu]\ndriver = '>=590'\n"),
        "policy.gpu.driver",
        BROKEN_RULE,
        "580.95.05",
        "at least 590",
    ),
    ("too few GPUs", holding_gpus("[gpu]\ncount = '>=4'\n"), "policy.gpu.count", BROKEN_RULE, "is 2"),
    (
        "GPUs of another vendor",
        holding_gpus("[gpu]\nvendor = 'amd'\n"),
        "policy.gpu.vendor",
        BROKEN_RULE,
        "no GPU of AMD (found: NVIDIA)",
    ),
    (
        "GPUs with too little memory",
        holding_gpus("[gpu]\nvram_gb = '>=160'\n"),
        "policy.gpu.vram_gb",
        BROKEN_RULE,
        "NVIDIA H200",
    ),
    (
        "GPUs of an older generation",
        holding_gpus("[gpu]\ncompute_capability = '>=10.0'\n"),
        "policy.gpu.compute_capability",
        BROKEN_RULE,
        "9.0",
    ),
    (
        "GPUs of another name",
        holding_gpus("[gpu]\nnames = ['NVIDIA B200*']\n"),
        "policy.gpu.names",
        BROKEN_RULE,
        "NVIDIA H200",
    ),
    ("CUDA newer than the driver's", holding_gpus("[gpu]\ncuda = '>=13.2'\n"), "policy.gpu.cuda", BROKEN_RULE, "13.0"),
    ("no GPU at all", holding_gpus("[gpu]\ncount = '>=1'\n", count=0), "policy.gpu.count", BROKEN_RULE, "is 0"),
    (
        "a framework's version",
        holding_torch("[frameworks.torch]\nversion = '<2.15'\n"),
        "policy.frameworks.torch.version",
        BROKEN_RULE,
        "torch is 2.15.0, and not less than 2.15",
    ),
    (
        "a framework on the CPU",
        holding_torch("[frameworks.torch]\ndevice = 'cuda'\n"),
        "policy.frameworks.torch.device",
        BROKEN_RULE,
        "computed on cpu, and not on cuda",
    ),
    (
        "a framework is missing",
        holding("[frameworks.tensorflow]\n"),
        "policy.frameworks.tensorflow",
        BROKEN_RULE,
        "tensorflow is not installed",
    ),
    (
        "a framework with a typo",
        holding("[frameworks.tensorflo]\n"),
        "policy.frameworks.tensorflo",
        BROKEN_RULE,
        "did you mean [frameworks.tensorflow]?",
    ),
    (
        "a forbidden pair",
        holding(PAIR, further=add_pair),
        "policy.env.forbid.onnxruntime-gpu+onnxruntime",
        BROKEN_RULE,
        "are both installed",
    ),
    (
        "a forbidden version",
        holding("[env]\nforbid = ['healthy<2']\n"),
        "policy.env.forbid.healthy<2",
        BROKEN_RULE,
        "healthy 1.0 is installed",
    ),
    (
        "a required package is missing",
        holding("[env]\nrequire = ['absent>=2']\n"),
        "policy.env.require.absent>=2",
        BROKEN_RULE,
        "absent is not installed",
    ),
    (
        "a required package is too old",
        holding("[env]\nrequire = ['healthy>=2']\n"),
        "policy.env.require.healthy>=2",
        BROKEN_RULE,
        "healthy is 1.0, and not >=2",
    ),
    (
        "an unmet requirement",
        holding("[env]\npip_check = true\n", further=lack),
        "policy.env.pip_check",
        BROKEN_RULE,
        "absent",
    ),
    (
        "a package beyond the lock",
        with_lock("extra_packages = 'forbid'\n", lack),
        "policy.env.extra_packages",
        BROKEN_RULE,
        "needy",
    ),
    ("a waiver has ended", holding(EXPIRED, further=lack), "policy.waive.1", "waiver-expired", "ended on 2020-01-31"),
    (
        "a waiver of another check",
        holding(WAIVED.replace("env.pip_check", "env.rivals"), further=lack),
        "env.pip_check",
        "missing-requirement",
    ),
    (
        "Python at the end of its life",
        holding("[host]\nforbid_eol_python = true\n", "--as-of", "2031-12-01"),
        "policy.host.forbid_eol_python",
        BROKEN_RULE,
        "no Python that still gets fixes",
    ),
    ("another Python", holding("[host]\npython = '>=3.99'\n"), "policy.host.python", BROKEN_RULE, "at least 3.99"),
    (
        "another system",
        holding("[host]\nos = 'windows'\n"),
        "policy.host.os",
        BROKEN_RULE,
        "asked for: the operating system is windows",
    ),
    (
        "too little memory",
        holding("[host]\nram_gb = '>=900000'\n"),
        "policy.host.ram_gb",
        BROKEN_RULE,
        "main memory is",
    ),
    (
        "instructions that the processor lacks",
        holding("[host]\ncpu_flags = ['avx9000']\n"),
        "policy.host.cpu_flags",
        BROKEN_RULE,
        "lacks avx9000",
    ),
    (
        "a shallower level than asked for",
        holding("[verify]\nlevel = 'standard'\n", "--level", "quick"),
        "policy.verify.level",
        BROKEN_RULE,
        "at the level quick, and not standard",
    ),
    (
        "no framework on a GPU",
        holding("[verify]\nrequire_gpu = true\n"),
        "policy.verify.require_gpu",
        BROKEN_RULE,
        "no framework computed on an accelerator",
    ),
)

# What cannot be known never passes.
UNKNOWN = (
    (
        "the memory is not known",
        holding_bare("[host]\nram_gb = '>=8'\n"),
        "policy.host.ram_gb",
        "unknown-fact",
        "main memory is not known",
    ),
    (
        "the processor is not known",
        holding_bare("[host]\ncpu_flags = ['avx2']\n"),
        "policy.host.cpu_flags",
        "unknown-fact",
    ),
    ("the kernel is not known", holding_bare("[host]\nkernel = '>=5'\n"), "policy.host.kernel", "unknown-fact"),
    (
        "the number of GPUs is not known",
        holding_bare("[gpu]\ncount = '>=1'\n"),
        "policy.gpu.count",
        "unknown-fact",
        "is not known",
    ),
    (
        "ECC is not known",
        holding_gpus("[gpu]\necc = true\n"),
        "policy.gpu.ecc",
        "unknown-fact",
        "it is not known whether ECC is on",
    ),
    (
        "the health of GPUs was not read",
        holding_gpus("[gpu]\nhealth = 'standard'\n"),
        "policy.gpu.health",
        "not-checked",
    ),
    (
        "the arithmetic was not measured",
        holding("[frameworks.healthy]\nprecision = ['ieee']\n"),
        "policy.frameworks.healthy.precision",
        "not-checked",
        "was not measured",
    ),
    (
        "the device was not seen",
        holding("[frameworks.healthy]\ndevice = 'cuda'\n"),
        "policy.frameworks.healthy.device",
        "not-checked",
    ),
    (
        "the build is not known",
        holding("[frameworks.healthy]\nbuild = 'cu130'\n"),
        "policy.frameworks.healthy.build",
        "unknown-fact",
    ),
    (
        "rates were not measured",
        holding("[performance.ratios]\nbf16 = 0.5\n"),
        "policy.performance.ratios.bf16",
        "not-checked",
        "--level deep",
    ),
    (
        "a lock that is not there",
        holding("[env]\nlock = 'none.toml'\n"),
        "policy.env.lock",
        "not-checked",
        "none.toml: cannot be read",
    ),
)

ACCEPTED = (
    (
        "a waiver in use",
        holding(WAIVED, further=lack),
        Sign(
            "env.pip_check", "warn", "waived", ("waived until 2099-01-31: for a while", "needy 1.0 requires absent>=2")
        ),
    ),
    (
        "a waiver of nothing",
        holding(WAIVED),
        Sign("policy.waive.1", "warn", "waiver-unused", ("meets no failure",)),
    ),
    (
        "extra packages that are allowed",
        with_lock("extra_packages = 'allow'\n", add_further),
        Sign("policy.env.extra_packages", "pass"),
    ),
    (
        "a framework that may be absent",
        holding("[frameworks.tensorflow]\nrequired = false\n"),
        Sign("policy.frameworks.tensorflow", "skip"),
    ),
)
