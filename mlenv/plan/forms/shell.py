"""A bash script that makes the environment on any machine like the one that was planned for."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from mlenv.plan.content import Need
from mlenv.plan.forms.script import Script, make_script
from mlenv.plan.forms.sheet import Sheet, comment, headlines, notes, one_line
from mlenv.plan.plan import PlannedFile, Step

BRING_UV = """\
if ! command -v uv > /dev/null 2>&1; then
  say 'uv is not on PATH: bringing one for this script alone'
  tools=$(mktemp -d)
  if ! {{ python3 -m venv "$tools" && "$tools/bin/python" -m pip install --quiet {options}uv; }}; then
    die 'uv is needed and could not be brought: install it with "pip install uv" or "pipx install uv"'
  fi
  PATH="$tools/bin:$PATH"
fi"""
WITHOUT_UV = """\
command -v uv > /dev/null 2>&1 || die 'uv is needed: this plan is for working offline, so none is fetched'"""
HEAD = """\
set -euo pipefail

environment={environment}
tools=
say() {{ printf '==> %s\\n' "$1" >&2; }}
die() {{ printf 'error: %s\\n' "$1" >&2; exit 1; }}
end() {{
  status=$?
  if [ -n "$tools" ]; then rm -rf -- "$tools"; fi
  # All or nothing: an environment that did not become whole does not stay.
  if [ "$status" -ne 0 ] && [ "${{begun:-}}" = yes ]; then rm -rf -- "$environment"; fi
}}
trap end EXIT

[ ! -e "$environment" ] || die "$environment is there already; remove it or take another place with --env\""""
LINE = 100


def render(sheet: Sheet) -> str:
    """The script; it writes its own files, stops at the first failure and leaves nothing half-made."""
    script = make_script(sheet)
    blocks = [_head(sheet), HEAD.format(environment=shlex.quote(sheet.plan.environment))]
    blocks += ["\n".join(_warn_of_need(need)) for need in sheet.content.needs if need.command]
    if script.program:
        program = shlex.quote(script.program)
        missing = shlex.quote(f"{script.program} is needed and not on PATH")
        blocks.append(f"command -v {program} > /dev/null 2>&1 || die {missing}")
    if script.needs_uv:
        blocks.append(WITHOUT_UV if sheet.content.offline else BRING_UV.format(options=_index_options(sheet)))
    blocks += ["begun=yes", _run(script.first), *(_write(sheet, file) for file in script.files)]
    blocks += [_run(step) for step in script.rest]
    blocks += [*_export(sheet), *_prove(script), _farewell(sheet)]
    return "\n\n".join(blocks) + "\n"


def _head(sheet: Sheet) -> str:
    return "\n".join(["#!/usr/bin/env bash", *comment([*headlines(sheet), *notes(sheet)])])


def _index_options(sheet: Sheet) -> str:
    default = next((index.url for index in sheet.content.indexes if index.default), None)
    return f"--index-url {shlex.quote(default)} " if default else ""


def _warn_of_need(need: Need) -> Iterator[str]:
    version = f", {need.version} or newer" if need.version else ""
    how = f": {need.how}" if need.how else ""
    text = f"{need.title}{version}, is needed and {need.command} is not on PATH{how}"
    yield f"command -v {shlex.quote(need.command)} > /dev/null 2>&1 || say {shlex.quote(f'warning: {text}')}"


def _run(step: Step) -> str:
    quiet = " > /dev/null" if step.kind == "lock" else ""  # uv also prints the lock that it writes
    return f"say {shlex.quote(one_line(step.purpose))}\n{command_lines(step.argv)}{quiet}"


def command_lines(argv: tuple[str, ...]) -> str:
    """A command, on several lines where it is long."""
    words = [shlex.quote(word) for word in argv]
    lines, line = [], words[0]
    for word in words[1:]:
        if len(line) + len(word) > LINE:
            lines.append(f"{line} \\")
            line = f"  {word}"
        else:
            line = f"{line} {word}"
    return "\n".join([*lines, line])


def _write(sheet: Sheet, file: PlannedFile) -> str:
    path = f"{sheet.plan.environment}/{file.path}"
    folder, mark = path.rsplit("/", 1)[0], here_mark(file.text)
    return f"mkdir -p -- {shlex.quote(folder)}\ncat > {shlex.quote(path)} << '{mark}'\n{whole(file.text)}{mark}"


def here_mark(text: str) -> str:
    """A word that ends a here-document and is no line of the text."""
    mark, lines = "END_OF_FILE", text.splitlines()
    while mark in lines:
        mark += "_"
    return mark


def whole(text: str) -> str:
    """A text that ends with a line."""
    return text if text.endswith("\n") or not text else f"{text}\n"


def _export(sheet: Sheet) -> Iterator[str]:
    if sheet.plan.variables:
        yield "\n".join(f"export {name}={shlex.quote(value)}" for name, value in sorted(sheet.plan.variables.items()))


def _prove(script: Script) -> Iterator[str]:
    if script.verify is None:
        return
    proof = _run(script.verify)
    if not script.imports:
        yield f"if command -v mlenv > /dev/null 2>&1; then\n{_indented(proof)}\nfi"
        return
    less = "say 'mlenv is not on PATH: importing every framework, which proves less than mlenv verify'"
    alone = f"{less}\n{command_lines(script.imports)}"
    yield (f"if command -v mlenv > /dev/null 2>&1; then\n{_indented(proof)}\nelse\n{_indented(alone)}\nfi")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _farewell(sheet: Sheet) -> str:
    environment = sheet.plan.environment
    folder = "Scripts" if sheet.content.system == "windows" else "bin"
    lines = [f"{environment} is ready: . {shlex.quote(f'{environment}/{folder}/activate')}"]
    if sheet.plan.manager not in ("uv", "pip"):
        lines = [f"{environment} is ready"]
    lines += [f"set {name}={value} where you use it" for name, value in sorted(sheet.plan.variables.items())]
    return "\n".join(f"say {shlex.quote(one_line(line))}" for line in lines)
