"""One bad GPU among several: each is asked by itself, so that it alone is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from mlenv.verify.result import Result

_DEVICE = re.compile(r"cuda:(\d+)")
_VIOLENT = ("crashed", "timed-out", "ended-early")


def follow_up(
    results: tuple[Result, ...], name_gpus: Callable[[], Sequence[str]], run_alone: Callable[[str], tuple[Result, ...]]
) -> tuple[Result, ...]:
    """The results of a child, with those of each GPU by itself where not all of them did their work.

    ``name_gpus`` gives UUIDs in the order of the devices, ``run_alone`` repeats the child with one of them.
    An error of one device can spoil the process for the others, and a crash hides them.  A failure that
    no GPU repeats by itself is one of their working together, and stays.
    """
    count = _count_devices(results)
    if count < 2 or not _needs_it(results):
        return results
    gpus = name_gpus()
    if len(gpus) != count:
        return results
    kept = tuple(result for result in results if not _is_of_gpu(result))
    apart = []
    for index, uuid in enumerate(gpus):
        apart += [_rename(result, index, uuid) for result in run_alone(uuid) if _is_of_gpu(result)]
    if not any(result.status == "fail" for result in apart):
        return tuple(_add_words(result) if result.status == "fail" else result for result in results)
    return kept + tuple(apart)


def _add_words(result: Result) -> Result:
    """A failure, with what the GPUs did without each other."""
    return replace(result, detail=f"{result.detail}; in a process of its own, no GPU does so")


def _count_devices(results: Sequence[Result]) -> int:
    """How many CUDA devices the framework saw."""
    listed = next((result.device for result in results if result.check == "device" and result.device), "")
    return len(_DEVICE.findall(listed or ""))


def _needs_it(results: Sequence[Result]) -> bool:
    return any(
        result.status == "fail" and (_is_of_gpu(result) or result.reason in _VIOLENT)
        for result in results
        if result.check not in ("import", "version")
    )


def _is_of_gpu(result: Result) -> bool:
    """Whether a result is about a GPU, or tells that the process did not live to speak of it."""
    if result.check in ("import", "version", "device"):
        return result.check == "device" and result.status == "fail"
    return bool(_DEVICE.search(result.device or "")) or result.reason in _VIOLENT


def _rename(result: Result, index: int, uuid: str) -> Result:
    """A result of a child that knew one GPU, by that GPU's own number."""
    detail = result.detail.replace("cuda:0", f"cuda:{index}")
    return replace(result, device=f"cuda:{index}", detail=detail, about=uuid)
