"""The checks, one file per subject; importing this package registers them.

Within a subject the order of the files is the order of the findings, causes before consequences.
"""

from mlenv.checks.subjects import (
    build,
    disk,
    driver,
    gpu,
    imports,
    memory,
    processor,
    python,
    system,
)

__all__ = ["build", "disk", "driver", "gpu", "imports", "memory", "processor", "python", "system"]
