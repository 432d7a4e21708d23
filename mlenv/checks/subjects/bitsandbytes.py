"""bitsandbytes: whether it has a library for the CUDA of PyTorch."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.finding import Finding, Fix
from mlenv.checks.frameworks import find_known
from mlenv.checks.messages import conclude, value_of
from mlenv.checks.packages import pip_install, version_of
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.situation import variable
from mlenv.matrix.load import Matrix

NAMED = ("bitsandbytes-binary-missing", "bitsandbytes-setup-failed")


@check("bnb-no-binary-for-cuda", subject="environment")
def bnb_no_binary_for_cuda(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """No compiled library of bitsandbytes is there for the CUDA release that it detected."""
    if case.clue(*NAMED) is None:
        raise Skip("no message says that bitsandbytes found no library")
    known = find_known(case, matrix)
    if known is not None and known.kind == "cpu":
        raise Skip("PyTorch is the build for the CPU, which explains it")
    version = version_of(case, "bitsandbytes")
    cuda = known.cuda if known else ""
    wanted = f"CUDA {cuda}" if cuda else "this one"
    library = value_of(case, NAMED[0], "library")
    override = variable(case, "BNB_CUDA_VERSION")
    yield conclude(
        case,
        "bnb-no-binary-for-cuda",
        NAMED,
        title="bitsandbytes has no library for this CUDA release",
        cause=f"Its wheel brings a compiled library for each CUDA release, and none for {wanted}.",
        evidence=tuple(
            line
            for line in (
                f"bitsandbytes {version}" if version else "",
                f"it looked for {library}" if library else "",
                f"BNB_CUDA_VERSION is {override}" if override else "",
            )
            if line
        ),
        fix=(
            Fix(
                text="Take the newest release, which has more of them",
                command=pip_install(case, "bitsandbytes", upgrade=True),
            ),
            *((Fix(text="And do not override what it detects", command="unset BNB_CUDA_VERSION"),) if override else ()),
        ),
        applies_to=("bitsandbytes",),
        also=("cuda-library-missing", "cuda-symbol-undefined"),
    )
