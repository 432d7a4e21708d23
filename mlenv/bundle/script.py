"""``install.sh``: sets the environment up from the bundle alone, on a machine with a POSIX shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from mlenv.bundle.manifest import BundleManifest
from mlenv.bundle.words import IMPORT, fill, handover_words, headline, one_line

HEAD = """\
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
series={series}
target={environment}
begun=

say() { printf '==> %s\\n' "$1" >&2; }
die() { printf 'error: %s\\n' "$1" >&2; exit 1; }
end() {
  status=$?
  trap - EXIT
  # All or nothing: an environment that did not become whole does not stay.
  if [ "$status" -ne 0 ] && [ -n "$begun" ]; then rm -rf -- "$target"; fi
  exit "$status"
}
trap end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Whether one version is older than another, number by number.
older() {
  left=$1. right=$2.
  while [ -n "$left$right" ]; do
    one=${left%%.*} two=${right%%.*}
    left=${left#*.} right=${right#*.}
    [ "${one:-0}" -eq "${two:-0}" ] || { [ "${one:-0}" -lt "${two:-0}" ]; return; }
  done
  return 1
}

case ${1-} in
  -h | --help)
    printf 'usage: [PYTHON=/path/to/python] sh install.sh [TARGET]\\n'
    printf '  sets the environment up in TARGET (%s by default)\\n' "$target"
    exit 0
    ;;
esac
[ "$#" -le 1 ] || die 'one TARGET at most: sh install.sh [TARGET]'
[ -z "${1-}" ] || target=$1
case $target in
  /*) ;;
  *) target=$PWD/$target ;;
esac"""
PLATFORM = """\
system=$(uname -s)
architecture=$(uname -m)
case $system-$architecture in
  {pattern}) ;;
  *) die "this bundle is for {platform}, and this machine is $system $architecture" ;;
esac"""
GLIBC = """\
if command -v getconf > /dev/null 2>&1; then
  libc=$(getconf GNU_LIBC_VERSION 2> /dev/null) || die 'this bundle needs glibc {floor}, and here is another C library'
  if older "${libc##* }" {floor}; then die "this bundle needs glibc {floor} or newer, and this machine has $libc"; fi
fi"""
MACOS = """\
if older "$(sw_vers -productVersion)" {floor}; then
  die "this bundle needs macOS {floor} or newer, and this machine has $(sw_vers -productVersion)"
fi"""
DRIVER = """\
if command -v nvidia-smi > /dev/null 2>&1; then
  driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader 2> /dev/null | head -n 1) || driver=
  case $driver in
    '' | *[!0-9.]*) say 'warning: the NVIDIA driver says no version; {floor} or newer is needed' ;;
    *) if older "$driver" {floor}; then say "warning: NVIDIA driver {floor} or newer is needed, this is $driver"; fi ;;
  esac
else
  say 'warning: no NVIDIA driver is found; {floor} or newer is needed to use the GPU'
fi"""
SUMS = """\
say 'Check every file of the bundle'
if command -v sha256sum > /dev/null 2>&1; then
  sums=$(cd -- "$here" && sha256sum -c SHA256SUMS 2>&1) || sums="failed: $sums"
elif command -v shasum > /dev/null 2>&1; then
  sums=$(cd -- "$here" && shasum -a 256 -c SHA256SUMS 2>&1) || sums="failed: $sums"
elif command -v python3 > /dev/null 2>&1; then
  sums=$(cd -- "$here" && python3 -c '
import hashlib, sys
wrong = []
for line in open("SHA256SUMS"):
    want, name = line.split()
    digest = hashlib.sha256()
    try:
        with open(name, "rb") as file:
            for part in iter(lambda: file.read(1 << 20), b""):
                digest.update(part)
    except OSError:
        digest.update(b"missing")
    if digest.hexdigest() != want:
        wrong.append(name + ": FAILED")
print("\\n".join(wrong))
sys.exit(bool(wrong))' 2>&1) || sums="failed: $sums"
else
  die 'sha256sum, shasum or python3 is needed to check the bundle'
fi
case $sums in
  failed:*)
    printf '%s\\n' "${sums#failed: }" | grep -v ': OK$' >&2 || true
    die 'the bundle is damaged or incomplete; bring it here again'
    ;;
esac"""
FREE = """\
if [ -e "$target" ] || [ -L "$target" ]; then
  die "$target is there already; remove it or name another place: sh install.sh TARGET"
fi"""
HANDOVER = """\
if command -v mlenv > /dev/null 2>&1; then
  say 'mlenv is here: it installs from the bundle and proves the environment'
  exec mlenv install --offline --find-links "$here" --env "$target"{words}
fi"""
BEGIN = """\
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV CONDA_PREFIX
unset UV_INDEX UV_DEFAULT_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_CONSTRAINT UV_OVERRIDE
unset UV_SYSTEM_PYTHON UV_PROJECT UV_WORKING_DIR UV_PYTHON"""
FIND = """\
serves() {
  found=$("$1" -c 'import sys, sysconfig
print("%d.%d" % sys.version_info[:2] + ("t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""))' 2> /dev/null) &&
    [ "$found" = "$series" ]
}
find_python() {
  for name in "${PYTHON:-}" "python$series" python3 python "${HOME:-/}/.pyenv/versions/$series".*/bin/python3; do
    if path=$(command -v "$name") && serves "$path"; then
      printf '%s\\n' "$path"
      return
    fi
  done
  if command -v uv > /dev/null 2>&1; then
    uv python find --no-config --no-project --offline --no-python-downloads "$series" 2> /dev/null
    return
  fi
  return 1
}
python=$(find_python) || die "Python $series is needed and not found; name it: PYTHON=/path/to/python sh install.sh"
mkdir -p -- "$(dirname -- "$target")"
mkdir -- "$target"
begun=yes"""
UNPACK = """\
mkdir -p -- "$(dirname -- "$target")"
mkdir -- "$target"
begun=yes
say {purpose}
mkdir -- "$target/.python"
tar -x{kind}f "$here/{archive}" -C "$target/.python"
python=
for path in "$target/.python/python/bin/python3" "$target/.python/python/install/bin/python3"; do
  if [ -z "$python" ] && [ -x "$path" ]; then python=$path; fi
