"""C and C++ libraries that are older than what was compiled against them."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import quote
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.messages import present, value
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.situation import variable
from mlenv.matrix.load import Matrix


@check("libstdcxx-too-old", subject="system")
def libstdcxx_too_old(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A C++ library that lacks symbols that a package was compiled with."""
    clue = case.clue("libstdcxx-version-not-found")
    if clue is None:
        raise Skip("no message misses symbols of libstdc++")
    version, library = value(clue, "version"), value(clue, "library")
    path = variable(case, "LD_LIBRARY_PATH")
    yield Finding(
        id="libstdcxx-too-old",
        severity="error",
        title=f"libstdc++ is too old: it lacks {version}",
        cause="The program finds an older C++ library first than the one that the package was compiled with.",
        evidence=(*quote(clue), *(() if not path else (f"LD_LIBRARY_PATH={path}",))),
        fix=(
            Fix(
                text="In a conda environment, bring a newer one along",
                command="conda install -c conda-forge libstdcxx-ng",
            ),
            Fix(text="Where LD_LIBRARY_PATH names an older one, unset it", command="unset LD_LIBRARY_PATH"),
            Fix(text="Or use a newer system, or a container of one"),
        ),
        applies_to=(library,) if library else (),
        grade="named",
        explains=present(case, "libstdcxx-version-not-found"),
    )
