"""Packages side by side: rivals for one folder, and families of releases that do not go together."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import join
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.messages import conclude
from mlenv.checks.packages import distributions, pip_install, pip_uninstall, version_of
from mlenv.checks.registry import Case, Skip, check
from mlenv.facts.version import numbers, series
from mlenv.matrix.load import Matrix

# Rivals that bring each other: TensorFlow's package is an empty shell around these on some systems.
_SHELLS = frozenset({"tensorflow-intel", "tensorflow-macos", "tf-nightly"})


@check("rival-distributions-installed", subject="environment")
def rival_distributions_installed(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Two packages that write the same folder: the last one installed wins."""
    if case.environment is None:
        raise Skip("no environment was looked at")
    installed = {row.name: row.version for row in distributions(case)}
    for family in matrix.families:
        rivals = [name for name in family.distributions if name in installed and name not in _SHELLS]
        # ONNX Runtime has a check of its own; NVIDIA's libraries come in two majors with two frameworks.
        if len(rivals) < 2 or family.id == "onnxruntime" or family.path.startswith("nvidia/"):
            continue
        yield conclude(
            case,
            "rival-distributions-installed",
            (),
            severity="warning",
            title=f"{join(rivals)} are installed side by side",
            cause=f"They write the same folder ({family.path}), so the files are those of whichever came last.",
            evidence=tuple(f"{name} {installed[name]}" for name in rivals),
            fix=(
                Fix(text="Take all of them out", command=pip_uninstall(case, " ".join(rivals))),
                Fix(text="And put back the one that is wanted", command=pip_install(case, rivals[0])),
            ),
            applies_to=tuple(rivals),
        )


@check("keras-tensorflow-mismatch", subject="environment")
def keras_tensorflow_mismatch(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Keras is of another generation than TensorFlow or transformers expects."""
    if case.clue("keras-does-not-fit") is None:
        raise Skip("no message says that Keras does not fit")
    keras, tensorflow = version_of(case, "keras"), version_of(case, "tensorflow", "tensorflow-cpu")
    three = not keras or numbers(keras)[:1] >= (3,)
    package = f"tf-keras~={series(tensorflow)}.0" if tensorflow and numbers(tensorflow) >= (2, 16) else "tf-keras"
    yield conclude(
        case,
        "keras-tensorflow-mismatch",
        ("keras-does-not-fit",),
        title="Keras is of another generation than the program expects",
        cause="Keras 3 took the place of Keras 2 with TensorFlow 2.16, and code for one fails with the other.",
        evidence=tuple(f"{n} {v}" for n, v in (("keras", keras), ("tensorflow", tensorflow)) if v),
        fix=(
            Fix(text="Bring Keras 2 beside it", command=pip_install(case, package))
            if three
            else Fix(
                text="Install the Keras that belongs to TensorFlow", command=pip_install(case, "keras", upgrade=True)
            ),
        ),
        applies_to=("keras",),
    )


@check("transformers-version-clash", subject="environment")
def transformers_version_clash(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Packages of the transformers family of releases that do not go together."""
    clue = case.clue("transformers-does-not-fit")
    if clue is None:
        raise Skip("no message says that transformers does not fit")
    family = ("transformers", "huggingface-hub", "tokenizers", "accelerate", "peft", "diffusers")
    shown = [f"{name} {version}" for name in family if (version := version_of(case, name))]
    yield conclude(
        case,
        "transformers-version-clash",
        ("transformers-does-not-fit",),
        title="The packages around transformers are of releases that do not go together",
        cause="One of them asks another for something that its release does not have, or no longer has.",
        evidence=tuple(shown),
        fix=(
            Fix(
                text="Let the installer choose releases that go together",
                command=pip_install(case, "transformers huggingface-hub tokenizers accelerate", upgrade=True),
            ),
        ),
        applies_to=("transformers",),
    )
