"""What an installation installs: a request that is resolved and proven, or a lock that is there already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from mlenv.cli.bundled import asks_otherwise, demand_fit, opened_bundle, read_bundled, with_wheels
from mlenv.cli.request import configure_packages, read_request
from mlenv.cli.settings import RequestOptions, get_machine
from mlenv.errors import NoPlanError, NoVerdictError, UsageError
from mlenv.facts.machine import Machine
from mlenv.facts.version import series
from mlenv.matrix.load import Matrix
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan
from mlenv.resolve.request import Request
from mlenv.resolve.resolution import Impossible
from mlenv.terminal import Terminal

if TYPE_CHECKING:
    from mlenv.bundle.opening import Bundle
    from mlenv.plan.locked import LockedRequest

LOCK_MANAGERS = ("uv", "pip")
DOUBTFUL_RULES = ("supply", "source-unreachable")
"""Rules by which a release was given up for the moment: another day may have it."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for on the command line.

    ``locked`` is a lock to install, ``kernel`` says that a Jupyter kernel is to start in the
    environment, ``as_of`` that a day was named.
    """

    asked: RequestOptions
    locked: Path | None = None
    kernel: bool = False
    as_of: bool = False


class Decider(Protocol):
    """Says what to install on ``machine``; the folder where it goes is part of the options."""

    @property
    def machine(self) -> Machine:
        """The machine, this one, with the package sources of the command line."""

    @property
    def of_lock(self) -> bool:
        """Whether a lock has decided, and nobody asked its sources."""

    def question(self) -> str:
        """A digest of what is asked for; the same question has the same answer. Empty: ask every time."""

    def decide(self, options: PlanOptions) -> Plan:
        """The plan, before anything is touched; :class:`NoPlanError` or :class:`NoVerdictError` where there is none."""

    def prepare(self, environ: Mapping[str, str]) -> None:
        """Fetch what the plan's first step builds on; :class:`InstallError` where it cannot be had.

        ``environ`` are the variables of the plan's commands.
        """


class RequestDecider(msgspec.Struct, frozen=True, kw_only=True):
    """Resolves a request for this machine and has it proven."""

    request: Request
    machine: Machine
    matrix: Matrix
    terminal: Terminal
    options: PlanOptions

    @property
    def of_lock(self) -> bool:
        """The sources are asked while the plan is proven."""
        return False

    def question(self) -> str:
        """The digest of what the matrix alone would plan, and of where packages may come from."""
        from mlenv.cli.decision import decide
        from mlenv.cli.proof import PROVEN_MANAGERS

        options = msgspec.structs.replace(self.options, environment="environment", warnings=())
        if options.manager not in PROVEN_MANAGERS:  # whose channel gives the same answer from its cache
            options = msgspec.structs.replace(options, offline=False)
        plan = decide(self.request, self.machine, self.matrix, options).plan
        if isinstance(plan, Impossible):
            return ""
        parts = (plan.manager, plan.python, plan.accelerator, plan.packages, plan.files, plan.others, plan.variables)
        # Of a channel the plan names no version: what was asked for stands in the commands alone.
        return _digest(msgspec.json.encode((parts, plan.steps, self.machine.packages, self.options.as_of)))

    def decide(self, options: PlanOptions) -> Plan:
        """Ask the sources, resolve, plan and have the package resolver prove it."""
        from mlenv.cli.decision import decide_proven, demand_client
        from mlenv.cli.proof import PROVEN_MANAGERS
        from mlenv.report.plan import impossible_document, render_text

        demand_client(options.manager, self.machine)
        decision = decide_proven(self.request, self.machine, self.matrix, options, self.terminal, here=True)
        plan = decision.plan
        if isinstance(plan, Impossible):
            text = render_text(impossible_document(plan, self.machine, self.matrix.data_version)).rstrip()
            raise NoPlanError(text[0].lower() + text[1:])
        if options.manager in PROVEN_MANAGERS and plan.proof is not None and plan.proof.status != "proven":
            raise NoVerdictError(
                f"the plan could not be proven, so nothing was installed: {plan.proof.detail}",
                hint="check the network, proxy and index settings (`mlenv probe` shows them), then run it again",
            )
        demand_client(options.manager, self.machine, plan, offline=options.offline)
        return plan

    def prepare(self, environ: Mapping[str, str]) -> None:
        """Nothing: uv brings a Python by itself."""


class LockDecider(msgspec.Struct, frozen=True, kw_only=True):
    """Installs a lock as it is; ``bundle`` is where it came from, if it did."""

    asked: LockedRequest
    machine: Machine
    matrix: Matrix
    options: PlanOptions
    bundle: Bundle | None = None

    @property
    def of_lock(self) -> bool:
        """Nobody has asked whether the lock's files can be had."""
        return not self.options.offline

    def question(self) -> str:
        """The digest of the lock."""
        return _digest(msgspec.json.encode((self.asked.text, self.asked.python, self.options.manager)))

    def decide(self, options: PlanOptions) -> Plan:
        """The lock on this machine."""
        from mlenv.plan.locked import build_locked_plan

        return build_locked_plan(self.asked, self.machine, options, brought=self._pythons_to_bring(options))

    def prepare(self, environ: Mapping[str, str]) -> None:
        """Install the bundle's Python, if no other serves."""
        if self.bundle is None or self.bundle.pythons is None or self._has_python(self.bundle.manifest.target.python):
            return
        from mlenv.bundle.bringing import bring_python

        bring_python(self.bundle, self.options.uv, environ)

    def _pythons_to_bring(self, options: PlanOptions) -> tuple[str, ...]:
        if self.bundle is not None and self.bundle.manifest.python is not None:
            return (self.bundle.manifest.python.version,)
        return () if options.offline else tuple(row.version for row in self.matrix.pythons)

    def _has_python(self, wanted: str) -> bool:
        return any(series(row.version) == series(wanted) for row in self.machine.pythons or ())


