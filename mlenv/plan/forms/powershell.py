"""A PowerShell script that makes the environment on any machine like the one that was planned for.

It is plain ASCII: Windows PowerShell 5 takes a file without a byte-order mark for the old code page.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.plan.forms.script import Script, make_script
from mlenv.plan.forms.sheet import Sheet, comment, headlines, notes, one_line
from mlenv.plan.plan import PlannedFile, Step

HEAD = """\
$ErrorActionPreference = 'Stop'
$Environment = {environment}
$Tools = $null

function Say($Text) {{
    Write-Host "==> $Text"
}}

function Invoke-Program($Program, $Arguments) {{
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) {{
        throw "$Program ended with status $LASTEXITCODE"
    }}
}}

function Write-Lines($Path, $Lines) {{
    $Full = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
    New-Item -ItemType Directory -Force -Path (Split-Path -Parent $Full) | Out-Null
    [IO.File]::WriteAllText($Full, ($Lines -join "`n") + "`n")
}}

if (Test-Path -LiteralPath $Environment) {{
    throw "$Environment is there already; remove it or take another place with --env"
}}"""
LINE = 100
COMMA = ",\n    "
BRING_UV = """\
if (-not (Get-Command uv -ErrorAction SilentlyContinue)) {{
    Say 'uv is not on PATH: bringing one for this script alone'
    $Tools = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
    $Python = 'python3'
    if (Get-Command py -ErrorAction SilentlyContinue) {{
        $Python = 'py'
    }}
    Invoke-Program $Python @('-m', 'venv', $Tools)
    $Folder = Join-Path $Tools {folder}
    Invoke-Program (Join-Path $Folder 'python') @('-m', 'pip', 'install', '--quiet', {options}'uv')
    $env:PATH = $Folder + [IO.Path]::PathSeparator + $env:PATH
}}"""
WITHOUT_UV = """\
if (-not (Get-Command uv -ErrorAction SilentlyContinue)) {
    throw 'uv is needed: this plan is for working offline, so none is fetched'
}"""
CATCH = """\
catch {
    # All or nothing: an environment that did not become whole does not stay.
    if (Test-Path -LiteralPath $Environment) {
        Remove-Item -Recurse -Force -LiteralPath $Environment
    }
    throw
}
finally {
    if ($Tools -and (Test-Path -LiteralPath $Tools)) {
        Remove-Item -Recurse -Force -LiteralPath $Tools
    }
}"""


def render(sheet: Sheet) -> str:
    """The script; it writes its own files, stops at the first failure and leaves nothing half-made."""
    script = make_script(sheet)
    body = [*_bring_uv(sheet, script), _run(script.first), *(_write(sheet, file) for file in script.files)]
    body += [_run(step) for step in script.rest]
    body += [*_variables(sheet), *_prove(script), _farewell(sheet)]
    head = [_head(sheet), HEAD.format(environment=quote(sheet.plan.environment))]
    head += [_warn_of_need(need.command, need.title, need.how) for need in sheet.content.needs if need.command]
    head += [_demand(script.program)] if script.program else []
    tried = "try {\n" + "\n\n".join(_indented(block) for block in body) + "\n}"
    return "\n\n".join([*head, f"{tried}\n{CATCH}"]) + "\n"


def quote(text: str) -> str:
    """A text as a PowerShell expression: within single quotes, other letters than ASCII by their number.

    PowerShell takes some typographic quotes for quotes, and its older version misreads such letters.
    """
    parts: list[str] = []
    plain = ""
    for unit in _units(text):
        if 32 <= unit < 127:
            plain += "''" if unit == 39 else chr(unit)
            continue
        parts += [f"'{plain}'"] if plain or not parts else []
        parts.append(f"[char]{unit}")
        plain = ""
    parts += [f"'{plain}'"] if plain or not parts else []
    return parts[0] if len(parts) == 1 else f"({' + '.join(parts)})"


def _units(text: str) -> Iterator[int]:
    """The UTF-16 units of a text, which are PowerShell's letters."""
    coded = text.encode("utf-16-le", "surrogatepass")
    return (coded[place] | coded[place + 1] << 8 for place in range(0, len(coded), 2))


def _head(sheet: Sheet) -> str:
    lines = comment([*headlines(sheet), *notes(sheet)])
    return "\n".join(line.encode("ascii", "replace").decode() for line in ["#Requires -Version 5.1", *lines])


def _bring_uv(sheet: Sheet, script: Script) -> Iterator[str]:
    if not script.needs_uv:
        return
    if sheet.content.offline:
        yield WITHOUT_UV
        return
    default = next((index.url for index in sheet.content.indexes if index.default), None)
    options = f"'--index-url', {quote(default)}, " if default else ""
    folder = quote("Scripts" if sheet.content.system == "windows" else "bin")
    yield BRING_UV.format(options=options, folder=folder)


def _warn_of_need(command: str, title: str, how: str) -> str:
    text = f"{title} is needed and {command} is not on PATH" + (f": {how}" if how else "")
    test = f"if (-not (Get-Command {quote(command)} -ErrorAction SilentlyContinue)) {{"
    return f"{test}\n    Write-Warning {quote(one_line(text))}\n}}"


def _demand(program: str) -> str:
    missing = quote(f"{program} is needed and not on PATH")
    return f"if (-not (Get-Command {quote(program)} -ErrorAction SilentlyContinue)) {{\n    throw {missing}\n}}"


def _run(step: Step) -> str:
    quiet = " | Out-Null" if step.kind == "lock" else ""  # uv also prints the lock that it writes
    return f"Say {quote(one_line(step.purpose))}\n{command_text(step.argv)}{quiet}"


def command_text(argv: tuple[str, ...]) -> str:
    """A command whose failure ends the script."""
    words = [quote(word) for word in argv[1:]]
    line = f"Invoke-Program {quote(argv[0])} @({', '.join(words)})"
    if len(line) <= LINE:
        return line
    return f"Invoke-Program {quote(argv[0])} @(\n    {COMMA.join(words)}\n)"


def _write(sheet: Sheet, file: PlannedFile) -> str:
    lines = "\n".join(f"    {quote(line)}" for line in file.text.splitlines())
    return f"Write-Lines {quote(f'{sheet.plan.environment}/{file.path}')} @(\n{lines}\n)"


def _variables(sheet: Sheet) -> Iterator[str]:
    for name, value in sorted(sheet.plan.variables.items()):
        yield f"$env:{name} = {quote(value)}"


def _prove(script: Script) -> Iterator[str]:
    if script.verify is None:
        return
    text = f"if (Get-Command mlenv -ErrorAction SilentlyContinue) {{\n{_indented(_run(script.verify))}\n}}"
    if script.imports:
        less = "Say 'mlenv is not on PATH: importing every framework, which proves less than mlenv verify'"
        alone = _indented(f"{less}\n{command_text(script.imports)}")
        text = f"{text}\nelse {{\n{alone}\n}}"
    yield text


def _farewell(sheet: Sheet) -> str:
    environment = sheet.plan.environment
    separator, folder = ("\\", "Scripts") if sheet.content.system == "windows" else ("/", "bin")
    activate = "activate.ps1" if sheet.plan.manager == "uv" else "Activate.ps1"
    lines = [f"{environment} is ready: {separator.join((environment, folder, activate))}"]
    if sheet.plan.manager not in ("uv", "pip"):
        lines = [f"{environment} is ready"]
    lines += [f"set {name}={value} where you use it" for name, value in sorted(sheet.plan.variables.items())]
    return "\n".join(f"Say {quote(one_line(line))}" for line in lines)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else line for line in text.splitlines())
