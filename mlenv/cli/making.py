"""The making of a generation: what the transaction asks of the command line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlenv.errors import InstallError
from mlenv.execute.generations import Generations
from mlenv.execute.holding import VARIABLE
from mlenv.execute.journal import Journal
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.plan.plan import Plan
from mlenv.terminal import Terminal

if TYPE_CHECKING:
    from mlenv.execute.steps import Steps
    from mlenv.execute.transaction import Outcome, Timings
    from mlenv.verify.result import Verification

TEMPORARY = ("TMPDIR", "TEMP", "TMP")
"""The variables that name the folder of temporary files, of one system or another."""


class Workplace(msgspec.Struct, frozen=True, kw_only=True):
    """What an installation works with.

    ``variables`` are for its commands, ``prepare`` is done before the first of them; ``question`` is
    the digest of what was asked for, ``decided`` the seconds that the decision took,
    ``of_lock`` says that it was taken by a lock.
    """

    terminal: Terminal
    journal: Journal
    machine: Machine
    matrix: Matrix
    uv: str
    variables: Mapping[str, str]
    prepare: Callable[[Mapping[str, str]], None]
    question: str
    decided: float
    of_lock: bool = False


def own_variables(token: str, scratch: Path) -> dict[str, str]:
    """The mark of all processes of an installation, and where their temporary files go."""
    return {VARIABLE: token, **dict.fromkeys(TEMPORARY, str(scratch))}


def make_generation(plan: Plan, folder: Path, generations: Generations, place: Workplace) -> Outcome:
    """Build, prove, seal and switch."""
    from mlenv.cli.announcement import announce
    from mlenv.cli.steps import make_steps
    from mlenv.execute.transaction import install

    announce(place.terminal, plan)
    place.journal.note(f"{plan.manager}, Python {plan.python}, {plan.accelerator.kind}, into {folder}")
    steps = make_steps(plan, folder, place.machine, place.uv, place.terminal, place.journal)
    steps.environ.update(place.variables)
    place.prepare(steps.environ)
    outcome = install(steps, generations, Making(plan, place))
    place.journal.note(f"in use: {outcome.folder}")
    return outcome


class Making:
    """Looks ahead, proves and seals."""

    def __init__(self, plan: Plan, place: Workplace) -> None:
        self.plan = plan
        self.place = place

    def foresee(self, steps: Steps) -> None:
        """Ask the installer how much it must download, whether there is room for it, and who has it.

        The sources of a request have just answered, when it was proven; those of a lock have not.
        """
        from mlenv.cli.reach import demand_reach, open_ask
        from mlenv.cli.steps import count_downloads
        from mlenv.plan.lock import read_lock

        if self.place.of_lock and self.plan.lock:
            demand_reach(read_lock(self.plan.lock), open_ask(self.place.machine, steps.environ))
        tell_outlook(self.plan, self.place.machine, self.place.terminal, count_downloads(steps))

    def verify(self, folder: Path, say: Callable[[str], None]) -> Verification:
        """Import, compute, compare."""
        from mlenv.cli.verifying import verify_packages
        from mlenv.report.verify import render_result

        versions = {package.name: package.version for package in self.plan.packages}
        return verify_packages(
            folder,
            [(name, versions.get(name) or None) for name in self.plan.verify],
            self.place.matrix,
            device=self.plan.accelerator.kind,
            variables={**self.plan.variables, **self.place.variables},
            on_result=lambda result: say(render_result(result)),
        )

    def seal(self, folder: Path, verification: Verification, timings: Timings) -> None:
        """Write the manifest; no password is left in the generation's files."""
        from mlenv.cli.proof import PROVEN_MANAGERS
        from mlenv.execute.manifest import Manifest, write_manifest
        from mlenv.report.plan import mask_plan
        from mlenv.report.redact import mask_machine, mask_text

        place = self.place
        lock = mask_text(self._read_lock(folder))
        mask_files(folder, of_conda=self.plan.manager not in PROVEN_MANAGERS)
        if self.plan.manager not in PROVEN_MANAGERS:
            from mlenv.execute.rattler import forget_logins

            forget_logins(folder / self.plan.prefix)
        place.journal.copy_to(folder)
        manifest = Manifest(
            matrix_version=place.matrix.version,
            matrix_digest=place.matrix.digest,
            created=dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
            plan=msgspec.structs.replace(mask_plan(self.plan), lock=None),  # the manifest has it once
            machine=mask_machine(place.machine),
            lock=lock,
            verification=verification,
            timings={"decide": place.decided, **timings},
            question=place.question,
        )
        write_manifest(folder, manifest)

    def _read_lock(self, folder: Path) -> str:
        """The lock of the environment: uv's, or what conda's family has installed; empty for neither."""
        from mlenv.cli.proof import PROVEN_MANAGERS
        from mlenv.plan.places import LOCK_FILE

        if self.plan.manager not in PROVEN_MANAGERS:
            from mlenv.execute.conda_lock import read_installed

            return read_installed(folder / self.plan.prefix, self.plan.lock or "")
        path = folder / LOCK_FILE
        return path.read_text(encoding="utf-8") if path.is_file() else ""


def tell_outlook(plan: Plan, machine: Machine, terminal: Terminal, fetched: int | None = None) -> None:
    """Say what is coming; :class:`InstallError` for what cannot succeed.

    ``fetched`` is how many packages must be downloaded, None where nobody knows yet.
    """
    from mlenv.execute.pace import recall_pace
    from mlenv.plan.outlook import look_ahead
    from mlenv.system.folders import cache_folder

    outlook = look_ahead(plan, machine, fetched=fetched, pace=recall_pace(cache_folder()))
    for text, remedy in outlook.obstacles:
        raise InstallError(f"{text}; nothing was begun", hint=remedy)
    if fetched is not None:
        terminal.note(f"to come: {outlook.describe()}")
    for doubt in outlook.doubts:
        terminal.warn(doubt)


def mask_files(folder: Path, *, of_conda: bool = False) -> None:
    """Take the credentials out of the files that the commands have read: nobody needs them any more."""
    from mlenv.plan.places import PROJECT_FOLDER
    from mlenv.report.redact import mask_text

    paths = sorted((folder / PROJECT_FOLDER).glob("*"))
    for path in paths:
        _rewrite(path, mask_text)
    if of_conda:
        _mask_of_conda(folder, paths)


def _mask_of_conda(folder: Path, paths: Sequence[Path]) -> None:
    """The same for tokens, and for a workspace of pixi, which stays one: its logins come from elsewhere."""
    from mlenv.plan.conda_login import mask_tokens, strip_logins
    from mlenv.plan.pixi import LOCK_FILE, MANIFEST_FILE

    for path in paths:
        _rewrite(path, mask_tokens)
    for name in (MANIFEST_FILE, LOCK_FILE):
        _rewrite(folder / name, strip_logins)


def _rewrite(path: Path, change: Callable[[str], str]) -> None:
    if path.is_file() and not path.is_symlink():
        text = path.read_text(encoding="utf-8")
        if change(text) != text:
            path.write_text(change(text), encoding="utf-8")
