"""What a script of either kind does: the steps of the plan, and what mlenv would do between them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.plan.forms.sheet import Sheet
from mlenv.plan.lock import read_lock, render_requirements
from mlenv.plan.places import LOCK_FILE, REQUIREMENTS_FILE, environment_python
from mlenv.plan.plan import PlannedFile, Step

UV_MANAGERS = ("uv", "pip")
"""Managers whose plans are of uv and pip: their environments are virtual ones."""
IMPORT = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
"""Imports the modules that are named behind it; without quotes, which PowerShell 5 cannot pass on."""


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """The steps to run, with the files to write when the environment is there.

    ``first`` is the step that makes the environment, ``rest`` what follows up to the proof, which
    is ``verify``; ``imports`` is what can be done for a proof where mlenv is not at hand.
    """

    first: Step
    files: tuple[PlannedFile, ...]
    rest: tuple[Step, ...]
    verify: Step | None
    imports: tuple[str, ...]
    needs_uv: bool

    @property
    def program(self) -> str:
        """The program that must be there before anything is done, other than uv; empty for none by name."""
        name = self.first.argv[0]
        return "" if name == "uv" or "/" in name or "\\" in name else name


def make_script(sheet: Sheet) -> Script:
    """The plan as a script: where it is proven, the lock is written and not made anew."""
    plan = sheet.plan
    proven = plan.lock is not None and plan.manager in UV_MANAGERS
    steps = [step for step in plan.steps if not (proven and step.kind == "lock")]
    rest = tuple(step for step in steps[1:] if step.kind not in ("reuse", "verify"))
    return Script(
        first=steps[0],
        files=(*plan.files, *(_locked_files(sheet) if proven else ())),
        rest=rest,
        verify=next((step for step in steps if step.kind == "verify"), None),
        imports=_import_command(sheet),
        needs_uv=any(step.argv[0] == "uv" for step in (steps[0], *rest)),
    )


def _locked_files(sheet: Sheet) -> Iterator[PlannedFile]:
    text = sheet.plan.lock or ""
    if sheet.plan.manager == "uv":
        yield PlannedFile(path=LOCK_FILE, text=text)
    else:
        yield PlannedFile(path=REQUIREMENTS_FILE, text=render_requirements(read_lock(text), sheet.plan.tied))


def _import_command(sheet: Sheet) -> tuple[str, ...]:
    modules = tuple(dict.fromkeys(name for row in sheet.content.requirements for name in row.imports))
    if not modules or sheet.plan.manager not in UV_MANAGERS:
        return ()
    return (environment_python(sheet.plan.environment, sheet.content.system), "-c", IMPORT, *modules)
