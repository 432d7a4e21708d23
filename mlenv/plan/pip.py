"""The plan for pip: the same lock as uv's, installed by pip with every hash checked.

pip makes no lock that holds for an index of one package, so uv, which mlenv brings along, makes it.
"""

from __future__ import annotations

from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.plan.assembly import assemble_plan, verify_step
from mlenv.plan.content import Content
from mlenv.plan.gathering import gather_content
from mlenv.plan.index_lines import render_index_lines
from mlenv.plan.options import PlanOptions
from mlenv.plan.places import INDEXES_FILE, PROJECT_FILE, REQUIREMENTS_FILE, environment_python
from mlenv.plan.plan import Plan, PlannedFile, Step
from mlenv.plan.project import render_project
from mlenv.plan.uv import create_step, lock_step
from mlenv.resolve.resolution import Resolution
from mlenv.supply.offers import Supply


def build_pip_plan(
    resolution: Resolution, machine: Machine, matrix: Matrix, supply: Supply | None, options: PlanOptions
) -> Plan:
    """Turn a resolution into files and commands for pip."""
    content = gather_content(resolution, machine, matrix, supply, options)
    files = [PlannedFile(path=PROJECT_FILE, text=render_project(content))]
    lines = render_index_lines(content, framework_indexes=options.portable)
    if lines:
        files.append(PlannedFile(path=INDEXES_FILE, text="".join(f"{line}\n" for line in lines)))
    steps = [
        _create_step(content, options, brought=resolution.interpreter is None),
        lock_step(content, options, *(_as_lines(options) if options.portable else ())),
        install_with_pip(content, options, indexes=bool(lines)),
        verify_step(content, options),
    ]
    return assemble_plan(resolution, content, options, files=files, steps=steps)


def _as_lines(options: PlanOptions) -> tuple[str, ...]:
    """The lock as pip's lines, which uv writes itself: every version is exact, and its hashes prove the file."""
    form = ("--format", "requirements.txt", "--generate-hashes", "--no-header", "--no-annotate")
    return (*form, "--output-file", f"{options.environment}/{REQUIREMENTS_FILE}")


def _create_step(content: Content, options: PlanOptions, *, brought: bool) -> Step:
    """By ``python -m venv``; where no interpreter is there, uv brings one, which pip cannot."""
    if brought and not options.portable:
        return create_step(content, options, "--seed")
    return create_with_venv(content, options)


def create_with_venv(content: Content, options: PlanOptions) -> Step:
    """The environment by the interpreter itself, which brings pip into it."""
    prompt = ("--prompt", options.prompt) if options.prompt else ()
    return Step(
        kind="create",
        purpose=f"Create the environment with Python {content.python_version}",
        argv=(*_interpreter(content), "-m", "venv", *prompt, options.environment),
    )


def _interpreter(content: Content) -> tuple[str, ...]:
    if content.interpreter:
        return (content.interpreter,)
    return ("py", f"-{content.python}") if content.system == "windows" else (f"python{content.python}",)


def install_with_pip(content: Content, options: PlanOptions, *, indexes: bool) -> Step:
    """The lines of the lock, each with its hashes; ``indexes`` says that a file names where they come from."""
    environment = options.environment
    lines = ("--requirement", f"{environment}/{INDEXES_FILE}") if indexes else ()
    offline = ("--no-index",) if options.offline and not content.no_index else ()
    return Step(
        kind="install",
        purpose=f"Download and install what is locked ({REQUIREMENTS_FILE} is the lock as lines)",
        argv=(
            *(environment_python(environment, content.system), "-m", "pip", "install", "--no-input"),
            *("--disable-pip-version-check", "--require-hashes", "--no-deps", *offline, *lines),
            *("--requirement", f"{environment}/{REQUIREMENTS_FILE}"),
        ),
    )
