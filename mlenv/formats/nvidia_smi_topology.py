"""``nvidia-smi topo -m``: how the GPUs of a machine reach each other."""

from __future__ import annotations

from mlenv.facts.drivers import GpuPath
from mlenv.facts.pattern import lazy
from mlenv.formats.nvidia_values import plain_line

_GPU = lazy(r"GPU([0-9]{1,4})")
_LEVEL = lazy(r"NV[0-9]{1,3}|PIX|PXB|PHB|NODE|SYS|SOC|PSB|PX|C2C")
_MOST_COLUMNS = 4096


#         GPU0    GPU1    NIC0    CPU Affinity    NUMA Affinity    GPU NUMA ID
# GPU0     X      NV18    PIX     0-31            0                N/A
# GPU1    NV18     X      SYS     32-63           1                N/A
# NIC0    PIX     SYS      X
def parse_nvidia_smi_topology(text: str) -> tuple[GpuPath, ...] | None:
    """The level of each pair of GPUs, by index; () for a matrix of one GPU, None for another text."""
    columns: list[int | None] = []
    found: dict[tuple[int, int], str] = {}
    for raw in text.splitlines():
        words = plain_line(raw).split(None, _MOST_COLUMNS)
        if not columns:
            columns = _read_columns(words)
        elif words and words[0].startswith("Legend"):
            break
        elif words and (match := _GPU.fullmatch(words[0])):
            _read_row(int(match[1]), words[1:], columns, found)
    if not columns:
        return None
    return tuple(GpuPath(first=first, second=second, level=level) for (first, second), level in sorted(found.items()))


def _read_columns(words: list[str]) -> list[int | None]:
    """The GPU of each column, None for a network card; empty for a line that is no head."""
    if not words or "CPU" not in words or words[words.index("CPU") + 1 :][:1] != ["Affinity"]:
        return []
    matches = [_GPU.fullmatch(word) for word in words[: words.index("CPU")]]
    columns = [int(match[1]) if match else None for match in matches]
    return columns if any(column is not None for column in columns) else []


def _read_row(first: int, words: list[str], columns: list[int | None], found: dict[tuple[int, int], str]) -> None:
    for second, word in zip(columns, words, strict=False):
        if second is not None and second != first and _LEVEL.fullmatch(word):
            found.setdefault((min(first, second), max(first, second)), word)
