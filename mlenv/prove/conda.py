"""Plans of conda and pixi, proven: solved against the channel, with the next best where that fails.

The channel knows what no row does: its versions and their conditions.  What its solver proves
impossible is tried with another Python, and where the device was free to choose with the next one.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec
from msgspec.structs import replace

from mlenv.facts.machine import Machine
from mlenv.formats.rattler_conflict import RattlerConflict
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Accelerator
from mlenv.matrix.sources.published import SourceTrouble
from mlenv.plan.conda import make_conda_plan
from mlenv.plan.conda_client import choose_client
from mlenv.plan.conda_content import ChannelAnswer, CondaContent, gather_conda_content
from mlenv.plan.conda_variables import conda_environ
from mlenv.plan.options import PlanOptions
from mlenv.plan.pixi import make_pixi_plan
from mlenv.plan.plan import Plan
from mlenv.plan.proof import Proof
from mlenv.prove.channel import Channels, demand_rattler, read_condarc
from mlenv.resolve.conda_answer import adapt_to_conda, choose_python
from mlenv.resolve.resolution import Impossible, Reason, Resolution
from mlenv.supply.offers import Supply

MAX_ROUNDS = 8
"""So many Pythons and devices are tried; a clash that outlives them has another cause."""
SHOWN_LINES = 12


class Solver(Protocol):
    """Who solves a content (see :class:`mlenv.prove.channel.Channels`)."""

    def solve(self, content: CondaContent) -> ChannelAnswer | RattlerConflict | SourceTrouble:
        """The packages, why there are none, or why nobody knows."""


class CondaWays(msgspec.Struct, frozen=True, kw_only=True):
    """What a proof is made with: the facts of the plan, who solves, and who is told of the rounds.

    ``rattler`` is a Python of this machine with py-rattler, empty where the plan is for another one.
    """

    machine: Machine
    matrix: Matrix
    supply: Supply | None
    options: PlanOptions
    solver: Solver
    by: str
    say: Callable[[str], None]
    rattler: str = ""
    today: Callable[[], dt.date] = lambda: dt.datetime.now(dt.timezone.utc).date()


def prove_conda_plan(
    answer: Resolution | Impossible,
    machine: Machine,
    matrix: Matrix,
    supply: Supply | None,
    options: PlanOptions,
    *,
    say: Callable[[str], None],
    cache: str | None = None,
    rattler: str = "",
) -> Plan | Impossible:
    """The best plan that the channel can fill, with its versions, lock and proof.

    ``answer`` is the resolver's for wheels; ``cache`` the folder for the channel's listing.
    ``rattler`` is the Python whose py-rattler installs where the manager is not there.
    Where the channel does not answer, the plan says so and holds no versions.
    :class:`mlenv.errors.NoVerdictError` where the extra ``mlenv[conda]`` is not installed.
    """
    by = demand_rattler()
    variables = conda_environ(machine.packages, os.environ)
    solver = Channels(cache=cache, condarc=read_condarc(os.environ), variables=variables)
    ways = CondaWays(
        machine=machine,
        matrix=matrix,
        supply=supply,
        options=options,
        solver=solver,
        by=by,
        say=say,
        rattler=rattler,
    )
    return prove_with(answer, ways)


def prove_with(answer: Resolution | Impossible, ways: CondaWays) -> Plan | Impossible:
    """The same with ways of the caller's own."""
    refused: list[tuple[Resolution, CondaContent, RattlerConflict]] = []
    for resolution in _in_order(answer, ways, refused):
        if isinstance(resolution, Impossible):
            return resolution
        content = gather_conda_content(resolution, ways.machine, ways.matrix, ways.supply, ways.options)
        outcome = ways.solver.solve(content)
        if isinstance(outcome, RattlerConflict):
            refused.append((resolution, content, outcome))
            ways.say(f"{ways.by}: {_attempt(resolution)} cannot be installed: {core_of(content, outcome)}")
            continue
        said = _given_up(refused)
        if isinstance(outcome, SourceTrouble):
            proof = Proof(status="not_proven", detail=_plainly(outcome), given_up=said)
            return _make(ways, resolution, content, None, proof)
        return _make(ways, resolution, content, outcome, _proof_of(content, outcome, ways, said))
    return _impossible(refused)


