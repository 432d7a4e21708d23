"""The checks, one file per subject; importing this package registers them.

Within a subject the order of the files is the order of the findings, causes before consequences.
"""

from mlenv.checks.subjects import (
    build,
    cpu_build,
    disk,
    driver,
    driver_version,
    gpu,
    imports,
    memory,
    processor,
    python,
    python_kind,
    system,
)

__all__ = [
    "build",
    "cpu_build",
    "disk",
    "driver",
    "driver_version",
    "gpu",
    "imports",
    "memory",
    "processor",
    "python",
    "python_kind",
    "system",
]
