"""A request as a proven plan: what ``install`` starts from, and ``plan --prove`` shows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from mlenv.cli.decision import Decision
from mlenv.errors import NoPlanError
from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration
from mlenv.matrix.load import Matrix
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan
from mlenv.resolve.refutation import Refutation
from mlenv.resolve.request import Request
from mlenv.resolve.resolution import Impossible, Resolution
from mlenv.supply.offers import Source, Supply
from mlenv.system.page import Page
from mlenv.terminal import Terminal

if TYPE_CHECKING:
    from mlenv.execute.lock_memory import LockMemory
    from mlenv.plan.lock import Lock
    from mlenv.prove.locking import Locker
    from mlenv.prove.unused import Unused

PROVEN_MANAGERS = ("uv", "pip")
"""Their environments are installed from uv's lock."""


def prove_request(
    request: Request,
    machine: Machine,
    matrix: Matrix,
    options: PlanOptions,
    terminal: Terminal,
    *,
    here: bool = True,
    environ: Mapping[str, str] | None = None,
) -> Decision:
    """Ask the package sources, resolve, and have uv prove the plan; the steps are told on standard error.

    ``here`` says that the machine is this one.  ``plan.proof`` says whether it was proven, and if not
    why; ``plan.lock`` is the lock.  What comes along with GPU libraries that nothing would use is asked
    for too, and that plan is taken where it has none.  :class:`NoPlanError` where what was asked for
    clashes in itself, :class:`NoVerdictError` where uv is missing.
    """
    from mlenv.prove.unused import ask_along

    proving = Proving(request, machine, matrix, options, terminal, here=here, environ=environ)
    decision = _prove(proving)
    along = proving.unused.along if proving.unused else ()
    if not along:
        return decision
    terminal.note(f"{' and '.join(along)} would come along with GPU libraries that nothing uses: choosing the build")
    joint = Proving(ask_along(request, along), machine, matrix, options, terminal, here=here, environ=environ)
    try:
        other = _prove(joint)
    except NoPlanError:
        return decision
    return other if _is_proven(other) and joint.unused is None else decision


def _prove(proving: Proving) -> Decision:
    """The best plan of what was asked for that uv proves."""
    from mlenv.prove.proving import Ways, prove

    matrix = proving.matrix
    ways = Ways(
        decide=proving.decide,
        build=proving.build,
        open_locker=proving.open_locker,
        open_memory=proving.open_memory,
        families=matrix.families,
        find_framework=matrix.framework,
        find_unused=proving.find_unused,
        say=proving.terminal.note,
    )
    try:
        plan = prove(ways)
    except NoPlanError as error:
        proving.demand_indexes(error.message)
        raise
    if isinstance(plan, Impossible):
        proving.demand_indexes(" ".join(reason.text for reason in plan.reasons))
    return Decision(plan=plan, resolution=proving.resolution, supply=proving.supply)


def _is_proven(decision: Decision) -> bool:
    plan = decision.plan
    return not isinstance(plan, Impossible) and plan.proof is not None and plan.proof.status == "proven"


