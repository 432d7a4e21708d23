"""``pixi.toml``: the environment as a workspace of pixi."""

from __future__ import annotations

from typing import Any

from packaging.requirements import Requirement

from mlenv.plan.conda_content import ChannelAnswer, CondaContent, CondaSpec
from mlenv.plan.forms.conda import answer_of, conda_content_of, conda_headlines, environment_name
from mlenv.plan.forms.sheet import Sheet, comment


def render(sheet: Sheet) -> str:
    """A plan as a ``pixi.toml``; :class:`mlenv.errors.NoPlanError` where conda cannot have it."""
    lines = [*conda_headlines(sheet), "pixi install"]
    return "\n".join([*comment(lines), "", render_manifest(conda_content_of(sheet), answer_of(sheet.plan))])


def render_manifest(content: CondaContent, answer: ChannelAnswer | None = None) -> str:
    """The file; with the exact versions and builds of the channel's answer, where it was asked."""
    import tomli_w

    manifest: dict[str, Any] = {"workspace": _workspace(content)}
    requirements = _system_requirements(content)
    if requirements:
        manifest["system-requirements"] = requirements
    # pip is a tool of other managers: pixi brings its own.
    specs = [spec.pinned(answer) for spec in content.specs if spec.name != "pip"]
    manifest["dependencies"] = {spec.name: _dependency(spec) for spec in specs}
    if content.pip:
        manifest["pypi-dependencies"] = dict(_pypi_dependency(text) for text in content.pip)
        options = _pypi_options(content)
        if options:
            manifest["pypi-options"] = options
    if content.variables:
        manifest["activation"] = {"env": dict(sorted(content.variables.items()))}
    return tomli_w.dumps(manifest)


def _workspace(content: CondaContent) -> dict[str, Any]:
    table: dict[str, Any] = {
        "name": environment_name(content),
        "channels": list(content.channels),
        "platforms": [content.subdir],
        "channel-priority": "strict",
    }
    if content.as_of:
        table["exclude-newer"] = content.as_of.isoformat()
    return table


def _system_requirements(content: CondaContent) -> dict[str, Any]:
    """The machine's virtual packages: pixi solves for them, wherever it runs."""
    found = {row.name: row.version for row in content.virtual}
    table: dict[str, Any] = {}
    if content.accelerator == "cuda" and "__cuda" in found:
        table["cuda"] = found["__cuda"]
    if "__glibc" in found:
        table["libc"] = {"family": "glibc", "version": found["__glibc"]}
    if found.get("__linux", "0") != "0":
        table["linux"] = found["__linux"]
    if "__osx" in found:
        table["macos"] = found["__osx"]
    return table


def _dependency(spec: CondaSpec) -> str | dict[str, str]:
    version = spec.version or "*"
    exact = f"=={version}" if version[:1].isdigit() and not version.endswith(".*") else version
    return {"version": exact, "build": spec.build} if spec.build else exact


def _pypi_dependency(text: str) -> tuple[str, str | dict[str, Any]]:
    requirement = Requirement(text)
    version = str(requirement.specifier) or "*"
    if not requirement.extras:
        return requirement.name, version
    return requirement.name, {"version": version, "extras": sorted(requirement.extras)}


def _pypi_options(content: CondaContent) -> dict[str, Any]:
    table: dict[str, Any] = {}
    default = next((row.url for row in content.indexes if row.default), "")
    others = [row.url for row in content.indexes if not row.default]
    if default:
        table["index-url"] = default
    if others:
        table["extra-index-urls"] = others
        table["index-strategy"] = "unsafe-best-match"
    if content.wheels:
        table["find-links"] = [{"url" if "://" in place else "path": place} for place in content.wheels]
    return table
