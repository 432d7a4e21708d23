# mlenv from a checkout on Windows: sets itself up on the first call, then starts at once.
# Needs Python 3.10 or newer; uses uv where it is there and pip else.
$ErrorActionPreference = "Stop"
$root = Split-Path -Parent $PSScriptRoot
$venv = Join-Path $root ".venv-mlenv"
$python = Join-Path $venv "Scripts\python.exe"
$project = Join-Path $root "pyproject.toml"
$stamp = Join-Path $venv "made-from.toml"

function Find-Python {
    foreach ($candidate in @($env:MLENV_PYTHON, "py", "python3", "python")) {
        if (-not $candidate) { continue }
        if (-not (Get-Command $candidate -ErrorAction SilentlyContinue)) { continue }
        try {
            $path = & $candidate -c "import sys; print(sys.executable if sys.version_info >= (3, 10) and sys.maxsize > 2**32 else '')" 2>$null
        } catch { continue }
        if ($path) { return $path.Trim() }
    }
    [Console]::Error.WriteLine("error: no 64-bit Python 3.10 or newer was found")
    [Console]::Error.WriteLine("hint: install one (winget install Python.Python.3.12), or set MLENV_PYTHON to its path")
    exit 2
}

function Test-Current {
    if (-not ((Test-Path $python) -and (Test-Path $stamp))) { return $false }
    return (Get-FileHash $project).Hash -eq (Get-FileHash $stamp).Hash
}

if (-not (Test-Current)) {
    $base = Find-Python
    [Console]::Error.WriteLine("Setting up .venv-mlenv with $base (once) ...")
    if (Test-Path $venv) { Remove-Item -Recurse -Force $venv }
    & $base -m venv $venv
    if ($LASTEXITCODE -ne 0) { [Console]::Error.WriteLine("error: $base cannot make virtual environments"); exit 2 }
    & $python -m pip install --quiet --disable-pip-version-check --editable $root
    if ($LASTEXITCODE -ne 0) {
        Remove-Item -Recurse -Force $venv
        [Console]::Error.WriteLine("error: the packages that mlenv needs could not be installed")
        [Console]::Error.WriteLine("hint: check the network, proxy and index settings of pip")
        exit 2
    }
    Copy-Item $project $stamp
}
& $python -m mlenv @args
exit $LASTEXITCODE
