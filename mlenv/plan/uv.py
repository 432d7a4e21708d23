"""The plan for uv: a small project file, a lock made from it, and an exact installation."""

from __future__ import annotations

from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.plan.assembly import assemble_plan, verify_step
from mlenv.plan.content import Content
from mlenv.plan.gathering import gather_content
from mlenv.plan.options import PlanOptions
from mlenv.plan.places import LOCK_FILE, PROJECT_FILE, PROJECT_FOLDER, REQUIREMENTS_FILE, environment_python
from mlenv.plan.plan import Plan, PlannedFile, Step
from mlenv.plan.project import render_project
from mlenv.resolve.resolution import Resolution
from mlenv.supply.offers import Supply


def build_uv_plan(
    resolution: Resolution, machine: Machine, matrix: Matrix, supply: Supply | None, options: PlanOptions
) -> Plan:
    """Turn a resolution into files and commands for uv."""
    content = gather_content(resolution, machine, matrix, supply, options)
    project = PlannedFile(path=PROJECT_FILE, text=render_project(content))
    steps = (create_step(content, options), lock_step(content, options), *_install_steps(content, options))
    return assemble_plan(resolution, content, options, files=[project], steps=[*steps, verify_step(content, options)])


def create_step(content: Content, options: PlanOptions, *seeds: str) -> Step:
    """A virtual environment by uv, which finds the Python or brings it; ``seeds`` are further options."""
    python = content.interpreter or content.python_pin
    prompt = ("--prompt", options.prompt) if options.prompt else ()
    return Step(
        kind="create",
        purpose=f"Create the environment with Python {content.python_version}",
        argv=(
            *(options.uv, "venv", "--no-project", *seeds, *prompt, "--python", python),
            *_offline(options),
            options.environment,
        ),
    )


def lock_step(content: Content, options: PlanOptions, *form: str) -> Step:
    """The lock that every installation starts from, whoever installs it; ``form`` writes it otherwise."""
    environment = options.environment
    written = form or ("--format", "pylock.toml", "--no-header", "--output-file", f"{environment}/{LOCK_FILE}")
    until = ("--exclude-newer", options.as_of.isoformat()) if options.as_of and content.dated else ()
    return Step(
        kind="lock",
        purpose="Find the exact version and hash of every package",
        argv=(
            *(options.uv, "pip", "compile", *settings(content, options), *_offline(options), *until, *written),
            f"{environment}/{PROJECT_FILE}",
        ),
    )


def _install_steps(content: Content, options: PlanOptions) -> tuple[Step, ...]:
    """The lock, installed by name and hash; a portable plan has nobody to write it that way."""
    sync = (options.uv, "pip", "sync", *settings(content, options))
    locked = f"{options.environment}/{LOCK_FILE if options.portable else REQUIREMENTS_FILE}"
    reuse = Step(
        kind="reuse",
        purpose=f"Install from the cache, if it holds all of the lock ({REQUIREMENTS_FILE} is the lock as lines)",
        argv=(*sync, "--offline", locked),
    )
    install = Step(
        kind="install",
        purpose="Download and install what is locked",
        argv=(*sync, *_offline(options), locked),
    )
    return (install,) if options.portable else (reuse, install)


def settings(content: Content, options: PlanOptions) -> tuple[str, ...]:
    """Where uv installs: its project, and the interpreter of the environment.

    --project: uv takes indexes from the project file there, not from the folder it is called in.
    """
    python = environment_python(options.environment, content.system)
    return ("--project", f"{options.environment}/{PROJECT_FOLDER}", "--python", python)


def _offline(options: PlanOptions) -> tuple[str, ...]:
    return ("--offline",) if options.offline else ()
