"""An index that misbehaves, once or always, on a page, on what a wheel says of itself, on a wheel."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial

import msgspec

from mlenv.errors import ExitStatus
from tests.stands.faults import Fault
from tests.stands.package_index import PackageIndex

from .aftermath import Expected, judge
from .call import at_text
from .trial import Settings, Trial
from .world import NEW, World

OK, FAILED, UNPROVEN = (ExitStatus.OK,), (ExitStatus.INSTALL_FAILED,), (ExitStatus.NO_VERDICT,)
WHEEL = f"large-{NEW}-py3-none-any.whl"
PLACES = {"page": "/simple/large/", "metadata": f"/files/simple/{WHEEL}.metadata", "file": f"/files/simple/{WHEEL}"}
FORBIDDEN = 403
SLOW = Fault("slow", rate=400_000)
BROKEN = (
    Fault("status", code=500),
    Fault("status", code=FORBIDDEN),
    Fault("status", code=429, retry_after="1"),
    Fault("cut"),
    Fault("stall"),
    Fault("truncated"),
    Fault("corrupted"),
    Fault("html"),
)
LISTED = (Fault("wrong_hash"), Fault("no_hash"), Fault("vanish"))
EVERYWHERE = (Fault("status", code=500), Fault("cut"), Fault("stall"), Fault("html"))


def trials(settings: Settings) -> Iterator[Trial]:
    """Every fault in every place, once and always; then everywhere; then an index that is not there."""
    for place in PLACES:
        for fault in (*BROKEN, SLOW):
            for times in (1, None):
                if not settings.small or _is_typical(place, fault, times):
                    yield _trial(place, PLACES[place], msgspec.structs.replace(fault, times=times))
    for fault in LISTED[: 1 if settings.small else None]:
        yield _trial("listing", WHEEL, fault)
    for fault in () if settings.small else EVERYWHERE:
        yield _trial("everything", "*", fault)
    yield Trial(case="network: index gone", variant="before anything", act=_try_without)
    yield Trial(case="network: index gone", variant="between proof and download", act=_try_lost)


def _is_typical(place: str, fault: Fault, times: int | None) -> bool:
    return place == "file" and times == 1 and fault.kind in ("cut", "corrupted")


def _trial(place: str, path: str, fault: Fault) -> Trial:
    what = f"{fault.kind} {fault.code}" if fault.kind == "status" else fault.kind
    often = "always" if fault.times is None else "once"
    act = partial(_try, path, fault, _right(place, fault))
    return Trial(case=f"network: {place}", variant=f"{what}, {often}", act=act)


def _right(place: str, fault: Fault) -> tuple[int, ...]:
    """What passes is tried again; what lasts fails the download, or the proof before it."""
    if fault.kind in ("slow", "no_hash"):
        return OK
    # A refusal is no accident, and a proof is not repeated for pages that make no sense.
    senseless = place != "file" and fault.kind in ("truncated", "corrupted", "html")
    if fault.times == 1 and fault.code != FORBIDDEN and not senseless:
        return OK
    return FAILED if place == "file" or fault.kind == "wrong_hash" else UNPROVEN


def _try(path: str, fault: Fault, statuses: tuple[int, ...], world: World) -> list[str]:
    shutil.rmtree(world.cache)  # a page that is known is only asked whether it has changed
    world.index.put(path, fault)
    return judge(world, world.run(), Expected(statuses=statuses))


def _try_without(world: World) -> list[str]:
    with PackageIndex(world.wheels) as gone:
        environ = {"UV_DEFAULT_INDEX": gone.url()}
    return judge(world, world.run(environ=environ), Expected(statuses=UNPROVEN))


def _try_lost(world: World) -> list[str]:
    with PackageIndex(world.wheels) as index:
        leave = at_text("Create the environment", lambda _: index.__exit__(None, None, None))
        ending = world.run(on_line=leave, environ={"UV_DEFAULT_INDEX": index.url()})
    return judge(world, ending, Expected(statuses=FAILED))
