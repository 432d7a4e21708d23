"""A project file for uv: what to put into a pyproject.toml of one's own, and valid as it stands."""

from __future__ import annotations

import re
from typing import Any

from mlenv.plan.content import Content
from mlenv.plan.forms.sheet import Sheet, comment, headlines, notes
from mlenv.plan.project import python_condition, uv_table

_SYSTEMS = {"linux": "linux", "macos": "darwin", "windows": "win32"}
_MACHINES = {
    "linux-x86_64": "x86_64",
    "linux-aarch64": "aarch64",
    "windows-x86_64": "AMD64",
    "macos-arm64": "arm64",
    "macos-x86_64": "x86_64",
}


def render(sheet: Sheet) -> str:
    """``uv sync`` in its folder makes the environment; merge the tables into a project that is there."""
    import tomli_w

    use = "`uv sync` beside this file makes .venv; for a project of your own take over these tables."
    head = comment([*headlines(sheet), use, *notes(sheet)])
    return "\n".join([*head, "", tomli_w.dumps(_project(sheet.content))])


def _project(content: Content) -> dict[str, Any]:
    words = "-".join(("mlenv", *content.profiles)).lower()
    return {
        "project": {
            "name": re.sub(r"[^a-z0-9]+", "-", words).strip("-"),
            "version": "0",
            "requires-python": python_condition(content),
            "dependencies": list(content.names),
        },
        "tool": {"uv": {"package": False, **_scope(content), **uv_table(content)}},
    }


def _scope(content: Content) -> dict[str, Any]:
    """The platform that the plan is for: uv would otherwise lock for every platform there is."""
    scope: dict[str, Any] = {}
    machine = _MACHINES.get(content.platform)
    if machine:
        system = _SYSTEMS[content.system]
        scope["environments"] = [f"sys_platform == '{system}' and platform_machine == '{machine}'"]
    if content.offline:
        scope["offline"] = True
    if content.as_of and content.dated:
        scope["exclude-newer"] = content.as_of.isoformat()
    return scope
