"""Every row, in the order from the root of a failure to its consequences."""

from __future__ import annotations

from mlenv.symptoms import (
    address,
    build,
    certificate,
    choice,
    compiler,
    conda,
    connection,
    content,
    crash,
    cuda_toolkit,
    disk,
    memory,
    permission,
    pixi,
    proxy,
    python,
    server,
)
from mlenv.symptoms.symptom import LAYERS, Rule

_SUBJECTS = (
    disk,
    memory,
    permission,
    python,
    crash,
    conda,
    pixi,
    proxy,
    certificate,
    address,
    connection,
    server,
    content,
    cuda_toolkit,
    compiler,
    build,
    choice,
)

RULES: tuple[Rule, ...] = tuple(
    sorted((rule for subject in _SUBJECTS for rule in subject.RULES), key=lambda rule: LAYERS.index(rule.layer))
)
"""By layer; within one in the order of the subjects and of their rows."""
