"""Rules of the system: its C library, its processor, and how old it is."""

from __future__ import annotations

from mlenv.checks.interpreters import AskedPython
from mlenv.checks.refusals.refusal import Refusal, Verdict
from mlenv.checks.refusals.rows import find_builds, is_framework
from mlenv.checks.registry import Case
from mlenv.checks.situation import has_musl, is_apple_silicon
from mlenv.checks.wording import all_words
from mlenv.facts.pattern import lazy
from mlenv.facts.version import at_least, numbers
from mlenv.matrix.load import Matrix

# Packages that come as source or for every processor: their absence has other reasons.
_WITH_32_BIT = ("numpy", "scipy", "pandas", "matplotlib", "pillow", "scikit-learn", "onnxruntime", "opencv-python")
# Linux and Windows only.
_NO_MAC = ("nvidia-", "triton", "flash-attn", "xformers-cuda", "jax-cuda", "onnxruntime-gpu", "bitsandbytes-cuda")


def by_c_library(case: Case, matrix: Matrix, refusal: Refusal, _python: AskedPython) -> Verdict | None:
    """A system with musl, and wheels for glibc."""
    if not has_musl(case):
        return None
    if any(build.musl for build in find_builds(matrix, refusal, None)):
        return None
    return Verdict(slug="musl-no-wheel", grade="shown", reason="this system has musl, and the wheels are for glibc")


def by_word_size(case: Case, _matrix: Matrix, refusal: Refusal, python: AskedPython) -> Verdict | None:
    """A Python of 32 bits, and wheels for 64."""
    if refusal.package in _WITH_32_BIT or not (python.bits == 32 or case.machine.architecture == "x86"):
        return None
    return Verdict(slug="python-32bit", grade="shown", reason="this Python has 32 bits, and the wheels are for 64")


_OTHER_PROCESSORS = lazy(r"\b(?:armv[67]l?|armhf|linux_armv\dl|ppc64le|s390x|riscv64|loongarch64|i[36]86)\b")


def by_platform(case: Case, matrix: Matrix, refusal: Refusal, python: AskedPython) -> Verdict | None:
    """A system or processor that the wanted release has no wheels for."""
    machine = case.machine
    platform = machine.platform
    if is_apple_silicon(case) and python.architecture == "x86_64":
        return Verdict(
            slug="rosetta-x86-python", grade="shown", reason="the Python is one for Intel on Apple's processor"
        )
    other = _OTHER_PROCESSORS.search(all_words(case)) if machine.architecture is None else None
    if other is not None:
        return _of_processor(other[0])
    if machine.architecture is None and not (machine.os.family == "macos" and case.clue("apple-processor")):
        return None
    if platform.startswith("macos") and refusal.package.startswith(_NO_MAC):
        reason = f"{refusal.package} is published for Linux and Windows only"
        return Verdict(slug="platform-no-wheel", grade="shown", reason=reason)
    builds = find_builds(matrix, refusal, None)
    if builds:
        served = any(platform in build.platforms for build in builds)
        return None if served else Verdict(slug=_slug_of(platform), grade="shown", reason=_none_for(refusal, platform))
    if platform in ("macos-x86_64", "linux-aarch64", "windows-aarch64") and not is_framework(matrix, refusal):
        return Verdict(slug=_slug_of(platform), grade="likely", reason=_none_for(refusal, platform))
    return None


def _of_processor(name: str) -> Verdict:
    slug = "arm-no-wheel" if name.startswith(("arm", "linux_arm")) else "platform-no-wheel"
    slug = "python-32bit" if name in ("i386", "i686") else slug
    return Verdict(slug=slug, grade="shown", reason=f"the processor is {name}, for which no wheels are published")


def _slug_of(platform: str) -> str:
    if platform == "macos-x86_64":
        return "macos-x86-no-wheel"
    return "arm-no-wheel" if platform in ("linux-aarch64", "windows-aarch64") else "platform-no-wheel"


def _none_for(refusal: Refusal, platform: str) -> str:
    return f"{refusal.package or 'it'}{' ' + refusal.version if refusal.version else ''} has no wheels for {platform}"


def by_floor(case: Case, matrix: Matrix, refusal: Refusal, _python: AskedPython) -> Verdict | None:
    """A C library or a macOS older than every wheel asks for."""
    system = case.machine.os
    builds = find_builds(matrix, refusal, case.machine.platform)
    floors = [build.glibc for build in builds if build.glibc]
    if system.libc and system.libc.family == "glibc" and floors and len(floors) == len(builds):
        floor = min(floors, key=numbers)
        if not at_least(system.libc.version, floor):
            reason = f"the wheels ask for glibc {floor}, and this system has {system.libc.version}"
            return Verdict(slug="glibc-too-old", grade="shown", reason=reason)
    floors = [build.macos for build in builds if build.macos]
    if (
        system.family == "macos"
        and system.version
        and floors
        and not at_least(system.version, min(floors, key=numbers))
    ):
        reason = f"the wheels ask for macOS {min(floors, key=numbers)}, and this is macOS {system.version}"
        return Verdict(slug="macos-too-old", grade="shown", reason=reason)
    return None
