"""Product names of GPUs, matched to the rows of ``gpus.toml``.

Drivers, ``lspci`` and people write the same product in many ways.  Words that do not tell
products apart are dropped from both sides and the rest must be equal: a name that is not in the
table stays unknown, and one that fits rows with different answers does too.
"""

from __future__ import annotations

import functools
import re

from mlenv.facts.pattern import lazy
from mlenv.matrix.hardware import GpuModel, GpuModels

# Vendor and brand words, forms of board and memory, and the endings of mobile parts.  Words that
# tell products apart (RTX, Quadro, Ti, SUPER, Ada, Pascal, PRO, TITAN) are not here.
_NOISE = lazy(
    r"\b(?:nvidia|geforce|tesla|corporation|amd|ati|advanced micro devices|inc|radeon|instinct|"
    r"intel|apple|google|cloud|gpu|graphics|laptop|mobile|(?:with )?max-?q(?: design)?|edition|workstation|"
    r"generation|developer kit|nvgpu|pcie|pci|sxm\d?|oam|nvl|ac|dgxs|fhhl|hbm\d?e?|gddr\dx?)\b"
)
_TRADEMARK = lazy(r"\((?:r|tm|c)\)", re.IGNORECASE)
_MEMORY = lazy(r"\b\d+(?:\.\d+)?\s?g(?:i?b)?\b")
_MIG = lazy(r"\bmig\b.*")
_WORD = lazy(r"[a-z0-9.+]+")
_BRACKETED = lazy(r"\[([^\]]+)\]")
# The form of a part, which decides on its figures.  Boards for a slot and mobile parts say so; SXM
# ones say SXM, HBM3 or nothing.
_FORM = lazy(r"\b(?:pcie|nvl|laptop|mobile|max-?q)\b")
_GIGABYTES = lazy(r"\b(\d+(?:\.\d+)?)\s?g(?:i?b)?\b")


def find_gpu(gpus: GpuModels, name: str, *, vendor: str = "") -> GpuModel | None:
    """The row of a product, the first of several that differ in memory only; None for no match."""
    return next(iter(_matches(gpus, name, vendor)), None)


def closest_gpus(gpus: GpuModels, name: str, *, vendor: str = "") -> tuple[GpuModel, ...]:
    """The rows of a product, of several those with the board's form and memory that the name tells.

    ``NVIDIA A100 80GB PCIe`` keeps the PCIe board with 80 GB.  Empty for no match.
    """
    rows = _matches(gpus, name, vendor)
    rows = [row for row in rows if _form(row.name) == _form(name)] or rows
    sizes = {float(size) for size in _GIGABYTES.findall(name.lower())}
    return tuple([row for row in rows if row.memory_gb in sizes] or rows)


def _form(name: str) -> str:
    found = _FORM.search(name.lower())
    return found.group().replace("-", "") if found else ""


def is_part(name: str) -> bool:
    """Whether a name is of a mobile part or a slice of a GPU, which have lower rates than the product."""
    return _form(name) in ("laptop", "mobile", "maxq") or bool(_MIG.search(name.lower()))


def compute_capability_of(gpus: GpuModels, name: str) -> str | None:
    """The compute capability of an NVIDIA product such as ``NVIDIA A100-SXM4-80GB`` (``8.0``)."""
    return _agreed([row.compute_capability for row in _matches(gpus, name, "nvidia")])


def gfx_of(gpus: GpuModels, name: str) -> str | None:
    """The target of an AMD product such as ``Radeon RX 7900 XTX`` (``gfx1100``)."""
    return _agreed([row.gfx for row in _matches(gpus, name, "amd")])


def _agreed(answers: list[str]) -> str | None:
    distinct = set(answers)
    return (distinct.pop() or None) if len(distinct) == 1 else None


class _Lookups:
    """What was found in one table: a resolver asks for the same few names hundreds of times."""

    def __init__(self) -> None:
        self.table: GpuModels | None = None
        self.found: dict[tuple[str, str], list[GpuModel]] = {}

    def of(self, table: GpuModels) -> dict[tuple[str, str], list[GpuModel]]:
        """The answers kept for a table; those of another one are dropped."""
        if self.table is not table:
            self.table, self.found = table, {}
        return self.found


_LOOKUPS = _Lookups()


def _matches(gpus: GpuModels, name: str, vendor: str) -> list[GpuModel]:
    found = _LOOKUPS.of(gpus)
    if (name, vendor) not in found:
        found[name, vendor] = _search(gpus, name, vendor)
    return found[name, vendor]


def _search(gpus: GpuModels, name: str, vendor: str) -> list[GpuModel]:
    wanted = set(product_keys(name))
    # A row that lacks the longest word of a key cannot match: spares taking a long table's names apart.
    words = re.compile("|".join(sorted({re.escape(max(key.split(), key=len)) for key in wanted})) or "$^")
    rows = [row for row in gpus.gpu if words.search(row.name.lower()) or (row.also and _is_called(row, words))]
    return [row for row in rows if vendor in ("", row.vendor) and not wanted.isdisjoint(_row_keys(row.name, row.also))]


def _is_called(row: GpuModel, words: re.Pattern[str]) -> bool:
    return words.search(" ".join(row.also).lower()) is not None


@functools.lru_cache(maxsize=4096)
def _row_keys(name: str, also: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(key for text in (name, *also) for key in product_keys(text))


# NVIDIA GeForce RTX 4090 Laptop GPU
# NVIDIA GH200 480GB
# AD107M [GeForce RTX 4060 Max-Q / Mobile]
# Navi 31 [Radeon RX 7900 XT/7900 XTX/7900 GRE/7900M]
def product_keys(name: str) -> tuple[str, ...]:
    """What is left of a name to compare: one key, or one for each product that shares the chip."""
    bracketed = _BRACKETED.search(name)
    text = _TRADEMARK.sub(" ", bracketed.group(1) if bracketed else name).lower()
    words = [_words(part) for part in _NOISE.sub(" ", _MIG.sub(" ", text)).split("/")]
    first = words[0]
    keys = [first, *(_complete(first, other) for other in words[1:])]
    return tuple(dict.fromkeys(" ".join(key) for key in keys if key))


def _words(text: str) -> list[str]:
    return _WORD.findall(_MEMORY.sub(" ", text))


def _complete(first: list[str], other: list[str]) -> list[str]:
    """``7900 xtx`` after ``rx 7900 xt`` gives ``rx 7900 xtx``."""
    if not other or not other[0][0].isdigit():
        return other
    start = next((place for place, word in enumerate(first) if word[0].isdigit()), 0)
    return [*first[:start], *other]