done
[ -n "$python" ] || die 'the archive of Python holds no python/bin/python3'"""
INSTALL = """\
cd -- "$here"
if command -v uv > /dev/null 2>&1; then
  say {create}
  uv venv --quiet --no-config --no-project --offline --allow-existing --python "$python" "$target"
  say {fill}
  uv pip install --quiet --no-config --offline --no-index --find-links wheels --no-deps --require-hashes \\
    --only-binary :all: --link-mode copy --python "$target/bin/python" --requirements requirements.txt
else
  say {create}
  "$python" -m venv "$target" || die "$python cannot make an environment (on Debian and Ubuntu: python$series-venv)"
  say {fill}
  PIP_CONFIG_FILE=/dev/null "$target/bin/python" -m pip --isolated install --quiet --no-input --no-cache-dir \\
    --disable-pip-version-check --no-index --find-links wheels --no-deps --require-hashes --only-binary :all: \\
    --requirement requirements.txt
fi"""


def render_script(manifest: BundleManifest, modules: tuple[str, ...], environment: str) -> str:
    """The script; it checks the bundle and the machine, stops at the first failure and leaves nothing half-made.

    ``modules`` are imported at the end, ``environment`` is the TARGET where none is named.
    """
    return "\n\n".join(_blocks(manifest, modules, environment)) + "\n"


def _blocks(manifest: BundleManifest, modules: tuple[str, ...], environment: str) -> Iterator[str]:
    target = manifest.target
    yield f"#!/bin/sh\n# {headline(manifest)}\n# Usage: [PYTHON=/path/to/python] sh install.sh [TARGET]"
    yield fill(HEAD, series=shlex.quote(target.python), environment=shlex.quote(environment))
    yield from _checks(manifest)
    yield SUMS
    yield FREE
    words = handover_words(manifest.request)
    if words is not None:
        yield fill(HANDOVER, words="".join(f" {shlex.quote(word)}" for word in words))
    yield BEGIN
    if manifest.python is None:
        yield FIND
    else:
        kind = "z" if manifest.python.path.endswith(("gz", "tgz")) else ""
        purpose = shlex.quote(f"Unpack Python {manifest.python.version}")
        yield fill(UNPACK, purpose=purpose, kind=kind, archive=manifest.python.path)
    create, filling = (
        f"Create the environment with Python {target.python}",
        f"Install {len(manifest.packages)} packages",
    )
    yield fill(INSTALL, create=shlex.quote(create), fill=shlex.quote(filling))
    yield from _proof(manifest, modules)
    yield "begun=\nsay \"$target is ready: . '$target/bin/activate'\""


def _checks(manifest: BundleManifest) -> Iterator[str]:
    target = manifest.target
    system, _, architecture = target.platform.partition("-")
    kernel = {"linux": "Linux", "macos": "Darwin"}.get(system, system)
    names = {"x86_64": ("x86_64", "amd64"), "aarch64": ("aarch64", "arm64"), "arm64": ("arm64", "aarch64")}
    pattern = " | ".join(f"{kernel}-{name}" for name in names.get(architecture, (architecture,)))
    yield fill(PLATFORM, pattern=pattern, platform=target.platform)
    if target.libc is not None and target.libc.family == "glibc":
        yield fill(GLIBC, floor=target.libc.version)
    if target.macos:
        yield fill(MACOS, floor=target.macos)
    if target.driver and system == "linux":
        yield fill(DRIVER, floor=target.driver)


def _proof(manifest: BundleManifest, modules: tuple[str, ...]) -> Iterator[str]:
    for name, value in sorted(manifest.plan.variables.items()):
        yield f"export {name}={shlex.quote(value)}"
    if modules:
        names = " ".join(shlex.quote(name) for name in modules)
        purpose = shlex.quote(one_line(f"Import {', '.join(modules)}"))
        yield f'say {purpose}\n"$target/bin/python" -I -c {shlex.quote(IMPORT)} {names}'