def _in_order(
    answer: Resolution | Impossible,
    ways: CondaWays,
    refused: list[tuple[Resolution, CondaContent, RattlerConflict]],
) -> Iterator[Resolution | Impossible]:
    """The answers to try: for each device the Pythons, best first; ``refused`` grows as they fall."""
    devices: list[Accelerator] = []
    while len(refused) < MAX_ROUNDS:
        first = adapt_to_conda(answer, ways.machine, ways.matrix, without=devices)
        if isinstance(first, Impossible):
            if not refused:
                yield first
            return
        pythons: list[str] = []
        series = first.python
        while series not in pythons and len(refused) < MAX_ROUNDS:
            pythons.append(series)
            yield replace(first, python=series)
            if not _python_matters(refused[-1]):
                break
            series, _ = choose_python(first, ways.machine, ways.matrix, without=pythons)
        if first.request.accelerator not in ("auto", "gpu"):
            return
        devices.append(first.accelerator)


def _python_matters(refusal: tuple[Resolution, CondaContent, RattlerConflict]) -> bool:
    """Whether another Python could help: it takes part in the clash, and nobody pinned it."""
    resolution, _, conflict = refusal
    return resolution.request.python is None and bool({"python", "python_abi"} & set(conflict.names))


def core_of(content: CondaContent, conflict: RattlerConflict) -> str:
    """Which of the specs clash: ``pytorch=*=*cuda*, cuda-version=13.0.*``; the solver's words where none does."""
    specs = {spec.name: spec.text for spec in content.specs}
    named = [text for name, text in specs.items() if name in conflict.names]
    if conflict.missing and not set(conflict.roots) - {text.split()[0] for text in conflict.missing}:
        return f"{content.shown_channels[-1]} has no {' and no '.join(conflict.missing)}"
    return ", ".join(named) or conflict.text.partition("\n")[0]


def _attempt(resolution: Resolution) -> str:
    return f"Python {resolution.python} with {resolution.accelerator}"


def _given_up(refused: list[tuple[Resolution, CondaContent, RattlerConflict]]) -> tuple[str, ...]:
    return tuple(f"{_attempt(resolution)}: {core_of(content, conflict)}" for resolution, content, conflict in refused)


def _plainly(trouble: SourceTrouble) -> str:
    return f"the channel {trouble.url} gives no answer ({trouble.phrase})"


def _proof_of(content: CondaContent, answer: ChannelAnswer, ways: CondaWays, given_up: tuple[str, ...]) -> Proof:
    """Proven is the whole: where pip adds something, the channel's part alone is."""
    on = ways.today().isoformat()
    if content.pip:
        added = ", ".join(content.pip)
        detail = f"the {answer.packages} packages of the channel are ({ways.by}); what pip adds is not: {added}"
        return Proof(status="not_proven", detail=detail, given_up=given_up)
    return Proof(status="proven", by=ways.by, on=on, packages=answer.packages, given_up=given_up)


def _make(
    ways: CondaWays, resolution: Resolution, content: CondaContent, answer: ChannelAnswer | None, proof: Proof
) -> Plan:
    make = make_pixi_plan if ways.options.manager == "pixi" else make_conda_plan
    client = choose_client(ways.machine, ways.options, ways.rattler)
    return make(resolution, content, ways.options, answer, proof, client)


def _impossible(refused: list[tuple[Resolution, CondaContent, RattlerConflict]]) -> Impossible:
    """The core of the first refusal, which is of the best answer, and what of it can be changed."""
    resolution, content, conflict = refused[0]
    named = [spec for spec in content.specs if spec.name in conflict.names]
    tree = "\n".join(conflict.text.splitlines()[:SHOWN_LINES])
    reasons = [Reason(about=_attempt(row), text=core_of(part, clash)) for row, part, clash in refused]
    return Impossible(
        request=resolution.request,
        clash=tuple(spec.text for spec in named),
        reasons=(*reasons, Reason(about="solver", text=tree)),
        rejected=(),
        remedies=tuple(_remedies(resolution)),
    )


def _remedies(resolution: Resolution) -> Iterator[str]:
    conditions = [pick.wanted.text for pick in resolution.picks if pick.wanted.specifier]
    if conditions:
        yield f"relax a condition: {', '.join(conditions)}"
    if resolution.request.python is not None:
        yield "leave out --python"
    if resolution.request.accelerator not in ("auto", "cpu"):
        yield "use the CPU: `--accelerator cpu`"
    yield "use wheels: `--manager uv`"
