"""The table that ``nvidia-smi`` prints without options, as people paste it.

Its columns are narrow: a name that does not fit ends in ``...``.  Such a name is given without the
dots, so it may be the beginning of the real name (``NVIDIA GeForce RTX 208``) or a shorter product
of the same family (``NVIDIA GeForce RTX 2080`` for the SUPER).  Where only words of the brand are
left, it counts as unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.facts.gpu import Gpu, GpuProcess, MigInstance
from mlenv.facts.pattern import lazy
from mlenv.formats.nvidia_fields import make_gpu, make_instance, make_process
from mlenv.formats.nvidia_report import MOST_GPUS, NvidiaReport
from mlenv.formats.nvidia_values import plain_line, version
from mlenv.formats.pci_address import plain_address

_LONGEST = 400
_PROGRAM = lazy(r"NVIDIA-SMI\s{1,40}[0-9]")
_BANNER = lazy(r"(Driver|KMD|CUDA|CUDA UMD) Version:\s{0,40}([0-9.]{1,30})")
_USED = lazy(r"([0-9]{1,12})\s?MiB\s*/\s*([0-9]{1,12})\s?MiB")
_DRAW = lazy(r"([0-9]{1,6}(?:\.[0-9]{1,2})?|N/A|ERR!)\s?W?\s*/\s*([0-9]{1,6}(?:\.[0-9]{1,2})?)\s?W\b")
_TEMPERATURE = lazy(r"(?:^|\s)(-?[0-9]{1,3})C(?:\s|$)")
_STATE = lazy(r"(?:^|\s)(P[0-9]{1,2})(?:\s|$)")
_COMPUTE_MODE = lazy(r"(Default|E\. ?Process|E\. ?Thread|Exclusive_Process|Exclusive_Thread|Prohibited)$")
_MEMORY = lazy(r"[0-9]{1,12}\s?MiB")
_MIG_STATES = ("Enabled", "Disabled", "Enabled*", "Disabled*")
_DRIVER_MODELS = ("WDDM", "TCC", "MCDM")
_LAST_OF_NAME = ("On", "Off", "N/A", "ERR!", *_DRIVER_MODELS)
_BRANDS = {"NVIDIA", "GeForce", "Quadro", "Tesla", "GRID", "Graphics", "RTX", "GTX", "TITAN"}
_TYPES = ("C", "G", "C+G", "M", "M+C")


class _Rows(msgspec.Struct):
    """The rows of one GPU as they are read."""

    fields: dict[str, str]
    instances: list[MigInstance] = []
    processes: list[GpuProcess] = []
    hidden: bool = False


# +-----------------------------------------------------------------------------------------+
# | NVIDIA-SMI 550.54.14              Driver Version: 550.54.14      CUDA Version: 12.4     |
# |-----------------------------------------+------------------------+----------------------+
# | GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
# | Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
# |                                         |                        |               MIG M. |
# |=========================================+========================+======================|
# |   0  NVIDIA GeForce RTX 2080 ...    Off |   00000000:0C:00.0  On |                  N/A |
# | 37%   40C    P8             37W /  250W |     214MiB /   8192MiB |      0%      Default |
# |                                         |                        |                  N/A |
# +-----------------------------------------+------------------------+----------------------+
def parse_nvidia_smi_table(text: str) -> NvidiaReport | None:
    """The driver, the GPUs with their MIG devices, and the processes of the first table in a text.

    The free memory is what nvidia-smi does not count as used.
    Leading spaces may be lost, the lines may be quoted, and the table may be cut off anywhere.
    """
    reader = _Reader()
    for raw in text.splitlines():
        line = plain_line(raw).strip()
        if line and len(line) <= _LONGEST and not reader.take(line):
            break
    return reader.report()


class _Reader:
    """Collects the rows line by line; ``part`` says in which part of the table they stand."""

    def __init__(self) -> None:
        self._versions: dict[str, str] = {}
        self._rows: list[_Rows] = []
        self._by_index: dict[str, _Rows] = {}
        self._current: _Rows | None = None
        self._part = "gpus"
        self._lists_instances = False
        self._lists_processes = False

    def take(self, line: str) -> bool:
        """Read a line; False at the beginning of a second table."""
        if _PROGRAM.search(line):
            return self._take_banner(line)
        if line.startswith(("+-", "+=", "|-", "|=")):
            self._take_rule(line)
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            self._take_row(cells)
        return True

    def _take_banner(self, line: str) -> bool:
        versions = {match[1]: found for match in _BANNER.finditer(line) if (found := version(match[2]))}
        if self._versions and versions:
            return False
        self._versions = self._versions or versions
        return True

    def _take_rule(self, line: str) -> None:
        """A line between rows; one after the head of the processes and one at their end."""
        if self._part == "processes" and set(line) <= set("|=+"):
            self._part = "process rows"
        elif self._part == "process rows" and line.startswith("+-"):
            self._part, self._lists_processes = "done", True

    def _take_row(self, cells: list[str]) -> None:
        title = cells[0]
        if title.startswith("Processes:"):
            self._part, self._current = "processes", None
        elif title.startswith("MIG devices"):
            self._part, self._current, self._lists_instances = "mig", None, True
        elif self._part == "gpus":
            self._take_gpu(cells)
        elif self._part == "mig":
            self._take_instance(cells)
        elif self._part in ("processes", "process rows"):
            self._take_process(title.split())

    def _take_gpu(self, cells: list[str]) -> None:
        words = cells[0].split()
        bus = cells[1].split() if len(cells) > 1 else []
        if len(words) > 1 and _is_number(words[0]) and bus and plain_address(bus[0]) and len(self._rows) < MOST_GPUS:
            self._current = _Rows(fields=_read_first_line(words, bus, cells[2:]))
            self._rows.append(self._current)
            self._by_index.setdefault(words[0], self._current)
        elif self._current is not None:
            fields = self._current.fields
            used = _USED.search(cells[1]) if len(cells) > 1 else None
            if used is not None or _STATE.search(cells[0]):
                fields |= _read_second_line(cells)
            elif not cells[0] and cells[-1] in _MIG_STATES:
                fields |= _read_third_line(cells[-1])

    # |  0    2   0   0  |           11091MiB / 40448MiB    | 60      0 |  3   0    3    0    3 |
    def _take_instance(self, cells: list[str]) -> None:
        numbers = cells[0].split()
        rows = self._by_index.get(numbers[0]) if len(numbers) == 4 and all(map(_is_number, numbers)) else None
        if rows is None or len(cells) < 2:
            return
        used = _USED.search(cells[1])
        fields = {"gpu_instance": numbers[1], "compute_instance": numbers[2]}
        if used is not None:
            fields["memory.total"] = used[2]
        counts = cells[2].split() if len(cells) > 2 else []
        if counts:
            fields["multiprocessors"] = counts[0]
        rows.instances.append(make_instance(fields))

    # |    0   N/A  N/A            1696      G   /usr/bin/gnome-shell                    176MiB |
    # |    0      1696      G   /usr/lib/xorg/Xorg                            176MiB |
    def _take_process(self, words: list[str]) -> None:
        rows = self._by_index.get(words[0]) if len(words) > 2 else None
        if rows is None:
            return
        if words[1:3] == ["Not", "Supported"]:
            rows.hidden = True
            return
        at = 3 if len(words) > 4 and words[4] in _TYPES else 1
        rest = words[at + 2 :]
        if words[at + 1] not in _TYPES or not _has_memory(rest):
            return
        process = make_process(words[at], words[at + 1], " ".join(rest[:-1]), rest[-1])
        if process is not None:
            rows.processes.append(process)

    def report(self) -> NvidiaReport | None:
        """What was read, None where the text holds no such table."""
        if not self._rows and not self._versions.keys() & {"Driver", "KMD"}:
            return None
        kernel_module = self._versions.get("KMD")
        return NvidiaReport(
            driver=self._versions.get("Driver") or kernel_module,
            kernel_module=kernel_module,
            cuda=self._versions.get("CUDA") or self._versions.get("CUDA UMD"),
            gpus=tuple(self._make_gpus()),
        )

    def _make_gpus(self) -> Iterator[Gpu]:
        for place, rows in enumerate(self._rows):
            known_processes = rows.processes or (self._lists_processes and not rows.hidden)
            split = rows.fields.get("mig.mode.current")
            known_instances = rows.instances or self._lists_instances or split == "Disabled"
            yield make_gpu(
                rows.fields,
                index=place,
                mig_instances=tuple(rows.instances) if split and known_instances else None,
                processes=tuple(rows.processes) if known_processes else None,
            )


def _read_first_line(words: list[str], bus: list[str], rest: list[str]) -> dict[str, str]:
    """The line with index, name, persistence or driver model, address, display and ECC."""
    has_mode = words[-1] in _LAST_OF_NAME
    name = _whole_name(words[1:-1] if has_mode else words[1:])
    fields = {"index": words[0], "name": name, "pci.bus_id": bus[0]}
    if has_mode:
        fields["driver_model.current" if words[-1] in _DRIVER_MODELS else "persistence_mode"] = words[-1]
    if len(bus) > 1:
        fields["display_active"] = bus[1]
    errors = rest[0] if rest else ""
    if errors in ("On", "Off"):
        fields["ecc.mode.current"] = errors
    elif _is_number(errors):
        fields |= {"ecc.mode.current": "On", "ecc.errors.uncorrected.volatile.total": errors}
    return fields


# NVIDIA GeForce RTX 2080 ... ; Quadro RTX 4000 with Max... ; Tesla V100-SXM2... ; GeForce GTX 108...
def _whole_name(words: list[str]) -> str:
    """The name, of a cut one what is left; empty where that says nothing."""
    name = " ".join(words)
    if not name.endswith(".."):
        return name
    left = name.rstrip(". ")
    return left if set(left.split()) - _BRANDS else ""


def _read_second_line(cells: list[str]) -> dict[str, str]:
    """The line with temperature, performance state, power, memory and compute mode."""
    fields = {}
    temperature, state, draw = (pattern.search(cells[0]) for pattern in (_TEMPERATURE, _STATE, _DRAW))
    used = _USED.search(cells[1]) if len(cells) > 1 else None
    mode = _COMPUTE_MODE.search(cells[2]) if len(cells) > 2 else None
    if temperature is not None:
        fields["temperature.gpu"] = temperature[1]
    if state is not None:
        fields["pstate"] = state[1]
    if draw is not None:
        fields |= {"power.draw": draw[1], "power.limit": draw[2]}
    if used is not None:
        fields |= {"memory.total": used[2], "memory.free": str(max(0, int(used[2]) - int(used[1])))}
    if mode is not None:
        fields["compute_mode"] = mode[1]
    return fields


def _read_third_line(state: str) -> dict[str, str]:
    """MIG mode; a star tells that the other state is pending."""
    current = state.rstrip("*")
    other = "Disabled" if current == "Enabled" else "Enabled"
    return {"mig.mode.current": current, "mig.mode.pending": other if state.endswith("*") else current}


def _has_memory(words: list[str]) -> bool:
    """Whether a process's row is whole: it ends in its memory, or ``N/A`` where that may not be seen."""
    return len(words) > 1 and (words[-1] == "N/A" or _MEMORY.fullmatch(words[-1]) is not None)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15
