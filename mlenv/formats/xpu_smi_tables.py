"""The tables of ``xpu-smi``: statistics, settings, health, diagnosis, connections and processes."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.drivers import GpuPath
from mlenv.facts.gpu import Clocks, Ecc, EccCounts, Gpu, GpuProcess, Power
from mlenv.facts.pattern import lazy
from mlenv.formats.measures import count, number

_TILE = lazy(r"GPU ([0-9]{1,3})/([0-9]{1,3})")
_NUMBERED = lazy(r"[0-9]{1,2}\. (.+)")
_LONGEST_LINE = 1000
ENABLED = {"enabled": True, "disabled": False}


# | 0         | Device Name: Intel(R) Graphics [0x020a]    |
def read_rows(text: str) -> Iterator[tuple[str, ...]]:
    """The cells of each row of a table."""
    for line in text.splitlines():
        words = line[:_LONGEST_LINE].strip()
        if words.startswith("|") and words.endswith("|") and len(words) > 1:
            yield tuple(cell.strip() for cell in words[1:-1].split("|"))


def _groups(text: str) -> tuple[int | None, dict[str, list[str]]]:
    """The device of a table of two columns, and the lines of the second under each label of the first."""
    device: int | None = None
    groups: dict[str, list[str]] = {}
    label = ""
    for cells in read_rows(text):
        if len(cells) != 2:
            continue
        if cells[0] == "Device ID":
            device = count(cells[1])
        else:
            label = cells[0] or label
            groups.setdefault(label, []).append(cells[1])
    return device, groups


# | GPU Power (W)   | 15 |
def read_stats(text: str) -> Iterator[Gpu]:
    """The state of a device; nothing is known of memory but what is in use."""
    device, groups = _groups(text)
    values = {label: lines[0] for label, lines in groups.items()}
    if device is None or "GPU Power (W)" not in values:
        return
    draw, degrees = number(values["GPU Power (W)"]), number(values.get("GPU Core Temperature (C)"))
    frequency = count(values.get("GPU Frequency (MHz)"))
    errors = EccCounts(
        corrected=count(values.get("Mem Errors Correctable")), uncorrected=count(values.get("Mem Errors Uncorrectable"))
    )
    yield Gpu(
        vendor="intel",
        index=device,
        power=None if draw is None else Power(draw_watts=draw),
        temperature_celsius=None if degrees is None else round(degrees),
        clocks=None if frequency is None else Clocks(graphics_mhz=frequency),
        ecc=None if errors == EccCounts() else Ecc(volatile=errors),
    )


# | GPU         | 0                 | Power Limit (w): 300.0    |
def read_config(text: str) -> Iterator[Gpu]:
    """The settings of each device; those of its tiles follow it, and the first one counts."""
    rows = [cells for cells in read_rows(text) if len(cells) == 3]
    if not rows or rows[0][1] != "Device ID/Tile ID":
        return
    devices: dict[int, dict[str, str]] = {}
    fields: dict[str, str] = {}
    for _, place, setting in rows[1:]:
        index = count(place.partition("/")[0])
        if index is not None:
            fields = devices.setdefault(index, {})
        key, colon, value = setting.partition(":")
        if colon:
            fields.setdefault(key.replace(" ", ""), value.strip())
    for index, found in devices.items():
        yield _configured(index, found)


def _configured(index: int, fields: dict[str, str]) -> Gpu:
    """A limit of 0 stands for none that could be read; the range holds the largest one."""
    limit, largest = number(fields.get("PowerLimit(w)")), number(fields.get("ValidRange", "").rpartition(" ")[2])
    frequency = number(fields.get("GPUMaxFrequency(MHz)"))
    ecc = Ecc(enabled=ENABLED.get(fields.get("Current", "")), pending=ENABLED.get(fields.get("Pending", "")))
    return Gpu(
        vendor="intel",
        index=index,
        power=Power(limit_watts=limit or None, largest_limit_watts=largest) if limit is not None or largest else None,
        clocks=None if frequency is None else Clocks(largest_graphics_mhz=round(frequency)),
        ecc=None if ecc == Ecc() else ecc,
    )


# | 1. GPU Core Temperature      | Status: Ok      |
# | Software Library             | Result: Pass    |
def read_verdicts(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Device, component, verdict and its explanation, of ``health`` and ``diag``."""
    device, groups = _groups(text)
    if device is None:
        return
    for label, lines in groups.items():
        fields = dict(line.partition(": ")[::2] for line in reversed(lines))
        status = fields.get("Status") or fields.get("Result")
        component = _NUMBERED.fullmatch(label)
        if status:
            detail = fields.get("Description") or fields.get("Message") or ""
            yield device, component[1] if component else label, status.strip(), detail.strip()


#          GPU 0/0|GPU 0/1|CPU Affinity
# GPU 0/0 |S      |MDF    |0-23,48-71
def read_matrix(text: str) -> Iterator[GpuPath]:
    """The paths between different GPUs, by their first tiles."""
    lines = (line[:_LONGEST_LINE] for line in text.splitlines())
    header: list[str] = []
    for line in lines:
        cells = [cell.strip() for cell in line.split("|")]
        if cells[-1] == "CPU Affinity":
            header = cells[:-1]
        elif header and (row := _TILE.fullmatch(cells[0])) and row[2] == "0":
            yield from _row_paths(int(row[1]), header, cells[1:])


def _row_paths(first: int, header: list[str], levels: list[str]) -> Iterator[GpuPath]:
    for title, level in zip(header, levels, strict=False):
        column = _TILE.fullmatch(title)
        if column and column[2] == "0" and int(column[1]) > first:
            yield GpuPath(first=first, second=int(column[1]), level=level)


# PID       Command             DeviceID       SHR            MEM
# 12961     xpu-smi             0              0              1966
def read_processes(text: str) -> Iterator[Gpu]:
    """The processes on each device; memory is printed in KiB."""
    rows = [line[:_LONGEST_LINE].split() for line in text.splitlines()]
    if not any(row[:3] == ["PID", "Command", "DeviceID"] for row in rows):
        return
    devices: dict[int, list[GpuProcess]] = {}
    for row in rows:
        pid, index, memory = (count(row[place]) if len(row) >= 5 else None for place in (0, -3, -1))
        if pid is not None and index is not None:
            process = GpuProcess(pid=pid, name=" ".join(row[1:-3]), memory_bytes=memory and memory * 1024)
            devices.setdefault(index, []).append(process)
    for index, processes in devices.items():
        yield Gpu(vendor="intel", index=index, processes=tuple(processes))
