"""Builds from source that need the CUDA toolkit, and another than is here."""

from __future__ import annotations

from mlenv.symptoms.finding import words
from mlenv.symptoms.symptom import Rule

_WHEELS = "take a release that has wheels for this machine: {prefer}"

RULES: tuple[Rule, ...] = (
    Rule(
        id="cuda-compiler-missing",
        layer="build",
        effect="permanent",
        meaning="a package is built from source and needs the CUDA toolkit (nvcc)",
        remedies=(
            _WHEELS,
            (
                "or install the toolkit of the release that the framework was built with, from NVIDIA or with "
                "`conda install cuda-toolkit -c conda-forge`, and set CUDA_HOME to its folder"
            ),
        ),
        find=words(
            r"cuda_home environment variable is not set",
            r"nvcc(?:\.exe)?['\"`]?:? (?:command )?(?:was )?not found",
            r"no such file or directory: '[^'\n]{0,300}nvcc(?:\.exe)?'",
            r"(?:could not|failed to|cannot|unable to) find[^\n]{0,20} nvcc",
            r"no cmake_cuda_compiler could be found",
            r"failed to find (?:a working )?(?:cuda|nvcc)",
            r"(?:cuda_runtime|cuda_runtime_api|cublas_v2|cusparse|cuda_fp16|curand_kernel)\.h['\"`]?:? ",
            r"cannot open include file: '(?:cuda|cublas)[\w/]{0,40}\.h'",
        ),
    ),
    Rule(
        id="cuda-compiler-other-release",
        layer="build",
        effect="permanent",
        meaning="the CUDA toolkit here is of another release than the one that the framework was built with",
        remedies=(
            "set CUDA_HOME to a toolkit of the framework's release, or choose a build of the framework for this one",
            _WHEELS,
        ),
        find=words(
            r"detected cuda version \([\d.]{1,8}\) mismatches the version",
            r"mismatches the version that was used to compile",
        ),
    ),
    Rule(
        id="compiler-not-accepted",
        layer="build",
        effect="permanent",
        meaning="nvcc does not accept this C++ compiler, which is newer than it knows",
        remedies=("install an older one and name it: CC=gcc-12 CXX=g++-12 NVCC_PREPEND_FLAGS='-ccbin g++-12'", _WHEELS),
        find=words(
            r"unsupported gnu version",
            r"unsupported (?:clang|microsoft visual studio) version",
            r"gcc versions later than \d+ are not supported",
        ),
    ),
)
