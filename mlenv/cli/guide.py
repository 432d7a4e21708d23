"""The beginner's decision guide: from what somebody wants to do to the profile that serves it.

The guide orders purposes and names the usual first choice of each.  What a profile is called and what
it is for is the matrix's to say; a profile that no purpose names, such as one of a site, stands under
the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mlenv.facts.machine import Machine
    from mlenv.matrix.load import Matrix
    from mlenv.matrix.rows import Profile

DEVICES = ("cpu", "gpu", "tpu")
"""Endings of profiles that insist on a device; a guide takes the one that is there."""
_NEEDS = {
    "gpu": "a GPU",
    "cuda": "an NVIDIA GPU",
    "rocm": "an AMD GPU",
    "xpu": "an Intel GPU",
    "mps": "an Apple GPU",
    "tpu": "a TPU",
}
_VENDORS = {"cuda": "nvidia", "rocm": "amd", "xpu": "intel", "mps": "apple", "tpu": "google"}


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """Something that people want to do, and the profiles that serve it, the usual first choice first."""

    id: str
    title: str
    profiles: tuple[str, ...] = ()


GOALS = (
    Goal(id="tables", title="Tables, plots and a first model", profiles=("starter", "classical", "automl")),
    Goal(id="deep", title="Deep learning", profiles=("pytorch", "tensorflow", "jax", "keras")),
    Goal(id="language", title="Text and language models", profiles=("transformers", "llm", "finetune", "nlp")),
    Goal(id="images", title="Images", profiles=("vision",)),
    Goal(id="big-data", title="Data on many cores, machines or a GPU", profiles=("spark", "distributed", "rapids")),
    Goal(id="in-use", title="Models in use: exchange, small computers, records", profiles=("onnx", "edge", "mlops")),
    Goal(id="causes", title="Causes and effects", profiles=("causal",)),
    Goal(id="quantum", title="Quantum circuits", profiles=("quantum",)),
    Goal(id="other", title="Something else, or everything"),
)


def find_goals(matrix: Matrix) -> tuple[Goal, ...]:
    """The purposes that the matrix has profiles for; the last one has those that no other names."""
    known = set(matrix.profile_names)
    named = {name for goal in GOALS for name in goal.profiles}
    rest = tuple(name for name in matrix.profile_names if name not in named and not is_variant(matrix, name))
    of_goals = ((goal, goal.profiles or rest) for goal in GOALS)
    goals = (
        msgspec.structs.replace(goal, profiles=tuple(name for name in names if name in known))
        for goal, names in of_goals
    )
    return tuple(goal for goal in goals if goal.profiles)


def is_variant(matrix: Matrix, name: str) -> bool:
    """Whether a profile is another one under a second name, or another one tied to a device."""
    base, _, ending = name.rpartition("-")
    if ending in DEVICES and base in matrix.profile_names:
        return True
    stated = matrix.stated_profile(name)
    return len(stated.extends) == 1 and not (stated.frameworks or stated.optional or stated.first_of)


def find_lack(profile: Profile, machine: Machine) -> str:
    """The device that a profile insists on and this machine is known not to have; empty where nothing lacks."""
    need = profile.accelerator
    if need not in _NEEDS or machine.gpus is None:
        return ""
    vendor = _VENDORS.get(need)
    there: Sequence[object] = machine.gpus if vendor is None else [g for g in machine.gpus if g.vendor == vendor]
    return "" if there else _NEEDS[need]