@contextmanager
def open_decider(wanted: Wanted, matrix: Matrix, terminal: Terminal, options: PlanOptions) -> Iterator[Decider]:
    """Who decides about what was asked for; a bundle is open as long as the context lasts.

    :class:`UsageError` where the options contradict each other, or a lock or a bundle is none.
    """
    asked = wanted.asked
    if wanted.locked is not None:
        _refuse_beside(wanted, "--locked")
        locked = _read_locked(wanted.locked, asked.python, matrix)
        yield LockDecider(asked=locked, machine=_machine(asked), matrix=matrix, options=options)
        return
    with opened_bundle(asked) as bundle:
        if bundle is not None:
            as_bundled, asked = not asks_otherwise(asked, bundle), with_wheels(asked, bundle)
            if as_bundled:
                machine, locked = _machine(asked), read_bundled(bundle, asked.python, matrix)
                demand_fit(bundle, machine)
                yield LockDecider(asked=locked, machine=machine, matrix=matrix, options=options, bundle=bundle)
                return
        if wanted.kernel:
            asked = msgspec.structs.replace(asked, extras=(*asked.extras, "ipykernel"))
        request = read_request(matrix, asked)
        yield RequestDecider(
            request=request, machine=_machine(asked), matrix=matrix, terminal=terminal, options=options
        )


def _machine(asked: RequestOptions) -> Machine:
    return configure_packages(get_machine(None, asked.environment), asked)


def _refuse_beside(wanted: Wanted, option: str) -> None:
    """A lock answers every question already."""
    asked = wanted.asked
    given = {
        "--profile": asked.profiles,
        "--with": asked.extras,
        "--accelerator": asked.accelerator,
        "--as-of": wanted.as_of,
    }
    for name, value in given.items():
        if value:
            raise UsageError(f"{name} beside {option}: the lock has decided already", hint="leave out one of them")
    if asked.manager not in LOCK_MANAGERS:
        raise UsageError(
            f"--manager {asked.manager} beside {option}: it cannot install such a lock",
            hint=f"one of {', '.join(LOCK_MANAGERS)} can",
        )


def _read_locked(path: Path, python: str | None, matrix: Matrix) -> LockedRequest:
    """The lock that was named on the command line; :class:`UsageError` where it is none."""
    from mlenv.plan.lock import load_lock
    from mlenv.plan.locked import LockedRequest
    from mlenv.resolve.request import check_python

    lock, text = load_lock(path)
    if not lock.packages:
        raise UsageError(f"{path}: locks no package", hint="`mlenv plan --format pylock` writes a lock")
    return LockedRequest(
        origin=str(path), text=text, lock=lock, python=check_python(python), frameworks=frozenset(matrix.distributions)
    )


def is_doubtful(plan: Plan) -> bool:
    """Whether something was given up that another day may have, so that it is worth asking again."""
    return any(row.rule in DOUBTFUL_RULES for row in plan.rejected)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
