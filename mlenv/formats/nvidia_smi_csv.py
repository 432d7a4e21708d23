"""``nvidia-smi --query-gpu=... --format=csv``, with the line that names the fields.

``--query-compute-apps`` is read too: its rows are processes.
"""

from __future__ import annotations

import msgspec

from mlenv.facts.gpu import Gpu, GpuProcess
from mlenv.facts.pattern import lazy
from mlenv.formats.nvidia_fields import make_gpu, make_process
from mlenv.formats.nvidia_report import MOST_GPUS, NvidiaReport
from mlenv.formats.nvidia_values import known, plain_line, version

# nvidia-smi knows some fields under two names.
_SAME = {
    "gpu_name": "name",
    "gpu_uuid": "uuid",
    "gpu_bus_id": "pci.bus_id",
    "clocks.gr": "clocks.current.graphics",
    "clocks.mem": "clocks.current.memory",
    "clocks.max.gr": "clocks.max.graphics",
    "clocks.max.mem": "clocks.max.memory",
    "used_memory": "used_gpu_memory",
}
# A list of fields is told from other lists by one of these.
_TELLING = frozenset(
    {
        "uuid",
        "pci.bus_id",
        "driver_version",
        "compute_cap",
        "vbios_version",
        "memory.total",
        "memory.free",
        "memory.used",
        "temperature.gpu",
        "power.draw",
        "power.limit",
        "pstate",
        "utilization.gpu",
        "mig.mode.current",
        "ecc.mode.current",
        "compute_mode",
        "persistence_mode",
        "driver_model.current",
        "gpu_recovery_action",
    }
)
# Lists of retired pages name the GPU of each page.
_OF_PAGES = frozenset({"retired_pages.address", "retired_pages.cause"})
_COMMAND = "--query-"
_FIELD = lazy(r"([a-z][A-Za-z0-9_.]{0,100})(?: \[[A-Za-z%/]{1,10}\])?")
_MOST_FIELDS = 1000


class _Table(msgspec.Struct, frozen=True):
    names: list[str]
    rows: list[dict[str, str]]


# name, compute_cap, driver_version, memory.total [MiB], fan.speed [%]
# NVIDIA GeForce RTX 4090, 8.9, 580.65.06, 24564 MiB, 30 %
def parse_nvidia_smi_csv(text: str) -> NvidiaReport | None:
    """The GPUs of the first answer in a text, one a row; the values may lack their units."""
    table = _find_table(text)
    if table is None:
        return None
    first = table.rows[0] if table.rows else {}
    kernel_module = version(first.get("kmd_version"))
    return NvidiaReport(
        driver=version(first.get("driver_version")) or kernel_module,
        kernel_module=kernel_module,
        cuda=version(first.get("cuda_version")) or version(first.get("cuda_umd_version")),
        gpus=_gather_processes(table.rows) if "pid" in table.names else _make_gpus(table.rows),
    )


def _find_table(text: str) -> _Table | None:
    names: list[str] | None = None
    rows: list[dict[str, str]] = []
    is_first = True
    for raw in text.splitlines():
        line = plain_line(raw).strip()
        if names is None:
            names = _read_names(line, is_first=is_first)
        elif not line or _read_names(line, is_first=False):
            break
        elif (values := _split(line, names)) is not None:
            rows.append(dict(zip(names, values, strict=True)))
        is_first = (is_first and not line) or _COMMAND in line
    return None if names is None else _Table(names=names, rows=rows)


def _read_names(line: str, *, is_first: bool) -> list[str] | None:
    """The fields that a line names, without units; one field alone counts only where an answer begins."""
    parts = line.split(",", _MOST_FIELDS)
    matches = [_FIELD.fullmatch(part.strip()) for part in parts if len(part) < 200]
    names = [_plain_name(match[1]) for match in matches if match]
    if len(names) != len(parts):
        return None
    if len(names) == 1:
        return names if is_first and (names[0] in _TELLING or names == ["name"]) else None
    is_other = _OF_PAGES.intersection(names) or ("pid" in names and "used_gpu_memory" not in names)
    return names if _TELLING.intersection(names) and not is_other else None


def _plain_name(name: str) -> str:
    return _SAME.get(name) or name.replace("clocks_throttle_reasons.", "clocks_event_reasons.", 1)


def _split(line: str, names: list[str]) -> list[str] | None:
    """The values of a row; commas beyond the number of fields belong to the name of a process."""
    values = [value.strip() for value in line.split(",", _MOST_FIELDS + len(names))]
    extra = len(values) - len(names)
    if extra > 0 and "process_name" in names:
        at = names.index("process_name")
        values[at : at + extra + 1] = [", ".join(values[at : at + extra + 1])]
    return values if len(values) == len(names) else None


def _make_gpus(rows: list[dict[str, str]]) -> tuple[Gpu, ...]:
    return tuple(make_gpu(row, index=index) for index, row in enumerate(rows[:MOST_GPUS]))


def _gather_processes(rows: list[dict[str, str]]) -> tuple[Gpu, ...]:
    """One GPU for all rows with its UUID, or its address where there is none."""
    gathered: dict[str, tuple[dict[str, str], list[GpuProcess]]] = {}
    for row in rows:
        key = known(row.get("uuid")) or known(row.get("pci.bus_id")) or known(row.get("name")) or ""
        process = make_process(row.get("pid"), None, row.get("process_name"), row.get("used_gpu_memory"))
        if process is not None:
            gathered.setdefault(key, (row, []))[1].append(process)
    return tuple(
        make_gpu(row, index=index, processes=tuple(processes))
        for index, (row, processes) in enumerate(tuple(gathered.values())[:MOST_GPUS])
    )
