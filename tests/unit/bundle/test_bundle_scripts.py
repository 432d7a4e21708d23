"""The installers of a bundle: read by their own tools, and run where a shell is at hand."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
import uv

from mlenv.bundle.manifest import BundledPackage, BundledPython, BundleManifest, BundleRequest, BundleTarget
from mlenv.bundle.powershell import render_powershell
from mlenv.bundle.readme import render_readme
from mlenv.bundle.script import render_script
from mlenv.bundle.words import handover_words
from mlenv.bundle.writing import Contents, write_bundle
from mlenv.facts.system import Libc
from tests.unit.bundle.making import PLAN, make_contents, make_wheel

SERIES = f"{sys.version_info.major}.{sys.version_info.minor}"
HERE = BundleTarget(platform="linux-x86_64", python=SERIES, accelerator="cpu", variant="cpu")
FULL = BundleTarget(
    platform="linux-x86_64",
    python="3.12",
    accelerator="cuda",
    variant="cu126",
    libc=Libc(family="glibc", version="2.28"),
    driver="560.28.03",
)
MACOS = BundleTarget(platform="macos-arm64", python="3.12", accelerator="mps", variant="cpu", macos="14.0")
WINDOWS = BundleTarget(platform="windows-x86_64", python="3.12", accelerator="cpu", variant="cpu")
PYTHON = BundledPython(
    key="cpython-3.12.1-linux-x86_64-gnu",
    version="3.12.1",
    path="python/1/cpython.tar.gz",
    system="linux",
    architecture="x86_64",
    libc="gnu",
)
SHELLCHECK = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or ""
NASTY = 'it\'s $HOME `x` "y" ü'
needs_shell = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("sh"), reason="runs the script for linux-x86_64"
)


def manifest_of(contents: Contents) -> BundleManifest:
    return BundleManifest(
        matrix_version="1",
        created=contents.created,
        profile=contents.plan.profile,
        request=contents.request,
        target=contents.target,
        packages=contents.packages,
        python=contents.python,
        files=(),
        plan=contents.plan,
    )


CASES = [
    make_contents(target=HERE),
    make_contents(target=FULL, python=PYTHON, plan=msgspec.structs.replace(PLAN, variables={"A": NASTY})),
    make_contents(target=MACOS, request=BundleRequest(extras=(NASTY,), python="3.12")),
]


@pytest.mark.parametrize("contents", CASES)
@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
def test_shells_can_read_the_script(contents: Contents, shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"needs {shell}")
    text = render_script(manifest_of(contents), ("numpy", "a.b"), NASTY)
    done = subprocess.run([shell, "-n"], input=text, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.skipif(not SHELLCHECK, reason="needs shellcheck")
@pytest.mark.parametrize("contents", CASES)
def test_shellcheck_finds_nothing(contents: Contents) -> None:
    text = render_script(manifest_of(contents), ("numpy", "a.b"), NASTY)
    # SC2016: a dollar in single quotes is just what these odd names are about.
    command = [SHELLCHECK, "--shell", "sh", "--exclude", "SC2016", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stdout)


@pytest.mark.parametrize("python", [None, PYTHON])
def test_powershell_s_grammar_accepts_the_script(python: BundledPython | None) -> None:
    tree_sitter = pytest.importorskip("tree_sitter")
    powershell = pytest.importorskip("tree_sitter_powershell")
    contents = make_contents(target=WINDOWS, python=python, plan=msgspec.structs.replace(PLAN, variables={"A": NASTY}))
    text = render_powershell(manifest_of(contents), ("numpy",), NASTY)
    assert text.isascii()
    parser = tree_sitter.Parser(tree_sitter.Language(powershell.language()))
    assert not parser.parse(text.encode()).root_node.has_error


def test_the_readme_has_ten_lines() -> None:
    assert 10 == len(render_readme(manifest_of(CASES[1])).splitlines())


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (BundleRequest(profiles=("a",), extras=("b>1",)), ("--profile", "a", "--with", "b>1", "--manager", "uv")),
        (BundleRequest(python="3.12", manager="pip"), ("--python", "3.12", "--manager", "pip")),
        (BundleRequest(profiles=("my/own.toml",)), None),
        (BundleRequest(profiles=("a",), own_matrix=True), None),
    ],
)
def test_what_mlenv_is_asked_there(request_: BundleRequest, words: tuple[str, ...] | None) -> None:
    assert words == handover_words(request_)


# ---------------------------------------------------------------- run


def lay_out(folder: Path, *, python: bool = False, target: BundleTarget = HERE, text: str = "") -> Path:
    """A bundle of one package; with ``python`` it brings an interpreter, which is that of the tests in a wrapper."""
    (folder / "wheels").mkdir(parents=True)
    wheel = make_wheel(folder / "wheels", "lower", text=text)
    packages = (BundledPackage(name="lower", version="1.0", path=f"wheels/{wheel.name}"),)
    own = msgspec.structs.replace(PYTHON, path="python/1/cpython.tar.gz") if python else None
    if python:
        (folder / "python/1").mkdir(parents=True)
        wrapper = f'#!/bin/sh\nexec "{Path(sys.executable).resolve()}" "$@"\n'.encode()
        with tarfile.open(folder / "python/1/cpython.tar.gz", "w:gz") as tar:
            member = tarfile.TarInfo("python/bin/python3")
            member.size, member.mode = len(wrapper), 0o755
            tar.addfile(member, BytesIO(wrapper))
    contents = make_contents(*packages, target=target, python=own, modules=("lower",))
    write_bundle(folder, contents)
    return folder


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH with what every system has, uv, and the Python of the tests."""
    folder = tmp_path / "tools"
    folder.mkdir()
    names = ("sh", "uname", "dirname", "sha256sum", "getconf", "grep", "mkdir", "rm", "tar", "gzip", "head")
    for name in names:
        found = shutil.which(name, path="/usr/bin:/bin")
        if found:
            (folder / name).symlink_to(found)
    (folder / f"python{SERIES}").symlink_to(Path(sys.executable).resolve())
    (folder / "uv").symlink_to(uv.find_uv_bin())
    return folder


