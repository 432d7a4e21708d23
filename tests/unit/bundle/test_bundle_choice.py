"""Which files a bundle takes, from whom, and what they ask of a machine."""

from __future__ import annotations

import os
import sys
import tarfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
import uv

from mlenv.bundle.building import Builder, build_wheel
from mlenv.bundle.choice import ChosenFile, choose_files, doubt_hashes
from mlenv.bundle.fitting import find_misfits
from mlenv.bundle.floors import lowest_libc, lowest_macos
from mlenv.bundle.logins import Logins, NamedIndex, ask_keyring
from mlenv.bundle.manifest import BundledPython, BundleTarget
from mlenv.bundle.names import is_plain_name
from mlenv.errors import InstallError
from mlenv.facts.drivers import Nvidia
from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.system import Libc, OperatingSystem
from mlenv.plan.lock import Lock, LockedFile, LockedPackage
from mlenv.system.process import Completed
from tests.unit.bundle.making import LINUX, make_bundle, make_contents, make_wheel

HASH = {"sha256": "0" * 64}
MAC = Machine(os=OperatingSystem(family="macos", version="14.5"), architecture="arm64")


def locked(name: str, *urls: str, hashes: dict[str, str] = HASH, source: str = "") -> LockedPackage:
    wheels = tuple(LockedFile(url=url, hashes=hashes) for url in urls)
    sdist = LockedFile(url=source, hashes=hashes) if source else None
    return LockedPackage(name=name, version="1.0", wheels=wheels, sdist=sdist)


def test_the_wheel_nearest_to_the_machine_is_taken() -> None:
    near, far = (
        f"https://example.org/lower-1.0-{tag}.whl" for tag in ("cp312-cp312-manylinux_2_28_x86_64", "py3-none-any")
    )
    (chosen,) = choose_files(Lock(packages=(locked("lower", far, near, source="https://example.org/l-1.0.tar.gz"),)))
    assert ("wheel", near) == (chosen.kind, chosen.file.url)


def test_a_package_without_wheels_is_a_source() -> None:
    (chosen,) = choose_files(Lock(packages=(locked("lower", source="https://example.org/lower-1.0.tar.gz"),)))
    assert ("source", "lower-1.0.tar.gz") == (chosen.kind, chosen.filename)


@pytest.mark.parametrize("name", ["..%2Fx-1.0-py3-none-any.whl", "a%20b-1.0-py3-none-any.whl", ""])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(InstallError, match="lower: "):
        choose_files(Lock(packages=(locked("lower", f"https://example.org/{name}"),)))


def test_a_server_without_any_hash_is_told() -> None:
    bare = choose_files(Lock(packages=(locked("lower", "https://example.org/l-1.0-py3-none-any.whl", hashes={}),)))
    (note,) = doubt_hashes(bare)
    assert "https://example.org gives no hashes: lower" in note


def test_one_file_without_a_hash_is_refused() -> None:
    chosen = choose_files(
        Lock(
            packages=(
                locked("lower", "https://example.org/lower-1.0-py3-none-any.whl", hashes={}),
                locked("upper", "https://example.org/upper-1.0-py3-none-any.whl"),
            )
        )
    )
    with pytest.raises(InstallError, match=r"lower: the index names no hash of lower-1\.0-py3-none-any"):
        doubt_hashes(chosen)


def test_local_folders_need_no_hash() -> None:
    chosen = choose_files(Lock(packages=(locked("lower", "file:///srv/lower-1.0-py3-none-any.whl", hashes={}),)))
    assert () == doubt_hashes(chosen)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("wheels/torch-2.9.0+cu126-cp312-cp312-linux_x86_64.whl", True),
        ("python/20261110/cpython-3.12.16+20261110.tar.gz", True),
        ("a//b", False),
        ("./a", False),
        ("..", False),
        ("", False),
        ("a/-rf", False),
        ("com1", False),
        ("name.", False),
        ("ü", False),
        ("a\nb", False),
    ],
)
def test_plain_names(name: str, plain: bool) -> None:
    assert plain == is_plain_name(name)


# ---------------------------------------------------------------- what a bundle asks of a machine


def test_the_highest_floor_of_all_wheels_counts() -> None:
    names = [
        "a-1.0-py3-none-any.whl",
        "b-1.0-cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        "c-1.0-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
    ]
    assert Libc(family="glibc", version="2.27") == lowest_libc(names, LINUX)
    assert None is lowest_libc(names[:1], LINUX)
    assert Libc(family="glibc", version="2.35") == lowest_libc(["d-1.0-cp312-cp312-linux_x86_64.whl"], LINUX)
    assert None is lowest_libc(names, MAC)


