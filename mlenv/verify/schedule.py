"""Which child runs first, how many at a time, and how long each may take."""

from __future__ import annotations

from collections.abc import Sequence

from mlenv.verify.result import Level, Target

LEVEL_SECONDS: dict[Level, float] = {"quick": 120.0, "standard": 300.0, "deep": 1800.0}
"""The deadline of one child.

It guards against a hang and is no estimate: a cold import of torch or TensorFlow takes 15 s from a
slow disk, and a short limit fails healthy machines.
"""

SLOW_STARTERS = {"pyspark": 240.0, "h2o": 180.0, "ray": 180.0, "vllm": 300.0, "pycaret": 240.0, "tfx": 240.0}
"""Frameworks that start a server or a Java machine, or import half of the others."""

HEAVY = (
    "vllm",
    "pyspark",
    "pycaret",
    "tfx",
    "tensorflow",
    "keras",
    "tf-keras",
    "tensorflow-text",
    "ray",
    "h2o",
    "transformers",
    "trl",
    "peft",
    "torchrl",
    "deepspeed",
    "lightning",
    "accelerate",
    "torch",
    "torchvision",
    "torchaudio",
)
"""What takes longest begins first, so that no long one is left over at the end."""

WIDEST = 8
CHILD_BYTES = 3 * 1024**3


def find_deadline(target: Target, level: Level, *, soak_seconds: float = 0.0) -> float:
    """Seconds that a child may take."""
    return max(LEVEL_SECONDS[level], SLOW_STARTERS.get(target.framework, 0.0)) + 1.5 * soak_seconds


def order_targets(targets: Sequence[Target]) -> list[int]:
    """The indices of targets, in the order in which their children begin."""
    return sorted(range(len(targets)), key=lambda index: (_weigh(targets[index]), index))


def _weigh(target: Target) -> int:
    if target.partners:
        return -1
    return HEAVY.index(target.framework) if target.framework in HEAVY else len(HEAVY)


def choose_width(cores: float | None, available_bytes: int | None) -> int:
    """How many children to run at a time, by processor cores and free memory.

    An import keeps one core busy and waits for the disk between; so two children share one pair of
    cores, and a large machine runs one for every two.
    """
    by_cores = max(2, int(cores) // 2) if cores is not None and cores >= 2 else 1 if cores is not None else 2
    by_memory = available_bytes // CHILD_BYTES if available_bytes is not None else 2
    return max(1, min(WIDEST, by_cores, by_memory))
