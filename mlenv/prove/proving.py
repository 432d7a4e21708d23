"""Plan, ask the package resolver, learn from its refusal, plan again.

The search knows what the matrix knows; uv knows every condition of every package.  What uv proves
impossible becomes a clause that the search keeps to, so that the next plan is the next best one.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from mlenv.errors import InstallError, NoPlanError
from mlenv.formats.uv_conflict import UvConflict
from mlenv.formats.uv_failure import UvFailure
from mlenv.matrix.rows import FileFamily, Framework
from mlenv.plan.download import download_bytes
from mlenv.plan.lock import Lock, read_lock
from mlenv.plan.places import PROJECT_FILE
from mlenv.plan.plan import Plan, Step
from mlenv.plan.proof import Proof
from mlenv.prove.core import find_rivals, refute, refute_rivals
from mlenv.prove.locking import Locked, Locker
from mlenv.prove.relaxing import refute_all, users_conflict
from mlenv.prove.trouble import explain_failure
from mlenv.prove.unused import Unused, describe_unused
from mlenv.prove.wording import list_given_up
from mlenv.resolve.refutation import Refutation
from mlenv.resolve.resolution import Impossible, Reason, Resolution

MAX_ROUNDS = 60
MAX_SECONDS = 300.0
"""No new plan is tried after so many, or so long: by then something else is wrong."""
ASKED_AT = (3, 12)
"""After so many refuted releases of one framework uv is asked whether any would do."""
MAX_SOURCES = 12
"""So many packages may turn out, one after another, to come as source alone."""


class Remembered(Protocol):
    """The lock of a project, if it was made a moment ago."""

    def recall(self) -> str | None:
        """The text of the lock."""

    def remember(self, text: str) -> None:
        """Keep the text for the next time."""


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """How a proof decides, plans, asks, remembers and speaks.

    ``decide`` finds the best answer that breaks none of the refutations, ``build`` turns it into a
    plan, ``open_locker`` gives who locks it (None for a manager whose plans uv cannot prove, and a
    text where it cannot be asked for this machine), ``open_memory`` what was locked a moment ago,
    ``find_framework`` the rows of a framework, ``find_unused`` the GPU libraries that a lock would fetch
    for nothing.
    """

    decide: Callable[[Sequence[Refutation]], Resolution | Impossible]
    build: Callable[[Resolution], Plan]
    open_locker: Callable[[Resolution], Locker | str]
    families: Sequence[FileFamily]
    find_framework: Callable[[str], Framework]
    say: Callable[[str], None]
    open_memory: Callable[[str, str], Remembered] | None = None
    find_unused: Callable[[Lock, Resolution], Unused | None] = lambda _lock, _resolution: None
    clock: Callable[[], float] = time.monotonic
    today: Callable[[], dt.date] = lambda: dt.datetime.now(dt.timezone.utc).date()


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """A lock that holds; ``by`` is the resolver with its version."""

    text: str
    lock: Lock
    by: str


def prove(ways: Ways) -> Plan | Impossible:
    """The best plan that uv can lock, with the lock and the proof in it.

    Where uv cannot answer, the plan says so and has no lock.  :class:`NoPlanError` where what the
    user asked for clashes in itself, whichever releases are chosen.
    """
    refuted: list[Refutation] = []
    rounds, start = 0, ways.clock()
    while True:
        rounds += 1
        answer = ways.decide(tuple(refuted))
        if isinstance(answer, Impossible):
            reasons = tuple(Reason(about="uv", text=text) for text in list_given_up(refuted))
            return msgspec.structs.replace(answer, reasons=(*answer.reasons, *reasons))
        plan = ways.build(answer)
        outcome = _judge(plan, answer, ways, refuted)
        if isinstance(outcome, Proven):
            return _warn(_seal(plan, outcome, refuted, ways), outcome.lock, answer, ways)
        if isinstance(outcome, str):
            return _doubt(plan, outcome, refuted)
        fresh = [one for one in outcome if one not in refuted]
        _tell(fresh, refuted, ways)
        refuted += fresh
        if not fresh or rounds >= MAX_ROUNDS or ways.clock() - start > MAX_SECONDS:
            return _doubt(plan, f"uv refused {rounds} plans, the last one since: {outcome[0].text}", refuted)


def _tell(fresh: Sequence[Refutation], known: Sequence[Refutation], ways: Ways) -> None:
    """Say what fell, once for the Pythons that it falls on."""
    told = {one.picks for one in known}
    for text in list_given_up([one for one in fresh if one.picks not in told]):
        releases, _, why = text.partition(": ")
        ways.say(f"uv: {releases} cannot be installed, trying the next best: {why}")


def _judge(
    plan: Plan, resolution: Resolution, ways: Ways, refuted: Sequence[Refutation]
) -> Proven | str | tuple[Refutation, ...]:
    """A lock, why there is no verdict, or what cannot be."""
    locker = ways.open_locker(resolution)
    if isinstance(locker, str):
        return locker
    project = next((file.text for file in plan.files if file.path == PROJECT_FILE), None)
    if project is None:
        return f"uv proves what uv and pip install, this plan is for {plan.manager}"
    memory = ways.open_memory(project, locker.question) if ways.open_memory else None
    text = _recall(memory)
    sources = [pick.distribution for pick in resolution.picks if pick.build.source_only]
    if text is None:
        answer = _lock(locker, project, sources)
        if isinstance(answer, UvFailure):
            return explain_failure(answer)
        if isinstance(answer, UvConflict):
            found = _refuted(answer, resolution)
            if not _is_hopeless(found, refuted):
                return (found,)
            framework = ways.find_framework(found.picks[0][0])
            return refute_all(found, resolution, framework, locker, project, sources)
        text = answer.text
    lock = read_lock(text)
    clashes = _find_clashes(lock, locker, project, sources, resolution, ways)
    if clashes:
        return clashes
    if memory:
        memory.remember(text)
    return Proven(text=text, lock=lock, by=locker.version())


def _recall(memory: Remembered | None) -> str | None:
    """The lock that is remembered; a damaged one costs only time."""
    text = memory.recall() if memory else None
    try:
        if text is not None:
            read_lock(text)
    except InstallError:
        return None
    return text


def _lock(locker: Locker, project: str, sources: list[str]) -> Locked | UvConflict | UvFailure:
    """Wheels alone at first; what has none may come as source, where a plan cannot do without.

    ``sources`` grows by what did.  Where building that fails too, the plan without it is what clashes.
    """
    answer = first = locker.lock(project, sources)
    while isinstance(answer, UvConflict) and len(sources) < MAX_SOURCES:
        more = [name for name in (*answer.without_wheels, *answer.other_tags) if name not in sources]
        if not more:
            break
        sources += more
        answer = locker.lock(project, sources)
    if isinstance(answer, UvFailure) and answer.kind == "build" and isinstance(first, UvConflict):
        return first
    return answer


def _is_hopeless(found: Refutation, refuted: Sequence[Refutation]) -> bool:
    """Whether so many releases of one framework fell alone that it is time to ask about all of them."""
    fell = sum(len(one.picks) == 1 and one.picks[0][0] == found.picks[0][0] for one in refuted)
    return len(found.picks) == 1 and fell in ASKED_AT


def _refuted(conflict: UvConflict, resolution: Resolution) -> Refutation:
    refutation = refute(conflict, resolution)
    if refutation is None:
        raise users_conflict(conflict)
    return refutation


def _find_clashes(
    lock: Lock, locker: Locker, project: str, sources: Sequence[str], resolution: Resolution, ways: Ways
) -> tuple[Refutation, ...]:
    """What writes the same files, in the whole lock: uv does not look."""
    rivals = find_rivals(lock, ways.families)
    if not rivals:
        return ()
    askers = locker.find_askers(project, sources)
    found = [one for family, names in rivals for one in refute_rivals(family, names, askers, resolution)]
    if not found:
        family, names = rivals[0]
        raise NoPlanError(
            f"{' and '.join(names)} write the same files ({family.path}), and what is asked for brings both",
            hint="leave out one of the packages that bring them",
        )
    return tuple(dict.fromkeys(found))


def _seal(plan: Plan, proven: Proven, refuted: Sequence[Refutation], ways: Ways) -> Plan:
    packages = proven.lock.packages
    proof = Proof(
        status="proven",
        by=proven.by,
        on=ways.today().isoformat(),
        packages=len(packages),
        built=tuple(package.name for package in packages if not package.wheels),
        given_up=list_given_up(refuted),
    )
    size = download_bytes(proven.lock)
    plan = msgspec.structs.replace(plan, steps=tuple(_as_asked(step, proof.built) for step in plan.steps))
    return msgspec.structs.replace(
        plan, lock=proven.text, proof=proof, download_bytes=plan.download_bytes if size is None else size
    )


def _warn(plan: Plan, lock: Lock, resolution: Resolution, ways: Ways) -> Plan:
    """The plan, with a warning of what its lock would fetch for nothing."""
    unused = ways.find_unused(lock, resolution)
    if unused is None:
        return plan
    return msgspec.structs.replace(plan, warnings=(*plan.warnings, describe_unused(unused)))


def _as_asked(step: Step, built: Sequence[str]) -> Step:
    """The step that locks, as the proof asked: wheels alone, but for what comes as source."""
    if step.kind != "lock":
        return step
    sources = (word for name in built for word in ("--no-binary", name))
    return msgspec.structs.replace(step, argv=(*step.argv[:-1], "--only-binary", ":all:", *sources, step.argv[-1]))


def _doubt(plan: Plan, detail: str, refuted: Sequence[Refutation]) -> Plan:
    return msgspec.structs.replace(
        plan, proof=Proof(status="not_proven", detail=detail, given_up=list_given_up(refuted))
    )