def test_the_highest_macos_of_all_wheels_counts() -> None:
    names = ["a-1.0-cp312-cp312-macosx_11_0_arm64.whl", "b-1.0-cp312-cp312-macosx_14_0_universal2.whl"]
    assert "14.0" == lowest_macos(names, MAC)
    assert None is lowest_macos(["a-1.0-py3-none-any.whl"], MAC)
    assert None is lowest_macos(names, LINUX)


def with_python(machine: Machine, version: str) -> Machine:
    return msgspec.structs.replace(machine, pythons=(PythonInterpreter(version=version),))


GPU = BundleTarget(platform="linux-x86_64", python="3.12", accelerator="cuda", variant="cu126", driver="560.28.03")
FAR = BundleTarget(
    platform="linux-x86_64",
    python="3.12",
    accelerator="cpu",
    variant="cpu",
    libc=Libc(family="glibc", version="2.39"),
)


@pytest.mark.parametrize(
    ("target", "machine", "said"),
    [
        (GPU, MAC, ["it is for linux-x86_64, and this machine is macos-arm64"]),
        (
            FAR,
            with_python(LINUX, "3.11.7"),
            [
                "it needs glibc 2.39 or newer, and this machine has glibc 2.35",
                "it needs Python 3.12, and this machine has Python 3.11",
            ],
        ),
        (
            GPU,
            with_python(LINUX, "3.12.1"),
            [
                "it is for cuda, and no NVIDIA GPU is known on this machine",
                "it needs NVIDIA driver 560.28.03 or newer, and none is known on this machine",
            ],
        ),
        (
            GPU,
            msgspec.structs.replace(
                with_python(LINUX, "3.12.1"),
                gpus=(Gpu(vendor="nvidia", name="NVIDIA L4"),),
                nvidia=Nvidia(driver="535.183.01"),
            ),
            ["it needs NVIDIA driver 560.28.03 or newer, and this machine has 535.183.01"],
        ),
        (
            BundleTarget(platform="macos-arm64", python="3.12", accelerator="cpu", variant="cpu", macos="15.0"),
            with_python(MAC, "3.12.1"),
            ["it needs macOS 15.0 or newer, and this machine has 14.5"],
        ),
    ],
)
def test_why_a_bundle_does_not_fit(tmp_path: Path, target: BundleTarget, machine: Machine, said: list[str]) -> None:
    manifest = make_bundle(tmp_path / "one", contents=make_contents(target=target))
    assert said == list(find_misfits(manifest, machine))


def test_a_bundle_that_fits(tmp_path: Path) -> None:
    plain = make_bundle(tmp_path / "plain", contents=make_contents())
    assert () == find_misfits(plain, with_python(LINUX, "3.12.1"))
    python = BundledPython(
        key="cpython-3.12.1-linux-x86_64-gnu",
        version="3.12.1",
        path="python/1/x.tar.gz",
        system="linux",
        architecture="x86_64",
        libc="gnu",
    )
    own = make_bundle(tmp_path / "own", contents=make_contents(python=python))
    assert () == find_misfits(own, LINUX)


# ---------------------------------------------------------------- logins


def test_the_login_of_the_nearest_index_of_the_server_counts() -> None:
    logins = Logins(
        [
            NamedIndex(address="https://one:1@example.org/simple/"),
            NamedIndex(address="https://two:p%40ss@example.org/team/simple/"),
            NamedIndex(address="https://three:3@example.org:8443/team/simple/"),
        ],
        {},
    )
    assert ("two", "p@ss") == logins.find("https://example.org/team/files/a.whl")
    assert ("three", "3") == logins.find("https://example.org:8443/team/files/a.whl")
    assert None is logins.find("https://elsewhere.example.org/team/files/a.whl")
    assert None is logins.find("http://example.org/team/files/a.whl")


def test_the_login_of_a_named_index_may_stand_in_variables() -> None:
    variables = {"UV_INDEX_MY_INDEX_USERNAME": "me", "UV_INDEX_MY_INDEX_PASSWORD": "secret"}
    logins = Logins([NamedIndex(address="https://example.org/simple", name="my-index")], variables)
    assert ("me", "secret") == logins.find("https://example.org/a.whl")


