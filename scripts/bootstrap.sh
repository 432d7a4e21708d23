# Sourced by scripts/mlenv and scripts/test: makes a private virtual environment for this checkout.
# Needs a POSIX shell and Python 3.10 or newer; uses uv where it is there and pip else.

# The newest Python from 3.10 on that really answers (a pyenv shim may not).
find_python() {
    for name in "${MLENV_PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python3.10 python; do
        [ -n "$name" ] || continue
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10) or sys.maxsize < 2**32)' >/dev/null 2>&1; then
            "$name" -c 'import sys; print(sys.executable)'
            return 0
        fi
    done
    echo "error: no Python 3.10 or newer was found" >&2
    echo "hint: install one (python.org, your system's packages, or uv), or name it: MLENV_PYTHON=/path/to/python $0" >&2
    return 1
}

# prepare VENV WHAT...: VENV holds WHAT (arguments for `uv pip install`); nothing is done when
# pyproject.toml is the one that it was made from.
prepare() {
    venv=$1
    shift
    if [ -x "$venv/bin/python" ] && cmp -s "$root/pyproject.toml" "$venv/made-from.toml"; then
        return 0
    fi
    python=$(find_python) || return 2
    echo "Setting up ${venv#"$root"/} with $python (once) ..." >&2
    rm -rf "$venv"
    if ! make_with_uv "$venv" "$python" "$@"; then
        make_with_pip "$venv" "$python" "$@" || return 2
    fi
    # Start-up counts, also where PYTHONDONTWRITEBYTECODE keeps Python from doing this by itself.
    "$venv/bin/python" -m compileall -q "$root/mlenv" >/dev/null 2>&1 || true
    cp "$root/pyproject.toml" "$venv/made-from.toml"
}

make_with_uv() {
    command -v uv >/dev/null 2>&1 || return 1
    uv venv --quiet --no-project --python "$2" "$1" || return 1
    (cd "$root" && shift 2 && uv pip install --quiet --compile-bytecode --python "$venv/bin/python" "$@")
}

make_with_pip() {
    rm -rf "$1"
    if ! "$2" -m venv "$1" >&2; then
        rm -rf "$1"
        echo "error: $2 cannot make virtual environments" >&2
        echo "hint: install its venv module (Debian and Ubuntu: apt install python3-venv), or uv" >&2
        return 1
    fi
    # Dependency groups need pip 25.1.
    "$1/bin/python" -m pip install -qq --disable-pip-version-check --upgrade "pip>=25.1" >&2 &&
        (cd "$root" && shift 2 && "$venv/bin/python" -m pip install -qq --disable-pip-version-check "$@" >&2) && return 0
    rm -rf "$1"
    echo "error: the packages that mlenv needs could not be installed" >&2
    echo "hint: check the network, proxy and index settings of pip" >&2
    return 1
}