class Proving:
    """What a proof needs of the world: the sources, uv, and the locks of a moment ago."""

    def __init__(
        self,
        request: Request,
        machine: Machine,
        matrix: Matrix,
        options: PlanOptions,
        terminal: Terminal,
        *,
        here: bool,
        environ: Mapping[str, str] | None,
    ) -> None:
        from mlenv.supply.ask import ask_supply

        self.request = request
        self.machine = machine
        self.matrix = matrix
        self.options = options
        self.terminal = terminal
        self.here = here
        self.uv = find_uv()
        self.environ = dict(environ) if environ is not None else uv_environ(machine.packages)
        self.supply: Supply = ask_supply(
            request, machine, matrix, offline=options.offline, open_fetch=self._open_fetch, meanwhile=self._judge
        )
        self.resolution: Resolution | None = None
        self.unused: Unused | None = None

    def _is_there(self, url: str) -> Page:
        from mlenv.cli.package_access import trusted_bundle
        from mlenv.system.network import answers

        packages = self.machine.packages
        return answers(url, certificate=trusted_bundle(packages, self.environ), proxy=packages.pip_proxy)

    def _open_fetch(self, sources: Sequence[Source]) -> Callable[[str], Page]:
        from mlenv.cli.package_access import open_pages

        return open_pages(self.machine.packages, sources, self.environ)

    def demand_indexes(self, refusal: str) -> None:
        """:class:`NoVerdictError` where a package is missing since another page stands in an index's place."""
        from mlenv.errors import NoVerdictError
        from mlenv.report.redact import mask_url
        from mlenv.supply.portal import absent_packages, find_portal

        names = absent_packages(refusal)
        addresses = [row.address for row in self.supply.sources if row.kind in ("default", "index") and row.address]
        addresses = [address for address in addresses if address.startswith("http")]
        if not names or not addresses or self.options.offline:
            return
        portal = find_portal(names, addresses, self._open_fetch(self.supply.sources))
        if portal:
            raise NoVerdictError(
                f"{mask_url(portal)} does not answer as a package index: a page of somebody else stood there",
                hint="a network that wants a login first? open the address in a browser, then run it again",
            )

    def _judge(self) -> None:
        """Judge every build by the rules that no source has a say in; the search then finds it done."""
        from mlenv.resolve.attempt import Case, make_attempt
        from mlenv.resolve.devices import accelerators_to_try

        case = Case(request=self.request, machine=self.machine, matrix=self.matrix)
        for accelerator in accelerators_to_try(self.request, self.machine):
            make_attempt(case, accelerator)

    def decide(self, refuted: Sequence[Refutation]) -> Resolution | Impossible:
        """The best answer; a Python that is not installed here counts only where uv can fetch it."""
        from mlenv.resolve.solve import resolve
        from mlenv.supply.pythons import can_bring_pythons

        answer = resolve(self.request, self.machine, self.matrix, self.supply, refuted)
        if self.here and not isinstance(answer, Impossible) and answer.interpreter is None:
            self.supply = can_bring_pythons(self.supply, self.uv, answer.python, ask=self._is_there)
            answer = resolve(self.request, self.machine, self.matrix, self.supply, refuted)
        return answer

    def build(self, resolution: Resolution) -> Plan:
        """The plan of an answer."""
        from mlenv.plan.build import build_plan

        self.resolution = resolution
        return build_plan(resolution, self.machine, self.matrix, self.supply, self.options)

    def open_locker(self, resolution: Resolution) -> Locker | str:
        """Who locks the plan, or why nobody can."""
        from mlenv.prove.locking import Locker
        from mlenv.prove.target import find_target

        if self.options.manager not in PROVEN_MANAGERS:
            return f"uv proves what uv and pip install, and this plan is for {self.options.manager}"
        target = find_target(resolution, self.machine, here=self.here)
        if target.doubt:
            return target.doubt
        offline = ("--offline",) if self.options.offline else ()
        tied = any(pick.source != "default" for pick in resolution.picks)  # an index of its own names no dates
        day = self.options.as_of
        until = ("--exclude-newer", day.isoformat()) if day is not None and not tied else ()
        return Locker(self.uv, target, options=(*offline, *until), environ=self.environ)

    def find_unused(self, lock: Lock, resolution: Resolution) -> Unused | None:
        """The GPU libraries that the proven lock would fetch for nothing."""
        from mlenv.prove.unused import find_unused

        self.unused = find_unused(lock, resolution, self.matrix.distributions, self.matrix.framework)
        return self.unused

    def open_memory(self, project: str, question: str) -> LockMemory:
        """The lock of the same question, if it was made a moment ago."""
        from mlenv.execute.lock_memory import LockMemory, lock_key
        from mlenv.supply.inquiry import local_folder
        from mlenv.system.folders import cache_folder

        packages = self.machine.packages
        addresses = [setting.value for setting in (*packages.find_links, *packages.extra_index_urls)]
        folders = [folder for address in addresses if (folder := local_folder(address)) is not None]
        return LockMemory(cache_folder() / "locks", lock_key(project, question, self.environ, folders))


def uv_environ(packages: PackageConfiguration) -> dict[str, str]:
    """The variables for uv and pip: those of this process, with what the other one is configured with."""
    from mlenv.cli.package_access import access_variables

    environ = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    environ.pop("UV_NO_SOURCES", None)  # without its sources a framework comes from any index
    return {**environ, **access_variables(packages, environ)}


def find_uv() -> str:
    """The path of uv: the one that came with mlenv, else the one on PATH."""
    import shutil

    from mlenv.errors import NoVerdictError

    try:
        import uv

        return uv.find_uv_bin()
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found is None:
        raise NoVerdictError("uv, the package installer, is missing", hint="install it: `pip install uv`")
    return found
