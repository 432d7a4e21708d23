"""The memory of GPUs: counted errors, replaced rows, retired pages, and who uses it."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.gpu import Gpu
from mlenv.facts.size import GIB, gib
from mlenv.facts.version import at_least
from mlenv.health.scene import Scene
from mlenv.health.signal import Signal

REMAPS_SINCE = "8.0"
"""From Ampere on rows are replaced; older GPUs retire pages."""


def find_ecc(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """``gpu.ecc``: memory errors that ECC corrected or could not correct."""
    name, ecc = "gpu.ecc", gpu.ecc
    if ecc is None or ecc.enabled is None:
        yield scene.missing(name, gpu, "ecc", "ECC")
    elif not ecc.enabled:
        again = ", and will be on after a restart" if ecc.pending else ""
        yield scene.say(name, "info", f"ECC is off{again}: errors of memory go unseen", gpu)
    elif ecc.volatile.uncorrected is None:
        yield scene.missing(name, gpu, "ecc", "count of memory errors")
    else:
        yield _judge_counts(scene, gpu, ecc.volatile.uncorrected, ecc.volatile.corrected, ecc.aggregate.uncorrected)


def _judge_counts(scene: Scene, gpu: Gpu, wrong: int, corrected: int | None, life: int | None) -> Signal:
    limits = {row.id: row.value for row in scene.table.limit}
    if wrong >= limits["uncorrected-errors"]:
        found = f"{wrong} since the driver was loaded"
        return scene.judge("gpu.ecc", "uncorrected-errors", found, gpu, measured={"uncorrected_errors": wrong})
    if corrected is not None and corrected >= limits["corrected-errors"]:
        found = f"{corrected} since the driver was loaded"
        return scene.judge("gpu.ecc", "corrected-errors", found, gpu, measured={"corrected_errors": corrected})
    if life is not None and life >= limits["uncorrected-errors-life"]:
        found = f"{life} over the life of the card, none since the driver was loaded"
        return scene.judge("gpu.ecc", "uncorrected-errors-life", found, gpu, measured={"uncorrected_errors_life": life})
    return scene.say("gpu.ecc", "pass", "no error that ECC could not correct since the driver was loaded", gpu)


def find_remaps(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """``gpu.remap``: rows of memory that were replaced, wait to be, or could not be (Ampere and newer)."""
    name, rows = "gpu.remap", gpu.row_remaps
    if gpu.compute_capability and not at_least(gpu.compute_capability, REMAPS_SINCE):
        return
    if rows is None:
        yield scene.missing(name, gpu, "row_remaps", "row replacement")
    elif rows.failed:
        yield scene.judge(name, "row-remap-failed", "a replacement has failed", gpu)
    elif (rows.uncorrected or 0) >= scene.table.find_limit("rows-remapped").value:
        yield scene.judge(
            name, "rows-remapped", f"{rows.uncorrected} rows", gpu, measured={"rows_remapped": rows.uncorrected or 0}
        )
    elif rows.pending:
        yield scene.judge(name, "row-remap-pending", "a replacement is pending", gpu)
    elif rows.failed is None or rows.pending is None or rows.uncorrected is None:
        yield scene.missing(name, gpu, "row_remaps", "row replacement")
    else:
        count = rows.uncorrected + (rows.corrected or 0)
        done = f"{count} rows were replaced, none is pending" if count else "no row is pending or has failed"
        yield scene.say(name, "pass", done, gpu)


def find_retired_pages(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """``gpu.retired_pages``: pages of memory taken out of use (before Ampere)."""
    name, pages = "gpu.retired_pages", gpu.retired_pages
    if gpu.compute_capability is None or at_least(gpu.compute_capability, REMAPS_SINCE):
        return
    if pages is None or pages.single_bit is None or pages.double_bit is None:
        yield scene.missing(name, gpu, "retired_pages", "retired pages")
        return
    count = pages.single_bit + pages.double_bit
    if count >= scene.table.find_limit("retired-pages").value:
        yield scene.judge(name, "retired-pages", f"{count} pages", gpu, measured={"retired_pages": count})
    elif pages.pending:
        yield scene.judge(name, "retired-pages-pending", "a page is pending", gpu)
    elif pages.pending is None:
        yield scene.missing(name, gpu, "retired_pages", "pending pages")
    else:
        yield scene.say(name, "pass", f"{count or 'no'} pages retired, none is pending", gpu)


def find_memory_in_use(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """``gpu.memory_in_use``: how much is free before anything is tested; never more than a note."""
    name = "gpu.memory_in_use"
    if gpu.memory_bytes is None or gpu.memory_free_bytes is None:
        yield scene.missing(name, gpu, "memory", "free memory")
        return
    users = [process for process in gpu.processes or () if process.kind != "graphics"]
    others = (
        f"; {len(users)} processes compute on it" if len(users) > 1 else "; a process computes on it" if users else ""
    )
    text = f"{gib(gpu.memory_free_bytes)} of {gib(gpu.memory_bytes)} free{others}"
    free = round(gpu.memory_free_bytes / GIB, 2)
    yield scene.say(name, "info" if users else "pass", text, gpu, measured={"memory_free_gib": free})