def test_a_keyring_is_asked_for_a_password_once() -> None:
    asked: list[tuple[str, ...]] = []

    def run(argv: Sequence[str]) -> str:
        asked.append(tuple(argv))
        return "secret\n" if asked[-1][2] == "example.org" else ""

    logins = Logins([NamedIndex(address="https://me@example.org/simple")], {}, ask_keyring(run))
    assert [("me", "secret")] * 2 == [logins.find("https://example.org/a.whl") for _ in range(2)]
    assert [
        ("keyring", "get", "https://example.org/simple", "me"),
        ("keyring", "get", "example.org", "me"),
    ] == asked


# ---------------------------------------------------------------- building

SOURCE = ChosenFile(
    package="lower",
    version="1.0",
    kind="source",
    file=LockedFile(url="file:///srv/lower-1.0.tar.gz", hashes=HASH),
)


def builder(tag: str, *, here: bool, name: str = "lower", done: Completed | None = None) -> Builder:
    def execute(argv: tuple[str, ...], **_: object) -> Completed:
        if done is None:
            make_wheel(Path(argv[argv.index("--out-dir") + 1]), name, tag=tag)
        return done or Completed(status=0)

    return Builder(
        uv="uv", python="3.12", environ={}, here=here, platform="linux-aarch64", series="3.12", execute=execute
    )


@pytest.mark.parametrize(
    ("tag", "here"),
    [("py3-none-any", False), ("cp312-none-any", False), ("cp311-abi3-any", False), ("cp312-cp312-linux_x86_64", True)],
)
def test_a_wheel_that_serves_the_machine_is_kept(tmp_path: Path, tag: str, here: bool) -> None:
    assert f"lower-1.0-{tag}.whl" == build_wheel(SOURCE, tmp_path / "s", tmp_path, builder(tag, here=here)).name
    assert [f"lower-1.0-{tag}.whl"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("tag", ["cp312-cp312-linux_x86_64", "cp311-none-any"])
def test_a_wheel_for_this_machine_alone_is_refused_for_another(tmp_path: Path, tag: str) -> None:
    with pytest.raises(InstallError, match=r"lower 1\.0 comes as source alone.*linux-aarch64 with Python 3\.12"):
        build_wheel(SOURCE, tmp_path / "s", tmp_path, builder(tag, here=False))
    assert [] == list(tmp_path.iterdir())


def test_a_wheel_of_another_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="which is another package's"):
        build_wheel(SOURCE, tmp_path / "s", tmp_path, builder("py3-none-any", here=True, name="other"))


def test_a_build_that_fails_is_told_without_passwords(tmp_path: Path) -> None:
    done = Completed(status=2, stderr="no compiler\nhttps://me:secret@example.org/simple failed")
    with pytest.raises(InstallError) as caught:
        build_wheel(SOURCE, tmp_path / "s", tmp_path, builder("", here=True, done=done))
    assert "building its wheel failed\n  no compiler" in caught.value.message
    assert "secret" not in caught.value.message


def test_uv_builds_a_source(tmp_path: Path) -> None:
    backend = (
        "import zipfile\n"
        "def build_wheel(folder, config_settings=None, metadata_directory=None):\n"
        "    name = 'lower-1.0-py3-none-any.whl'\n"
        "    with zipfile.ZipFile(f'{folder}/{name}', 'w') as wheel:\n"
        "        wheel.writestr('lower-1.0.dist-info/METADATA',\n"
        "            'Metadata-Version: 2.1\\nName: lower\\nVersion: 1.0\\n')\n"
        "    return name\n"
    )
    texts = {
        "PKG-INFO": "Metadata-Version: 2.1\nName: lower\nVersion: 1.0\n",
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": backend,
    }
    source = tmp_path / "lower-1.0.tar.gz"
    with tarfile.open(source, "w:gz") as tar:
        for name, text in texts.items():
            member = tarfile.TarInfo(f"lower-1.0/{name}")
            member.size = len(text)
            tar.addfile(member, BytesIO(text.encode()))
    real = Builder(
        uv=uv.find_uv_bin(),
        python=sys.executable,
        environ={**os.environ, "UV_CACHE_DIR": str(tmp_path / "cache")},
        here=False,
        platform="linux-aarch64",
        series="3.12",
        offline=True,
    )
    (tmp_path / "wheels").mkdir()
    assert "lower-1.0-py3-none-any.whl" == build_wheel(SOURCE, source, tmp_path / "wheels", real).name
