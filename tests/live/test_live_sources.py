"""Which index is asked for which package, for real: a framework's own index, a default one, and names in both.

The default index offers a newer torch, the framework's index newer versions of everybody else's packages:
neither may ever be taken.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli

from mlenv.system.process import Completed
from tests.live.closed_world import World, indexes
from tests.stands.certificates import Authority
from tests.stands.faults import Fault
from tests.stands.package_index import PackageIndex
from tests.stands.wheels import make_wheel
from tests.unit.verify.verify_stubs import FAKE_TORCH

pytestmark = [
    pytest.mark.live,
    pytest.mark.stand,
    pytest.mark.enable_socket,
    pytest.mark.skipif(sys.platform != "linux", reason="wheels of Linux"),
]
SERIES = ("310", "311", "312", "313", "314")
MACHINE = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.12.4"]\n'
NVIDIA = '[nvidia]\ndriver = "560.35.03"\n[[gpu]]\nvendor = "nvidia"\nname = "NVIDIA A30"\ncompute_capability = "8.0"\n'
AMD = '[[gpu]]\nvendor = "amd"\nname = "AMD Instinct MI300X"\ngfx = "gfx942"\n'
BUILDS = {
    "cpu": (MACHINE, "2.14.1", ("torch",)),
    "cu126": (MACHINE + NVIDIA, "2.14.1", ("torch",)),
    "rocm7.2": (MACHINE + AMD, "2.13.0", ("torch", "triton-rocm")),
}


def make_framework(folder: Path, name: str, version: str, *requires: str) -> None:
    """A build for every Python that may be here."""
    for series in SERIES:
        tag = f"cp{series}-cp{series}-manylinux_2_28_x86_64"
        modules = {f"{name}/__init__.py": f'__version__ = "{version}"\n{FAKE_TORCH.read_text()}'}
        make_wheel(folder, name, version, requires=requires, tag=tag, modules=modules)


def make_folders(root: Path) -> dict[str, Path]:
    """A default index, and the indexes of three builds; each has names that are the other's."""
    folders = {"simple": root / "default", **{f"whl/{variant}": root / variant for variant in BUILDS}}
    for name, version in (("demo", "1.0"), ("lower", "1.2"), ("triton-rocm", "3.6.0"), ("triton-rocm", "99.0")):
        make_wheel(folders["simple"], name, version)
    make_framework(folders["simple"], "torch", "99.0")
    for variant, (_, version, tied) in BUILDS.items():
        own = folders[f"whl/{variant}"]
        make_framework(own, "torch", f"{version}+{variant}", "lower>=1", *(f"{name}==3.6.0" for name in tied[1:]))
        make_wheel(own, "triton-rocm", "3.6.0")
        make_wheel(own, "demo", "99.0")
        make_wheel(own, "lower", "99.0")
    make_framework(folders["whl/cpu"], "torchvision", "0.29.1+cpu", "torch==2.14.1")
    return folders


class Sources:
    """A user whose indexes speak TLS under an authority of their own; the framework's is a site's copy."""

    def __init__(self, world: World, index: PackageIndex, authority: Authority) -> None:
        self.world = world
        self.index = index
        self.trust = str(authority.bundle)
        site = world.place / "site"
        self.origin = index.origin.replace("127.0.0.1", "localhost")
        world.write(site / "indexes.toml", indexes(f"{self.origin}/whl/{{variant}}"))
        world.write_pip(f"index-url = {self.origin}/simple/")

    def call(self, command: str, *arguments: str) -> Completed:
        variables = {"SSL_CERT_FILE": self.trust}  # a described machine has no settings of its own
        return self.world.mlenv(command, "--matrix", "site", *arguments, variables=variables)

    def lock(self, variant: str, *names: str) -> dict[str, tuple[str, str]]:
        """Version and place of each package in the lock of a plan for a build's machine.

        That is another machine than this one, whose settings do not count for it.
        """
        machine, version, _ = BUILDS[variant]
        self.world.write(self.world.place / "machine.toml", machine)
        wanted = [word for name in names for word in ("--with", name.format(version=version))]
        where = ("--machine", "machine.toml", "--index-url", f"{self.origin}/simple/")
        done = self.call("plan", *where, "--prove", "--format", "pylock", *wanted)
        assert done.ok, done.stdout + done.stderr
        return {row["name"]: (row["version"], _place(row)) for row in tomli.loads(done.stdout)["packages"]}

    def asked_by_installers(self, place: str) -> set[str]:
        """The projects that uv or pip asked an index for; mlenv itself looks at every source."""
        start = f"/{place}/"
        asked = (seen for seen in self.index.requests if not seen.headers["user-agent"].startswith("mlenv/"))
        return {name for seen in asked if seen.path.startswith(start) and (name := seen.path[len(start) :].strip("/"))}

    def fetched(self) -> set[str]:
        """The wheels that were fetched, by the index that they came from."""
        wheels = (seen.path for seen in self.index.requests if seen.path.endswith(".whl") and seen.status in (200, 206))
        return {path.removeprefix("/files/").split("-")[0] for path in wheels}


