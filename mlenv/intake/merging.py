"""What several sections tell, as one: what is stated first wins, and lists are joined."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

import msgspec

from mlenv.facts.environment import Distribution
from mlenv.facts.gpu import Gpu
from mlenv.facts.system import OperatingSystem
from mlenv.intake.forms.form import Told
from mlenv.intake.words.versions import refined

STRUCT = TypeVar("STRUCT", bound=msgspec.Struct)
ROW = TypeVar("ROW")

# Versions that are often told in short first; the longer one that begins so is the same fact.
_REFINED = {"version", "driver", "cuda", "kernel", "kernel_module", "cudnn", "rocm", "python"}


def merge_told(sections: Iterable[Told]) -> Told:
    """All sections as one, the first of them the most trusted."""
    stated: dict[str, list[Any]] = {}
    for told in sections:
        for name, value in zip(Told.__struct_fields__, msgspec.structs.astuple(told), strict=True):
            if value is not None and _is_stated(name, value):
                stated.setdefault(name, []).append(value)
    return Told(**{name: _join(name, values) for name, values in stated.items()})


def _is_stated(name: str, value: Any) -> bool:
    return bool(value) or value not in _EMPTY or (value == () and name in _MAY_BE_NONE)


_EMPTY: tuple[Any, ...] = ((), {}, "")
_MAY_BE_NONE = {"gpus", "kernel_modules", "dkms", "device_nodes", "kernel_events", "libraries"}


def _join(name: str, values: list[Any]) -> Any:
    if name in _KEYS:
        return _join_rows(itertools.chain.from_iterable(values), _KEYS[name])
    if name in ("distributions", "user_site"):
        return _join_distributions(itertools.chain.from_iterable(values))
    return functools.reduce(_SPECIAL.get(name, functools.partial(fill, name=name)), values)


def fill(first: Any, second: Any, name: str = "") -> Any:
    """``first`` with its unknown parts taken from ``second``."""
    if first is None or (first in ("", ()) and second):
        return second
    if second is None:
        return first
    if isinstance(first, dict) and isinstance(second, dict):
        return {**second, **first}
    if isinstance(first, msgspec.Struct) and type(first) is type(second):
        return _fill_struct(first, second)
    if name == "available":
        return first or second  # one kind of accelerator that works is enough
    if isinstance(first, str) and isinstance(second, str) and name in _REFINED:
        return refined(first, second)
    return first


def _fill_struct(first: STRUCT, second: STRUCT) -> STRUCT:
    pairs = zip(first.__struct_fields__, msgspec.structs.astuple(first), msgspec.structs.astuple(second), strict=True)
    changes = {name: filled for name, mine, other in pairs if (filled := fill(mine, other, name)) is not mine}
    return msgspec.structs.replace(first, **changes) if changes else first


def _join_rows(values: Iterable[ROW], key: Callable[[ROW], Hashable]) -> tuple[ROW, ...]:
    rows: dict[Hashable, ROW] = {}
    for row in values:
        found = key(row)
        rows[found] = fill(rows[found], row) if found in rows else row
    return tuple(rows.values())


def _join_systems(first: OperatingSystem | None, second: OperatingSystem | None) -> OperatingSystem | None:
    """Of two systems the one that is inside the other: Linux under WSL or in a container."""
    if first is None or second is None or first.family == second.family:
        return _same_family(first, second)
    if (second.wsl and not first.wsl) or (second.container and first.family != "linux"):
        return second
    return first


def _same_family(first: OperatingSystem | None, second: OperatingSystem | None) -> OperatingSystem | None:
    if first is None or second is None:
        return first or second
    other = first.distribution and second.distribution and first.distribution != second.distribution
    if other:  # the version belongs to the distribution
        second = msgspec.structs.replace(second, distribution=None, version=None, libc=None)
    return _fill_struct(first, second)


def _join_python(first: Any, second: Any) -> Any:
    """What is told of two Pythons is not mixed."""
    if first is None or second is None:
        return first or second
    short, long = sorted((first.version, second.version), key=len)
    if refined(short, long) != long and short != long:
        return first
    merged = _fill_struct(first, second)
    return msgspec.structs.replace(
        merged,
        free_threaded=first.free_threaded or second.free_threaded,
        kind=second.kind if first.kind == "other" else first.kind,
    )


def _join_distributions(values: Iterable[Distribution]) -> tuple[Distribution, ...]:
    """Each package once; of two versions that agree the one that says more, else the first."""
    rows: dict[str, Distribution] = {}
    for row in values:
        known = rows.get(row.name)
        if known is None:
            rows[row.name] = row
        elif refined(known.version, row.version) == row.version:
            rows[row.name] = _fill_struct(row, known)
        elif row.version == known.version.split("+")[0]:
            rows[row.name] = _fill_struct(known, row)
    return tuple(rows.values())


def _join_gpus(first: tuple[Gpu, ...] | None, second: tuple[Gpu, ...] | None) -> tuple[Gpu, ...] | None:
    """Each GPU once: the same number of the same product, or the next one that may be the same."""
    if not first or not second:
        return first or (second if second is not None else first)
    rows, taken = list(first), set[int]()
    for gpu in second:
        at = next((i for i, known in enumerate(rows) if i not in taken and _may_be_same(known, gpu)), None)
        if at is None:
            taken.add(len(rows))
            rows.append(gpu)
        else:
            taken.add(at)
            rows[at] = _fill_gpu(rows[at], gpu)
    return tuple(rows)


def _fill_gpu(known: Gpu, more: Gpu) -> Gpu:
    merged = _fill_struct(known, more)
    if known.name and more.name and _says_more(more.name, known.name):
        merged = msgspec.structs.replace(merged, name=more.name)
    return merged


def _says_more(name: str, known: str) -> bool:
    """Whether a name is the whole of one that was cut off or short; what stands in parentheses is no name."""
    cut = known.rstrip().endswith(("...", "\u2026"))
    return cut or ("(" not in name and _words(known) < _words(name))


def _may_be_same(known: Gpu, gpu: Gpu) -> bool:
    if known.vendor != gpu.vendor:
        return False
    if known.index is not None and gpu.index is not None and known.index != gpu.index:
        return False
    if known.pci_address and gpu.pci_address:
        return known.pci_address == gpu.pci_address
    if not known.name or not gpu.name:
        return True
    ours, theirs = _words(known.name), _words(gpu.name)
    return ours <= theirs or theirs <= ours


_MAKERS = {"nvidia", "geforce", "tesla", "amd", "radeon", "intel", "corporation", "graphics", "gpu", "laptop", "with"}


@functools.lru_cache(maxsize=1024)
def _words(name: str) -> frozenset[str]:
    """What tells a product from others; a word that a table cut off is left out."""
    plain = name.lower().replace("(r)", "").replace("(tm)", "").replace("-", " ").replace("/", " ")
    words = [word for word in plain.split() if not word.endswith(("...", "\u2026"))]
    return frozenset(word.strip("()[],") for word in words) - _MAKERS


def _unique(first: tuple[ROW, ...], second: tuple[ROW, ...]) -> tuple[ROW, ...]:
    return tuple(dict.fromkeys((*first, *second)))


_SPECIAL: dict[str, Callable[[Any, Any], Any]] = {
    "os": _join_systems,
    "python": _join_python,
    "gpus": _join_gpus,
    "missing_nodes": _unique,
}
_KEYS: dict[str, Callable[[Any], Hashable]] = {
    "disks": lambda row: (row.purpose, row.path),
    "cuda_toolkits": lambda row: (row.version, row.path),
    "managers": lambda row: row.name,
    "variables": lambda row: row.name,
    "kernel_modules": lambda row: row.name,
    "dkms": lambda row: (row.name, row.version, row.kernel),
    "device_nodes": lambda row: row.path,
    "libraries": lambda row: (row.name, row.path),
    "conda_packages": lambda row: row.name,
    "views": lambda row: row.framework,
    "wanted": lambda row: row.name,
    "kernel_events": lambda row: (row.kind, row.text),
}
