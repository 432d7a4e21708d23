"""``sysinfo.csv``: the description of a machine that rocprof-compute keeps with every measurement."""

from __future__ import annotations

import csv

from mlenv.facts.gpu import Clocks, Gpu
from mlenv.formats.amd_gpu import AmdReport, known, module_version, partition_name, target, tell_integrated
from mlenv.formats.measures import count

_NEEDED = ("gpu_arch", "rocm_version")
# The MI300A is named in full here, and no number of a device is given.
_MI300A = "MI300A"
_MI300A_DEVICE = 0x74A0
_OTHER_DEVICE = 0


# workload_name,...,rocm_version,vbios,compute_partition,memory_partition,gpu_model,gpu_arch,...,cu_per_gpu,...
# device_filter,...,6.1.2-110,N/A,SPX,NPS1,MI300A_A1,gfx942,...,228,...
def parse_sysinfo(text: str) -> AmdReport | None:
    """The GPU that was measured; None where this is no such file."""
    fields = _read_row(text)
    gfx = target(fields.get("gpu_arch"))
    if gfx is None or any(key not in fields for key in _NEEDED):
        return None
    return AmdReport(gpus=(_make_gpu(gfx, fields),), rocm=module_version(fields["rocm_version"].partition("-")[0]))


def _read_row(text: str) -> dict[str, str]:
    lines = text.replace("\0", "").splitlines()[:2]
    try:
        rows = list(csv.reader(lines))
    except csv.Error:
        return {}
    return dict(zip(rows[0], rows[1], strict=False)) if len(rows) == 2 else {}


def _make_gpu(gfx: str, fields: dict[str, str]) -> Gpu:
    model = known(fields.get("gpu_model"))
    device = _MI300A_DEVICE if (model or "").startswith(_MI300A) else _OTHER_DEVICE
    return Gpu(
        vendor="amd",
        name=model,
        gfx=gfx,
        integrated=tell_integrated(gfx, device),
        compute_units=count(fields.get("cu_per_gpu")) or None,
        partition=partition_name(fields.get("compute_partition"), fields.get("memory_partition")),
        vbios=known(fields.get("vbios")),
        clocks=_clocks(fields),
    )


def _clocks(fields: dict[str, str]) -> Clocks | None:
    clocks = Clocks(
        graphics_mhz=count(fields.get("cur_sclk")),
        memory_mhz=count(fields.get("cur_mclk")),
        largest_graphics_mhz=count(fields.get("max_sclk")),
        largest_memory_mhz=count(fields.get("max_mclk")),
    )
    return clocks if clocks != Clocks() else None
