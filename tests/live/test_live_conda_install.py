"""``mlenv install --manager conda`` without any conda: py-rattler installs, from a channel with real contents."""

from __future__ import annotations

import json
import os
import platform
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlenv.system.process import run
from tests.live.conda_world import PATIENCE, CondaWorld, wait_until_gone
from tests.stands.conda_clients import make_clients
from tests.stands.conda_server import CondaServer, with_another_end
from tests.stands.conda_toys import SERIES, SITE, make_toy_channel, toy, working_python

pytest.importorskip("rattler")
pytestmark = [
    pytest.mark.live,
    pytest.mark.stand,
    pytest.mark.enable_socket,
    pytest.mark.skipif(sys.platform == "win32", reason="the packages of the channel are made for POSIX"),
]


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_toy_channel(tmp_path_factory.mktemp("a channel") / "conda-forge")


@pytest.fixture
def server(channel: Path) -> Iterator[CondaServer]:
    with CondaServer(channel) as server:
        yield server
        server.open.set()


@pytest.fixture
def world(tmp_path: Path, server: CondaServer) -> CondaWorld:
    return CondaWorld(tmp_path / "world", server.url)


@pytest.fixture
def local(tmp_path: Path, channel: Path) -> CondaWorld:
    """One whose channel is a folder."""
    return CondaWorld(tmp_path / "world", channel.as_uri())


def test_a_life_of_an_environment(world: CondaWorld, server: CondaServer) -> None:
    done = world.install("toy==1.0")
    assert done.ok, done.stderr
    assert f".venv is ready, with Python {SERIES}." in done.stdout
    assert "mlenv shell" in done.stdout  # `conda activate` is nothing that this machine knows
    assert "conda activate" not in done.stdout
    assert "proven by py-rattler" in done.stderr
    asked = list(server.asked)
    assert {"python", "toy"} == {name.split("-")[0] for name in asked if name.endswith(".tar.bz2")}

    python = world.environment / "bin" / "python"
    shown = run([str(python), "-c", "import sys, toy; print(toy.__file__, sys.prefix)"], timeout=PATIENCE)
    assert f"{world.environment}/{SITE}/toy.py {world.environment}" == shown.stdout.strip()

    again = world.install("toy==1.0")
    assert (0, True) == (again.status, ".venv is as it was asked for: nothing to change" in again.stdout)
    assert (asked, ["1"]) == (server.asked, world.numbers())

    done = world.install("toy==2")
    assert done.ok, done.stderr
    assert ("2.0", ["1", "2"]) == (world.version(), world.numbers())
    assert "env rollback" in done.stdout
    assert "install" in (world.environment / "mlenv" / "install.log").read_text()

    document = world.document("env", "diff")
    assert ("differs", "1", "2") == (document["status"], document["before"]["number"], document["after"]["number"])
    assert [("toy", "1.0", "2.0")] == [
        (row["subject"], row["before"], row["after"]) for row in document["changes"] if row["kind"] == "upgraded"
    ]

    assert world.mlenv("env", "rollback").ok
    assert "1.0" == world.version()
    assert world.mlenv("verify").ok
    (row,) = world.document("env", "list")["environments"]
    assert (str(world.environment), "ready", "1", ["2", "1"]) == (
        row["path"],
        row["state"],
        row["current"],
        [generation["number"] for generation in row["generations"]],
    )
    assert world.mlenv("env", "remove", "--yes").ok
    assert [] == world.leftovers()


def test_what_the_manifest_states(local: CondaWorld) -> None:
    assert local.install("toy==1.0").ok
    shown = local.document("env", "show")
    assert {"python": platform.python_version(), "toy": "1.0"} == {
        row["name"]: row["version"] for row in shown["packages"]
    }
    assert ["mlenv/explicit.txt", "mlenv/explicit.json"] == shown["files"]
    manifest = json.loads((local.environment / "mlenv-manifest.json").read_text())
    assert ("proven", "conda") == (manifest["plan"]["proof"]["status"], manifest["plan"]["manager"])
    assert (local.environment / "mlenv" / "explicit.txt").read_text() == manifest["lock"]
    assert [("import", "pass"), ("version", "pass")] == [
        (row["check"], row["status"]) for row in manifest["verification"]["results"]
    ]


def test_what_was_harmed_is_made_anew(local: CondaWorld) -> None:
    assert local.install("toy==1.0").ok
    for path in (local.environment / "conda-meta").glob("toy-*.json"):
        path.unlink()
    done = local.install("toy==1.0")
    assert done.ok, done.stderr
    assert "not as locked, so it is made anew: toy" in done.stderr
    assert "is ready" in done.stdout


def test_an_upgrade_finds_the_same_and_leaves_it(local: CondaWorld) -> None:
    assert local.install("toy").ok
    done = local.install("toy", more=("--upgrade",))
    assert (0, ["1"]) == (done.status, local.numbers()), done.stderr
    assert "nothing to change" in done.stdout


# ---------------------------------------------------------------- without the network


def test_from_the_cache_alone(world: CondaWorld, server: CondaServer) -> None:
    assert world.install("toy==1.0").ok
    server.asked.clear()
    same = world.install("toy==1.0", more=("--offline",))
    assert (0, True) == (same.status, "nothing to change" in same.stdout), same.stderr
    done = world.install("toy==1.0", more=("--offline", "--env", "another"))
    assert done.ok, done.stderr
    assert [] == server.asked
    assert "another is ready" in done.stdout


