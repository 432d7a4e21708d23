"""What is verified in an environment: its frameworks, those that share a process, and all the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from mlenv.facts.environment import Environment
from mlenv.matrix.load import Matrix
from mlenv.verify.result import LEVELS, Level, Target

TENSOR_FRAMEWORKS = ("torch", "tensorflow", "jax")
"""Frameworks that bring their own cuDNN, OpenMP or protobuf, and must bear each other in one process."""

COMPANIONS = ("scikit-learn", "xgboost")
"""What is used in the same process with them, and has an OpenMP of its own."""

KERAS_BACKENDS = {"tensorflow": "tensorflow", "torch": "torch", "jax": "jax", "openvino": "openvino"}
OTHERS = "other packages"


def make_target(matrix: Matrix, distribution: str, version: str | None = None) -> Target:
    """What the verifier needs to know about a distribution; one that the matrix does not know is imported."""
    if distribution not in matrix.distributions:
        return Target(framework=distribution, distribution=distribution, version=version)
    row = matrix.framework(matrix.distributions[distribution])
    return Target(framework=row.id, distribution=distribution, imports=row.imports, version=version)


def find_frameworks(environment: Environment, matrix: Matrix, wanted: Iterable[str], asked: Iterable[str]) -> list[str]:
    """The distributions to verify: the frameworks that are there, and those that must be and are not.

    ``wanted`` are the frameworks of a profile (none: all that are there), ``asked`` the distributions
    that the environment was made for.
    """
    wanted = set(wanted)
    found = [
        dist.name
        for dist in environment.distributions
        if (framework := matrix.distributions.get(dist.name)) and (not wanted or framework in wanted)
    ]
    missing = wanted - {matrix.distributions[name] for name in found}
    return list(dict.fromkeys([*found, *sorted(missing), *asked]))


def widen(targets: Sequence[Target], environment: Environment, level: Level, *, joint: bool = False) -> list[Target]:
    """The targets with what a level adds: each backend of Keras, frameworks together, every other package.

    ``joint`` puts the frameworks together at the level ``quick`` too.
    """
    thorough = LEVELS.index(level) >= LEVELS.index("standard")
    frameworks = {target.framework: target for target in targets}
    found: list[Target] = []
    for target in targets:
        backends = _keras_backends(frameworks) if thorough and target.framework == "keras" else ()
        found += [replace(target, backend=backend) for backend in backends] or [target]
    together = join_frameworks(frameworks)
    if together is not None and (thorough or joint):
        found.append(together)
    if thorough:
        found += _all_others(targets, environment)
    return found


def join_frameworks(frameworks: Mapping[str, Target]) -> Target | None:
    """All tensor frameworks in one process, None where there are not two."""
    tensor = [name for name in TENSOR_FRAMEWORKS if name in frameworks]
    if len(tensor) < 2:
        return None
    partners = (*tensor, *(name for name in COMPANIONS if name in frameworks))
    return Target(framework=" + ".join(partners), distribution="", payload="joint", partners=partners)


def _keras_backends(frameworks: Mapping[str, Target]) -> list[str]:
    return [backend for name, backend in KERAS_BACKENDS.items() if name in frameworks]


def _all_others(targets: Sequence[Target], environment: Environment) -> list[Target]:
    """Every distribution that is no target by itself, in one target."""
    known = {target.distribution for target in targets}
    names = [dist.name for dist in environment.distributions if dist.name not in known]
    if not names:
        return []
    return [Target(framework=OTHERS, distribution="", payload="others", partners=tuple(dict.fromkeys(names)))]