def _place(row: dict[str, list[dict[str, str]]]) -> str:
    return row["wheels"][0]["url"].partition("/files/")[2].rpartition("/")[0]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_folders(tmp_path_factory.mktemp("indexes"))


@pytest.fixture
def sources(tmp_path: Path, folders: dict[str, Path]) -> Iterator[Sources]:
    authority = Authority(tmp_path / "authority")
    with PackageIndex(folders, authority=authority) as index:
        yield Sources(World(tmp_path / "world"), index, authority)


@pytest.mark.parametrize("variant", BUILDS)
def test_each_index_is_asked_for_its_own_alone(sources: Sources, variant: str) -> None:
    _, version, tied = BUILDS[variant]
    found = sources.lock(variant, "torch=={version}", "demo")
    own = f"whl/{variant}"
    expected = dict.fromkeys(tied, ("3.6.0", own)) | {"torch": (f"{version}+{variant}", own)}
    assert {**expected, "demo": ("1.0", "simple"), "lower": ("1.2", "simple")} == found
    assert set(tied) == sources.asked_by_installers(own)
    assert {"demo", "lower"} == sources.asked_by_installers("simple")
    others = {f"whl/{name}" for name in BUILDS} - {own}
    assert set() == {name for place in others for name in sources.asked_by_installers(place)}


def test_what_a_framework_requires_of_its_own_index_comes_from_there(sources: Sources) -> None:
    found = sources.lock("cpu", "torchvision==0.29.1")
    assert {("2.14.1+cpu", "whl/cpu"), ("0.29.1+cpu", "whl/cpu")} == {found["torch"], found["torchvision"]}
    assert "torch" not in sources.asked_by_installers("simple")


@pytest.mark.parametrize("manager", ["uv", "pip"])
def test_an_installation_takes_each_from_its_own(sources: Sources, manager: str) -> None:
    wanted = ("--with", "torch==2.14.1", "--with", "demo", "--accelerator", "cpu")
    done = sources.call("install", *wanted, "--manager", manager)
    assert done.ok, done.stderr
    site = next((sources.world.place / ".venv").glob("lib/python3*/site-packages"))
    installed = {path.name.removesuffix(".dist-info") for path in site.glob("*.dist-info")}
    assert {"torch-2.14.1+cpu", "demo-1.0", "lower-1.2"} == {name for name in installed if not name.startswith("pip-")}
    assert {"whl/cpu/torch", "simple/demo", "simple/lower"} == sources.fetched()
    assert {"torch"} == sources.asked_by_installers("whl/cpu")
    assert {"demo", "lower"} == sources.asked_by_installers("simple") - {"pip"}


@pytest.mark.parametrize("manager", ["uv", "pip"])
def test_an_index_out_of_reach_is_not_replaced_by_another(sources: Sources, manager: str) -> None:
    sources.index.put("/whl/cpu/torch/", Fault("status", code=503))
    done = sources.call("install", "--with", "torch==2.14.1", "--accelerator", "cpu", "--manager", manager)
    assert done.status in (3, 5), done.stderr
    assert set() == sources.fetched()
    assert not (sources.world.place / ".venv").exists()


@pytest.mark.parametrize("manager", ["uv", "pip"])
@pytest.mark.parametrize("name", ["demo-1.0-py3-none-any.whl", "lower-1.2-py3-none-any.whl"])
def test_a_file_that_is_not_the_promised_one_is_refused(sources: Sources, manager: str, name: str) -> None:
    sources.index.put(name, Fault("corrupted"))
    done = sources.call("install", "--with", "demo", "--with", "lower", "--manager", manager)
    assert done.status in (4, 5), done.stderr
    assert not (sources.world.place / ".venv").exists()
    assert not (sources.world.place / ".venv.generations").exists()


@pytest.mark.parametrize("manager", ["uv", "pip"])
def test_a_promise_of_another_file_is_refused(sources: Sources, manager: str) -> None:
    """The page names another hash than the file has."""
    sources.index.put("demo-1.0-py3-none-any.whl", Fault("wrong_hash"))
    done = sources.call("install", "--with", "demo", "--manager", manager)
    assert done.status in (4, 5), done.stderr
    assert not (sources.world.place / ".venv").exists()