def install(bundle: Path, tools: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(bundle / "install.sh"), *arguments],
        cwd=bundle.parent,
        env={"PATH": str(tools), "HOME": str(bundle.parent), "PIP_INDEX_URL": "http://127.0.0.1:9/"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@needs_shell
@pytest.mark.parametrize(
    ("installer", "python"),
    [("pip", True), ("uv", True), ("uv", False)],
    ids=["pip, the bundle's python", "uv, the bundle's python", "uv, its own python"],
)
def test_it_installs_in_a_place_with_an_odd_name(tmp_path: Path, tools: Path, installer: str, python: bool) -> None:
    bundle = lay_out(tmp_path / NASTY, python=python)
    if python:
        (tools / f"python{SERIES}").unlink()
    if installer == "pip":  # slow: the environment brings pip first
        (tools / "uv").unlink()
    done = install(bundle, tools, f"{NASTY} env")
    assert 0 == done.returncode, done.stderr
    inside = tmp_path / f"{NASTY} env/bin/python"
    where = subprocess.run([inside, "-I", "-c", "import lower; print(lower.__file__)"], capture_output=True, text=True)
    assert where.stdout.startswith(str(tmp_path / f"{NASTY} env/lib"))
    again = install(bundle, tools, f"{NASTY} env")
    assert (1, True) == (again.returncode, "is there already" in again.stderr)
    assert inside.exists()


@needs_shell
def test_what_does_not_work_does_not_stay(tmp_path: Path, tools: Path) -> None:
    done = install(lay_out(tmp_path / "bundle", text="raise ImportError('broken on purpose')\n"), tools, "env")
    assert 0 != done.returncode
    assert "broken on purpose" in done.stderr
    assert not (tmp_path / "env").exists()


@needs_shell
def test_a_damaged_bundle_is_refused_before_anything(tmp_path: Path, tools: Path) -> None:
    bundle = lay_out(tmp_path / "bundle")
    with (bundle / "wheels/lower-1.0-py3-none-any.whl").open("ab") as file:
        file.write(b"x")
    for checker in ("sha256sum", "python3"):
        if checker == "python3":
            (tools / "sha256sum").unlink()
            (tools / "python3").symlink_to(Path(sys.executable).resolve())
        done = install(bundle, tools, "env")
        assert 1 == done.returncode
        assert "wheels/lower-1.0-py3-none-any.whl: FAILED" in done.stderr
        assert "the bundle is damaged or incomplete" in done.stderr
        assert not (tmp_path / "env").exists()


@needs_shell
def test_without_sha256sum_a_good_bundle_is_checked_by_python(tmp_path: Path, tools: Path) -> None:
    (tools / "sha256sum").unlink()
    (tools / "python3").symlink_to(Path(sys.executable).resolve())
    done = install(lay_out(tmp_path / "bundle"), tools, "env")
    assert 0 == done.returncode, done.stderr


@needs_shell
@pytest.mark.parametrize(
    ("target", "said"),
    [
        (MACOS, "this bundle is for macos-arm64, and this machine is Linux"),
        (
            msgspec.structs.replace(HERE, libc=Libc(family="glibc", version="9.9")),
            "this bundle needs glibc 9.9",
        ),
        (msgspec.structs.replace(HERE, python="3.99"), "Python 3.99 is needed and not found"),
    ],
)
def test_another_machine_is_refused(tmp_path: Path, tools: Path, target: BundleTarget, said: str) -> None:
    done = install(lay_out(tmp_path / "bundle", target=target), tools, "env")
    assert (1, True) == (done.returncode, said in done.stderr), done.stderr
    assert not (tmp_path / "env").exists()


@needs_shell
def test_mlenv_takes_over_where_it_is(tmp_path: Path, tools: Path) -> None:
    (tools / "mlenv").write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    (tools / "mlenv").chmod(0o755)
    bundle = lay_out(tmp_path / "a bundle")
    words = install(bundle, tools, "env").stdout.split("|")
    assert ["install", "--offline", "--find-links", str(bundle), "--env", str(tmp_path / "env")] == words[:6]
    assert ["--profile", "starter", "--manager", "uv", ""] == words[6:]


@needs_shell
@pytest.mark.parametrize(
    ("one", "two", "older"),
    [("2.17", "2.28", 0), ("2.28", "2.28", 1), ("2.100", "2.28", 1), ("2", "2.0.1", 0), ("535.05", "535.4", 1)],
)
def test_versions_are_compared_number_by_number(one: str, two: str, older: int) -> None:
    text = render_script(manifest_of(CASES[0]), (), ".venv")
    function = text[text.index("older() {") : text.index("case ${1-}")]
    done = subprocess.run(["/bin/sh", "-c", f"set -eu\n{function}\nolder {one} {two}"], check=False)
    assert older == done.returncode
