"""Memory: not enough of it, or a limit on processes and threads."""

from __future__ import annotations

from mlenv.symptoms.finding import either, system_error, words
from mlenv.symptoms.symptom import Rule

_LESS = (
    "do less at a time: MAX_JOBS=1 and CMAKE_BUILD_PARALLEL_LEVEL=1 for builds, "
    "UV_CONCURRENT_BUILDS=1 and UV_CONCURRENT_INSTALLS=1 for uv"
)

RULES: tuple[Rule, ...] = (
    Rule(
        id="paging-file-too-small",
        layer="machine",
        effect="permanent",
        meaning="Windows has promised all the memory that it has: the paging file is too small",
        remedies=(
            "end other programs",
            "let Windows choose the size: System, Advanced system settings, Performance, Advanced, Virtual memory",
        ),
        find=either(words(r"paging file is too small", r"\[ended: no memory\]"), system_error(windows=(1455,))),
    ),
    Rule(
        id="out-of-memory",
        layer="machine",
        effect="permanent",
        meaning="there was not enough memory",
        remedies=(
            "see what is free: `free -h` (Linux), `vm_stat` (macOS); a container or job may have a limit of its own",
            "end other programs, or ask for a larger limit (`docker run --memory`, `srun --mem`)",
            _LESS,
        ),
        find=either(
            words(
                r"(?:^|\n|[\s:'\"])memoryerror\b",
                r"cannot allocate memory",
                r"\bbad_alloc\b",
                r"memory allocation of \d+ bytes failed",
                r"virtual memory exhausted",
                r"condamemoryerror",
                r"killed signal terminated program",
                r"out of memory allocating \d+ bytes",
                r"c1060: compiler is out of heap space",
                r"llvm error: out of memory",
                r"\benomem\b",
            ),
            system_error(posix=(12,), windows=(8, 14)),
        ),
    ),
    Rule(
        id="too-many-threads",
        layer="machine",
        effect="permanent",
        meaning="a limit on processes or threads is reached",
        remedies=(
            "see the limit: `ulimit -u`; in a container --pids-limit",
            (
                "fewer threads: OMP_NUM_THREADS=1, OPENBLAS_NUM_THREADS=1, RAYON_NUM_THREADS=1 "
                "and UV_CONCURRENT_INSTALLS=1 (uv)"
            ),
        ),
        find=words(
            r"can't start new thread",
            r"pthread_create failed",
            r"failed to (?:spawn|start|create)[^\n]{0,40} thread",
            r"thread ?pool ?build ?error",
            r"the global thread pool has not been initialized",
            r"fork: retry",
            r"fork: resource temporarily unavailable",
        ),
    ),
    Rule(
        id="too-many-open-files",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="a limit on open files is reached",
        remedies=(
            "lift it for this shell: `ulimit -n 8192` (Linux, macOS)",
            "fewer at a time: UV_CONCURRENT_DOWNLOADS=4 and UV_CONCURRENT_INSTALLS=1 (uv)",
        ),
        find=either(words(r"too many open files", r"\bemfile\b"), system_error(posix=(24, 23), windows=(4,))),
    ),
)
