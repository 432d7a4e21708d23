"""Asks NVIDIA's management library; each question is guarded by itself.

An old driver lacks newer calls, a lost GPU fails every one, and the library may not start at
all: that is said in the answer, and the status is 0.
"""

from __future__ import annotations

import sys
from types import ModuleType

from mlenv.probe.children import nvml_words as words
from mlenv.probe.children.answer import Answer
from mlenv.probe.children.nvml_gpu import read_identity, read_recovery, read_state
from mlenv.probe.children.nvml_questions import Questions, describe, name_error
from mlenv.probe.children.nvml_relations import read_relations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def main() -> None:
    """Print ``mlenv-nvml:`` and what NVML knows as JSON, once for each stage."""
    answer = Answer("nvml")
    for facts in start():
        answer.write(facts)
    answer.end()


def start() -> Iterator[dict[str, Any]]:
    """``init`` (``ok`` or the error's name), and where it is ok what :func:`read_nvml` gives."""
    try:
        nvml = import_pynvml()
        nvml.nvmlInit()
    except Exception as error:
        yield {"init": name_error(error), "detail": describe(error)}
        return
    yield from read_nvml(nvml)


def read_nvml(nvml: Any) -> Iterator[dict[str, Any]]:
    """What is known after each stage: versions, GPUs, ``errors`` by question, ``missing`` functions.

    ``stage`` is the one that is done; the last is ``complete``.
    """
    ask = Questions(nvml, set())
    facts: dict[str, Any] = {"init": "ok", **read_versions(ask)}
    count = ask("count", "nvmlDeviceGetCount")
    gpus = [Device(ask, index) for index in range(count or 0)]
    for stage in ("identity", "state", "complete"):
        for gpu in gpus:
            gpu.read(stage)
        if stage == "complete":
            facts["distances"] = read_distances(ask, gpus)
        facts["gpus"] = None if count is None else [gpu.facts for gpu in gpus]
        yield {**facts, "stage": stage, "errors": ask.errors, "missing": sorted(ask.missing)}


def read_versions(ask: Questions) -> dict[str, Any]:
    """Driver, NVML, and the newest CUDA of the driver; the second call for that came later."""
    cuda = ask.first("cuda", ("nvmlSystemGetCudaDriverVersion_v2",), ("nvmlSystemGetCudaDriverVersion",))
    return {
        "driver": ask.text("driver", "nvmlSystemGetDriverVersion"),
        "nvml": ask.text("nvml", "nvmlSystemGetNVMLVersion"),
        "cuda": None if cuda is None else f"{cuda // 1000}.{cuda % 1000 // 10}",
    }


class Device:
    """One GPU by its index, and what is known of it so far."""

    def __init__(self, host: Questions, index: int) -> None:
        self.index = index
        self._ask = host.of_another()
        self.handle = self._ask("handle", "nvmlDeviceGetHandleByIndex", index)
        self.facts: dict[str, Any] = {"index": index, "errors": self._ask.errors}

    def read(self, stage: str) -> None:
        """Ask the questions of one stage; a lost GPU answers none but what would bring it back."""
        if self.handle is None:
            return
        if stage == "identity":
            self.facts |= read_identity(self._ask, self.handle)
        elif stage == "state":
            self.facts |= (
                read_recovery(self._ask, self.handle) if self._ask.lost else read_state(self._ask, self.handle)
            )
        elif self._ask.lost:
            return
        else:
            self.facts |= read_relations(self._ask, self.handle, split=bool(self.facts.get("mig")))


def read_distances(ask: Questions, gpus: list[Device]) -> list[tuple[int, int, str]] | None:
    """How far the GPUs of each pair are apart, NVLinks aside; None where nothing of it is known."""
    near = [gpu for gpu in gpus if gpu.handle is not None]
    pairs = [(one, other) for place, one in enumerate(near) for other in near[place + 1 :]]
    found = []
    for one, other in pairs:
        function = "nvmlDeviceGetTopologyCommonAncestor"
        level = ask.name("topology", words.TOPOLOGY, function, one.handle, other.handle)
        if level is not None:
            found.append((one.index, other.index, level))
    return found if found or not pairs else None


def import_pynvml() -> Any:
    """pynvml, without most of what it imports and hardly uses: that takes longer than the module itself."""
    added = [name for name in _STAND_INS if name not in sys.modules]
    for name in added:
        module = sys.modules[name] = ModuleType(name)
        module.__dict__.update(_STAND_INS[name])
    try:
        import pynvml
    except (AttributeError, ImportError):
        # A pynvml that needs more of them gets the real ones.
        for name in (*added, "pynvml"):
            sys.modules.pop(name, None)
        import pynvml
    finally:
        for name in added:
            sys.modules.pop(name, None)
    return pynvml


def _find_library(name: str) -> str | None:
    from ctypes.util import find_library

    return find_library(name)


def _capitalise(text: str, separator: str | None = None) -> str:
    return (separator or " ").join(word.capitalize() for word in text.split(separator))


_STAND_INS: dict[str, dict[str, Any]] = {
    "ctypes.util": {"find_library": _find_library},
    "string": {"capwords": _capitalise},
}
