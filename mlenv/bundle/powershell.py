"""``install.ps1``: the same as ``install.sh`` for PowerShell 5.1 and newer, in plain ASCII."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.bundle.manifest import BundleManifest
from mlenv.bundle.words import IMPORT, fill, handover_words, headline
from mlenv.plan.forms.powershell import quote

HEAD = """\
param([string]$Target = {environment})

$ErrorActionPreference = 'Stop'
$Here = $PSScriptRoot
$Series = {series}
$Target = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Target)

function Say($Text) {
    Write-Host "==> $Text"
}

function Invoke-Program($Program, $Arguments) {
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) {
        throw "$Program ended with status $LASTEXITCODE"
    }
}"""
PLATFORM = """\
$Architecture = $env:PROCESSOR_ARCHITECTURE
if ($env:PROCESSOR_ARCHITEW6432) {
    $Architecture = $env:PROCESSOR_ARCHITEW6432
}
if ($env:OS -ne 'Windows_NT' -or $Architecture -ne {architecture}) {
    throw {message}
}"""
SUMS = """\
Say 'Check every file of the bundle'
foreach ($Line in [IO.File]::ReadAllLines((Join-Path $Here 'SHA256SUMS'))) {
    $Sum, $Name = $Line -split '  ', 2
    $File = Join-Path $Here $Name
    if (-not (Test-Path -LiteralPath $File)) {
        throw "the bundle is incomplete: $Name is not there"
    }
    if ((Get-FileHash -Algorithm SHA256 -LiteralPath $File).Hash -ne $Sum) {
        throw "the bundle is damaged: $Name; bring it here again"
    }
}"""
FREE = """\
if (Test-Path -LiteralPath $Target) {
    throw "$Target is there already; remove it or name another place: install.ps1 TARGET"
}"""
HANDOVER = """\
if (Get-Command mlenv -ErrorAction SilentlyContinue) {
    Say 'mlenv is here: it installs from the bundle and proves the environment'
    Invoke-Program 'mlenv' @('install', '--offline', '--find-links', $Here, '--env', $Target{words})
    exit 0
}"""
FIND = """\
$Python = $null
$Label = 'import sys, sysconfig; print(str(sys.version_info[0]) + chr(46) + str(sys.version_info[1])' +
    ' + (chr(116) if sysconfig.get_config_var(str().join(map(chr, {letters}))) else str()))'
foreach ($Name in @("python$Series", 'python', 'python3')) {
    if (-not $Python -and (Get-Command $Name -ErrorAction SilentlyContinue)) {
        if ((& $Name -c $Label) -eq $Series) {
            $Python = $Name
        }
    }
}
if (-not $Python -and (Get-Command py -ErrorAction SilentlyContinue)) {
    $Python = & py "-$Series" -c 'import sys; print(sys.executable)'
}
if (-not $Python) {
    throw "Python $Series is needed and not found; put it on PATH"
}"""
UNPACK = """\
    Say {purpose}
    New-Item -ItemType Directory -Path (Join-Path $Target '.python') | Out-Null
    Invoke-Program 'tar' @('-xf', (Join-Path $Here {archive}), '-C', (Join-Path $Target '.python'))
    $Python = Join-Path $Target '.python\\python\\python.exe'
    if (-not (Test-Path -LiteralPath $Python)) {
        throw 'the archive of Python holds no python\\python.exe'
    }"""
INSTALL = """\
    Set-Location -LiteralPath $Here
    $Inside = Join-Path $Target 'Scripts\\python.exe'
    $Files = @('--no-index', '--find-links', 'wheels', '--no-deps', '--require-hashes', '--only-binary', ':all:')
    if (Get-Command uv -ErrorAction SilentlyContinue) {
        Say {create}
        Invoke-Program 'uv' @('venv', '--quiet', '--no-config', '--no-project', '--offline', '--allow-existing',
            '--python', $Python, $Target)
        Say {fill}
        Invoke-Program 'uv' (@('pip', 'install', '--quiet', '--no-config', '--offline') + $Files +
            @('--link-mode', 'copy', '--python', $Inside, '--requirements', 'requirements.txt'))
    }
    else {
        Say {create}
        Invoke-Program $Python @('-m', 'venv', $Target)
        Say {fill}
        Invoke-Program $Inside (@('-m', 'pip', '--isolated', 'install', '--quiet', '--no-input', '--no-cache-dir',
            '--disable-pip-version-check') + $Files + @('--requirement', 'requirements.txt'))
    }"""
CATCH = """\
}
catch {
    # All or nothing: an environment that did not become whole does not stay.
    if (-not $Ready -and (Test-Path -LiteralPath $Target)) {
        Remove-Item -Recurse -Force -LiteralPath $Target
    }
    throw
}
finally {
    Set-Location -LiteralPath $Before
}"""
GIL = "Py_GIL_DISABLED"
ARCHITECTURES = {"x86_64": "AMD64", "aarch64": "ARM64", "x86": "x86"}


def render_powershell(manifest: BundleManifest, modules: tuple[str, ...], environment: str) -> str:
    """The script; ``modules`` are imported at the end, ``environment`` is the target where none is named."""
    return "\n\n".join(_blocks(manifest, modules, environment)) + "\n"


def _blocks(manifest: BundleManifest, modules: tuple[str, ...], environment: str) -> Iterator[str]:
    head = f"#Requires -Version 5.1\n# {headline(manifest)}\n# Usage: install.ps1 [TARGET]"
    yield head.encode("ascii", "replace").decode()
    yield fill(HEAD, environment=quote(environment), series=quote(manifest.target.python))
    architecture = manifest.target.platform.partition("-")[2]
    message = quote(f"this bundle is for {manifest.target.platform}, and this machine is another")
    yield fill(PLATFORM, architecture=quote(ARCHITECTURES.get(architecture, architecture)), message=message)
    yield SUMS
    yield FREE
    words = handover_words(manifest.request)
    if words is not None:
        yield fill(HANDOVER, words="".join(f", {quote(word)}" for word in words))
    if manifest.python is None:
        yield fill(FIND, letters=f"[{', '.join(str(ord(letter)) for letter in GIL)}]")
    yield "$Before = Get-Location\n$Ready = $false\ntry {\n    New-Item -ItemType Directory -Path $Target | Out-Null"
    yield from _work(manifest, modules)
    yield CATCH
    yield "Say \"$Target is ready: & '$Target\\Scripts\\Activate.ps1'\""


def _work(manifest: BundleManifest, modules: tuple[str, ...]) -> Iterator[str]:
    series = manifest.target.python
    if manifest.python is not None:
        purpose = quote(f"Unpack Python {manifest.python.version}")
        yield fill(UNPACK, purpose=purpose, archive=quote(manifest.python.path))
    create, filling = f"Create the environment with Python {series}", f"Install {len(manifest.packages)} packages"
    yield fill(INSTALL, create=quote(create), fill=quote(filling))
    for name, value in sorted(manifest.plan.variables.items()):
        yield f"    $env:{name} = {quote(value)}"
    if modules:
        names = ", ".join(quote(name) for name in modules)
        yield f"    Say {quote('Import ' + ', '.join(modules))}"
        yield f"    Invoke-Program $Inside @('-I', '-c', {quote(IMPORT)}, {names})"
    yield "    $Ready = $true"
