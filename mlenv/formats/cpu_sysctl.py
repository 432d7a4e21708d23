"""The processor of a Mac as sysctl describes it."""

from __future__ import annotations

from collections.abc import Mapping

from mlenv.facts.hardware import Cpu
from mlenv.formats.cpu_flags import linux_flags, name_level

_INTEL_KEYS = ("machdep.cpu.features", "machdep.cpu.leaf7_features", "machdep.cpu.extfeatures")
# Apple's names of Arm's features, below hw.optional, and Linux' names of the same.
# https://developer.apple.com/documentation/kernel/1387446-sysctlbyname/determining_instruction_set_characteristics
_ARM_FLAGS = {
    "floatingpoint": "fp",
    "neon": "asimd",
    "AdvSIMD": "asimd",
    "arm.AdvSIMD": "asimd",
    "neon_fp16": "fphp asimdhp",
    "arm.FEAT_FP16": "fphp asimdhp",
    "armv8_crc32": "crc32",
    "arm.FEAT_CRC32": "crc32",
    "armv8_1_atomics": "atomics",
    "arm.FEAT_LSE": "atomics",
    "arm.FEAT_LSE2": "uscat",
    "arm.FEAT_RDM": "asimdrdm",
    "arm.FEAT_DotProd": "asimddp",
    "armv8_2_fhm": "asimdfhm",
    "arm.FEAT_FHM": "asimdfhm",
    "armv8_3_compnum": "fcma",
    "arm.FEAT_FCMA": "fcma",
    "arm.FEAT_JSCVT": "jscvt",
    "arm.FEAT_AES": "aes",
    "arm.FEAT_PMULL": "pmull",
    "arm.FEAT_SHA1": "sha1",
    "arm.FEAT_SHA256": "sha2",
    "armv8_2_sha512": "sha512",
    "arm.FEAT_SHA512": "sha512",
    "armv8_2_sha3": "sha3",
    "arm.FEAT_SHA3": "sha3",
    "arm.FEAT_LRCPC": "lrcpc",
    "arm.FEAT_LRCPC2": "ilrcpc",
    "arm.FEAT_DPB": "dcpop",
    "arm.FEAT_DPB2": "dcpodp",
    "arm.FEAT_FlagM": "flagm",
    "arm.FEAT_FlagM2": "flagm2",
    "arm.FEAT_FRINTTS": "frint",
    "arm.FEAT_PAuth": "paca pacg",
    "arm.FEAT_SB": "sb",
    "arm.FEAT_SSBS": "ssbs",
    "arm.FEAT_DIT": "dit",
    "arm.FEAT_BTI": "bti",
    "arm.FEAT_ECV": "ecv",
    "arm.FEAT_AFP": "afp",
    "arm.FEAT_RPRES": "rpres",
    "arm.FEAT_WFxT": "wfxt",
    "arm.FEAT_BF16": "bf16",
    "arm.FEAT_EBF16": "ebf16",
    "arm.FEAT_I8MM": "i8mm",
    "arm.FEAT_SME": "sme",
    "arm.FEAT_SME2": "sme2",
    "arm.FEAT_SME_F64F64": "smef64f64",
    "arm.FEAT_SME_I16I64": "smei16i64",
    "arm.SME_F32F32": "smef32f32",
    "arm.SME_B16F32": "smeb16f32",
    "arm.SME_F16F32": "smef16f32",
    "arm.SME_I8I32": "smei8i32",
    "arm.SME_BI32I32": "smebi32i32",
}
_LONGEST_NUMBER = 9


def parse_sysctl_processor(values: Mapping[str, str]) -> Cpu:
    """The processor of a Mac, from sysctl's keys and values; flags in Linux' spelling.

    A key that was not asked for, or that this Mac lacks, leaves its fact unknown.
    """
    # To a translated program sysctl names the instructions that Rosetta plays, too.
    played = values.get("hw.optional.arm64") == "1"
    words = "" if played else " ".join(values.get(key, "") for key in _INTEL_KEYS)
    flags = linux_flags(words.split()) or _read_arm_flags(values)
    model = values.get("machdep.cpu.brand_string") or None
    vendor = "Apple" if model and model.startswith("Apple") else values.get("machdep.cpu.vendor") or None
    return Cpu(
        model=model,
        vendor=vendor,
        physical_cores=_number(values, "hw.physicalcpu", "machdep.cpu.core_count"),
        logical_cores=_number(values, "hw.logicalcpu", "machdep.cpu.thread_count", "hw.ncpu"),
        flags=flags or None,
        level=name_level(flags),
        sockets=_number(values, "hw.packages"),
    )


def _read_arm_flags(values: Mapping[str, str]) -> tuple[str, ...]:
    present = (flags for name, flags in _ARM_FLAGS.items() if values.get(f"hw.optional.{name}") == "1")
    return tuple(dict.fromkeys(" ".join(present).split()))


def _number(values: Mapping[str, str], *keys: str) -> int | None:
    """The first of the keys that has a number."""
    for key in keys:
        text = values.get(key, "")
        if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER:
            return int(text)
    return None
