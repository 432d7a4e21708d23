"""OpenMP: two runtimes in one process."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import quote
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.messages import present
from mlenv.checks.registry import Case, Skip, check
from mlenv.matrix.load import Matrix


@check("duplicate-openmp-runtime", subject="environment")
def duplicate_openmp_runtime(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Two OpenMP runtimes that were loaded into one process."""
    clue = case.clue("openmp-twice", "openmp-two-kinds")
    if clue is None:
        raise Skip("no message is about two OpenMP runtimes")
    copies = tuple(f"{row.runtime}: {row.path}" for row in (case.environment.openmp or ())) if case.environment else ()
    yield Finding(
        id="duplicate-openmp-runtime",
        severity="error" if clue.id == "openmp-twice" else "warning",
        title="Two OpenMP runtimes are loaded in one process",
        cause="Two packages brought an OpenMP library each, and the second one stops the program when it is loaded.",
        evidence=(*quote(clue), *copies),
        fix=(
            Fix(text="Take all packages from one source: either all from conda or all from pip"),
            Fix(text="In a conda environment, let one OpenMP serve them all", command=_conda(case)),
            Fix(
                text="To go on for now, at the risk of wrong results and crashes, set KMP_DUPLICATE_LIB_OK=TRUE",
            ),
        ),
        grade="named",
        explains=present(case, "openmp-twice", "openmp-two-kinds"),
    )


def _conda(case: Case) -> str:
    family = case.machine.os.family
    return f"conda install -c conda-forge {'nomkl' if family == 'macos' else '_openmp_mutex llvm-openmp'}"