def test_what_the_cache_lacks_is_named(world: CondaWorld, server: CondaServer) -> None:
    assert world.install("toy==1.0").ok
    server.asked.clear()
    done = world.install("toy==2", more=("--offline",))
    assert (4, []) == (done.status, server.asked)
    assert "offline, and not in" in done.stderr
    assert "hint: install once with the network" in done.stderr
    assert ("1.0", ["1"]) == (world.version(), world.numbers())


def test_a_channel_that_was_never_asked_and_no_network(world: CondaWorld, server: CondaServer) -> None:
    done = world.install("toy", more=("--offline",))
    assert (5, []) == (done.status, server.asked)
    error, hint = done.stderr.splitlines()
    assert "its listing is not in the cache" in error
    assert "hint: run it once without --offline" in hint
    assert [] == world.leftovers()


def test_a_channel_out_of_reach(tmp_path: Path, channel: Path) -> None:
    with CondaServer(channel) as gone:
        world = CondaWorld(tmp_path / "world", gone.url)
    done = world.install("toy")
    assert 5 == done.status
    assert "gives no answer (connection refused)" in done.stderr
    assert "hint: check the network" in done.stderr
    assert [] == world.leftovers()


# ---------------------------------------------------------------- what goes wrong leaves the old one


def test_another_file_than_the_listing_names(world: CondaWorld, server: CondaServer) -> None:
    assert world.install("toy==1.0").ok
    server.change = with_another_end
    done = world.install("toy==2")
    assert 4 == done.status
    assert "did not arrive as the lock has it" in done.stderr
    assert "hint: the channel or a mirror serves another file" in done.stderr
    assert ("1.0", ["1"]) == (world.version(), world.numbers())
    server.change = lambda _, body: body
    assert world.install("toy==2").ok
    assert "2.0" == world.version()


def test_a_damaged_file_in_a_folder(tmp_path: Path) -> None:
    channel = make_toy_channel(tmp_path / "conda-forge")
    (archive,) = channel.rglob("toy-2.0-0.tar.bz2")
    world = CondaWorld(tmp_path / "world", channel.as_uri())
    assert world.install("toy==1.0").ok
    archive.write_bytes(with_another_end(archive.name, archive.read_bytes()))
    done = world.install("toy==2")
    assert 4 == done.status
    assert f"{archive}: is not the file of the lock" in done.stderr
    assert ("1.0", ["1"]) == (world.version(), world.numbers())


def test_what_does_not_work_is_not_taken_into_use(tmp_path: Path) -> None:
    packages = (working_python(), toy("1.0"), toy("2.0", "raise RuntimeError('no device')\n"))
    channel = make_toy_channel(tmp_path / "conda-forge", packages)
    world = CondaWorld(tmp_path / "world", channel.as_uri())
    assert world.install("toy==1.0").ok
    done = world.install("toy==2")
    assert 4 == done.status
    assert "does not work, so it was not taken into use" in done.stderr
    assert "no device" in done.stderr
    assert ("1.0", ["1"]) == (world.version(), world.numbers())


def test_what_the_channel_does_not_have(local: CondaWorld) -> None:
    done = local.install("toy==1.0", more=("--python", "3.99"))
    assert 3 == done.status
    assert [] == local.leftovers()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["ctrl-c", "term", "kill"])
@pytest.mark.parametrize("before", [False, True], ids=["first", "second"])
def test_stopped_while_it_downloads(
    world: CondaWorld, server: CondaServer, how: signal.Signals, *, before: bool
) -> None:
    if before:
        assert world.install("toy==1.0").ok
    server.reached.clear()
    server.open.clear()
    child = world.begin("toy==2")
    assert server.reached.wait(PATIENCE)
    child.send_signal(how)
    child.wait(PATIENCE)
    assert [] == wait_until_gone(world)
    server.open.set()
    assert [] == os.listdir(world.temporary)
    assert (["1"] if before else []) == world.numbers()
    if before:
        assert "1.0" == world.version()
    else:
        assert [] == world.leftovers()
    done = world.install("toy==2")
    assert done.ok, done.stderr
    assert "2.0" == world.version()


# ---------------------------------------------------------------- plans for others


@pytest.mark.parametrize(
    ("manager", "form"),
    [("conda", "shell"), ("mamba", "powershell"), ("micromamba", "conda"), ("pixi", "shell"), ("pixi", "pixi")],
)
@pytest.mark.parametrize("proof", [(), ("--prove",)], ids=["unasked", "proven"])
def test_a_plan_for_others_names_nothing_of_this_machine(
    world: CondaWorld, manager: str, form: str, proof: tuple[str, ...]
) -> None:
    make_clients(world.programs)
    asked = world.asking("toy==1.0", manager=manager)[1:]
    done = world.mlenv("plan", *asked, *proof, "--format", form)
    assert done.ok, done.stderr
    assert "toy" in done.stdout
    own = (world.home, world.programs, world.temporary, world.rows, world.place, Path(sys.executable).parent)
    assert [] == [str(path) for path in own if str(path) in done.stdout]
