"""``environment.yml``: what conda, mamba and micromamba make an environment from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import cast

from msgspec.structs import replace

from mlenv.matrix.rows import Accelerator
from mlenv.plan.conda import demand_conda
from mlenv.plan.conda_content import ChannelAnswer, CondaContent, gather_conda_content
from mlenv.plan.explicit import read_explicit
from mlenv.plan.forms.sheet import Sheet, comment, headlines
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan


def render(sheet: Sheet) -> str:
    """A plan as an ``environment.yml``; :class:`mlenv.errors.NoPlanError` where conda cannot have it."""
    return render_environment(conda_content_of(sheet), answer_of(sheet.plan), conda_headlines(sheet))


def conda_headlines(sheet: Sheet) -> list[str]:
    """Who made this and for what: for the Python and device of the plan, which wheels may not share."""
    plan = sheet.plan
    kind, variant = plan.accelerator.kind, plan.accelerator.variant
    content = replace(sheet.content, python=plan.python, accelerator=kind, variant=variant, driver="")
    return headlines(replace(sheet, content=content))


def conda_content_of(sheet: Sheet) -> CondaContent:
    """What the environment of a sheet shall hold: for the Python and device of its plan."""
    plan, content = sheet.plan, sheet.content
    adapted = demand_conda(sheet.resolution, sheet.machine, sheet.matrix)
    device = cast("Accelerator", plan.accelerator.kind)
    options = PlanOptions(environment=plan.environment, offline=content.offline, as_of=content.as_of)
    chosen = replace(adapted, python=plan.python, accelerator=device)
    return gather_conda_content(chosen, sheet.machine, sheet.matrix, None, options)


def answer_of(plan: Plan) -> ChannelAnswer | None:
    """What the channel answered, read from the explicit lock of a proven plan."""
    return None if plan.lock is None else read_explicit(plan.lock)


def render_environment(content: CondaContent, answer: ChannelAnswer | None = None, lines: Sequence[str] = ()) -> str:
    """The file; with the exact versions and builds of the channel's answer, where it was asked."""
    heads = comment([*lines, *_comments(content)])
    return "".join(f"{line}\n" for line in (*heads, *_lines(content, answer)))


def environment_name(content: CondaContent) -> str:
    """The name of the environment: that of the profiles."""
    return "-".join(content.profiles) or "mlenv"


def _comments(content: CondaContent) -> Iterator[str]:
    yield "conda env create --file environment.yml      (mamba: the same; micromamba create --file environment.yml)"
    if content.overrides:
        settings = " ".join(f"{name}={value}" for name, value in sorted(content.overrides.items()))
        yield f"Where the GPU is not seen, as in the build of a container, set first: {settings}"
    if len(content.channels) > 1:
        yield "conda config --set channel_priority strict"
    if content.pip:
        yield "pip installs last, what the channel is not known to have"


def _lines(content: CondaContent, answer: ChannelAnswer | None) -> Iterator[str]:
    yield f"name: {_text(environment_name(content))}"
    yield "channels:"
    yield from (f"  - {_text(name)}" for name in (*content.channels, "nodefaults"))
    yield "dependencies:"
    yield from (f"  - {_text(spec.pinned(answer).text)}" for spec in content.specs)
    if content.pip:
        yield "  - pip:"
        yield from (f"      - {_text(line)}" for line in (*content.pip_lines, *content.pip))
    if content.variables:
        yield "variables:"
        yield from (f"  {_text(name)}: {_text(value)}" for name, value in sorted(content.variables.items()))


def _text(value: str) -> str:
    """A text of YAML: every string of JSON is one."""
    return json.dumps(value, ensure_ascii=False)
