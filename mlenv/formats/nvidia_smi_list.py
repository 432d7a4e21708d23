"""``nvidia-smi -L``: one line for each GPU, with its MIG devices below."""

from __future__ import annotations

from mlenv.facts.gpu import Gpu, MigInstance
from mlenv.facts.pattern import lazy
from mlenv.formats.nvidia_report import MOST_GPUS, NvidiaReport
from mlenv.formats.nvidia_values import known, natural, plain_line

_LONGEST = 1000
_GPU = lazy(r"GPU\s{0,10}([0-9]{1,6}):\s{0,10}(.{0,300}?)\s{0,10}\(UUID:\s{0,10}([^()\s]{1,100})\)")
_INSTANCE = lazy(r"MIG\s{1,10}(\S{1,40})\s{1,20}Device\s{1,10}[0-9]{1,4}:\s{0,10}\(UUID:\s{0,10}([^()\s]{1,150})\)")
_OLD_UUID = lazy(r"MIG-GPU-[0-9A-Fa-f-]{1,80}/([0-9]{1,4})/([0-9]{1,4})")


# GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-6d5b8f3a-0000-4f8e-9a51-1c1f0f0d3b0e)
#   MIG 3g.40gb     Device  0: (UUID: MIG-1f0f0d3b-0001-4f8e-9a51-6d5b8f3a0b0e)
def parse_nvidia_smi_list(text: str) -> NvidiaReport | None:
    """The GPUs with names and UUIDs, and the MIG devices of those that are split.

    A GPU without such lines below it may be whole, or split and empty: the list does not say.
    """
    gpus: list[Gpu] = []
    instances: list[list[MigInstance]] = []
    for raw in text.splitlines():
        line = plain_line(raw).strip()
        if (gpu := parse_gpu_line(line)) is not None and len(gpus) < MOST_GPUS:
            gpus.append(gpu)
            instances.append([])
        elif gpus and (instance := _parse_instance(line)) is not None:
            instances[-1].append(instance)
    if not gpus:
        return None
    return NvidiaReport(gpus=tuple(_split(gpu, found) for gpu, found in zip(gpus, instances, strict=True)))


def parse_gpu_line(line: str) -> Gpu | None:
    """The GPU of one line, None for another line; other commands of nvidia-smi use the same form."""
    match = _GPU.fullmatch(line) if line.startswith("GPU") and len(line) <= _LONGEST else None
    if match is None:
        return None
    return Gpu(vendor="nvidia", index=natural(match[1]), name=known(match[2]), uuid=known(match[3]))


def _parse_instance(line: str) -> MigInstance | None:
    match = _INSTANCE.fullmatch(line) if line.startswith("MIG") and len(line) <= _LONGEST else None
    if match is None:
        return None
    # Drivers before 470 wrote the numbers of the two instances into the UUID.
    old = _OLD_UUID.fullmatch(match[2])
    return MigInstance(
        uuid=known(match[2]),
        profile=known(match[1]),
        gpu_instance=natural(old[1]) if old else None,
        compute_instance=natural(old[2]) if old else None,
    )


def _split(gpu: Gpu, instances: list[MigInstance]) -> Gpu:
    if not instances:
        return gpu
    return Gpu(
        vendor="nvidia",
        index=gpu.index,
        name=gpu.name,
        uuid=gpu.uuid,
        mig=True,
        mig_instances=tuple(instances),
    )
