"""``mlenv install`` with conda, mamba, micromamba and pixi: what they are told, what comes of it, how they fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mlenv.system.process import run
from tests.live.conda_world import BARE, PATIENCE, CondaWorld, wait_until_gone, wait_until_there
from tests.stands.conda_clients import Call, let_fail, let_work, make_clients, read_calls
from tests.stands.conda_server import CondaServer
from tests.stands.conda_toys import make_toy_channel

pytest.importorskip("rattler")
pytestmark = [
    pytest.mark.live,
    pytest.mark.stand,
    pytest.mark.enable_socket,
    pytest.mark.skipif(sys.platform == "win32", reason="the clients are programs of POSIX"),
]
FAMILY = ("conda", "mamba", "micromamba")
MANAGERS = (*FAMILY, "pixi")
SOME = ("conda", "pixi", *(pytest.param(name, marks=pytest.mark.thorough) for name in ("mamba", "micromamba")))


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_toy_channel(tmp_path_factory.mktemp("a channel") / "conda-forge")


@pytest.fixture
def server(channel: Path) -> Iterator[CondaServer]:
    with CondaServer(channel) as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, server: CondaServer) -> CondaWorld:
    world = CondaWorld(tmp_path / "my world", server.url)
    make_clients(world.programs)
    return world


def expected_words(world: CondaWorld, manager: str, platform: str, *more: str) -> list[tuple[str, ...]]:
    """The arguments of a first installation from a lock; ``more`` are those of an installation offline."""
    folder = str(world.store / "1")
    if manager == "pixi":
        return [
            ("init", "--channel", world.channel, "--platform", platform, folder),
            ("install", "--manifest-path", f"{folder}/pixi.toml", *more),
        ]
    return [
        ("create", "--yes", "--prefix", folder, *BARE.get(manager, ())),
        ("install", "--yes", "--prefix", folder, *more, "--file", f"{folder}/mlenv/explicit.txt"),
    ]


def check_calls(world: CondaWorld, calls: list[Call], manager: str) -> None:
    """Where and how they were called: by their path, in the user's folder, with nobody to ask."""
    assert {str(world.programs / manager)} == {call.path for call in calls}
    assert {str(world.place)} == {call.cwd for call in calls}
    for call in calls:
        assert "1" == call.variables["NO_COLOR"]
        assert call.variables["TMPDIR"].startswith(str(world.temporary))
        assert "PYTHONPATH" not in call.variables


@pytest.mark.parametrize("manager", MANAGERS)
def test_from_the_command_to_the_environment(world: CondaWorld, manager: str) -> None:
    from rattler import Subdir

    done = world.install("toy==1.0", manager=manager)
    assert done.ok, done.stderr
    calls = read_calls(world.programs)
    assert expected_words(world, manager, str(Subdir.current())) == [call.argv for call in calls]
    check_calls(world, calls, manager)
    assert ("activate ./.venv" in done.stdout) == (manager in FAMILY)
    assert ("mlenv shell" in done.stdout) == (manager == "pixi")
    place = ".pixi/envs/default" if manager == "pixi" else ""
    assert Path(".venv.generations", "1", place) == Path(os.readlink(world.environment))
    assert "1.0" == world.version()
    assert world.mlenv("verify").ok

    again = world.install("toy==1.0", manager=manager)
    assert (0, True) == (again.status, "nothing to change" in again.stdout), again.stderr
    assert 2 == len(read_calls(world.programs))
    again = world.install("toy==1.0", manager=manager, more=("--upgrade",))
    assert (0, ["1"]) == (again.status, world.numbers()), again.stderr
    assert "nothing to change" in again.stdout

    done = world.install("toy==2", manager=manager)
    assert done.ok, done.stderr
    assert "2.0" == world.version()
    shown = world.document("env", "show")
    assert ("2", manager) == (shown["generation"]["number"], shown["generation"]["manager"])
    assert {"python", "toy"} == {row["name"] for row in shown["packages"]}
    assert world.mlenv("env", "rollback").ok
    assert "1.0" == world.version()
    assert world.mlenv("env", "remove", "--yes").ok
    assert [] == world.leftovers()


@pytest.mark.parametrize("manager", SOME)
def test_a_shell_in_it(world: CondaWorld, manager: str) -> None:
    assert world.install("toy==1.0", manager=manager).ok
    done = subprocess.run(
        [sys.executable, "-m", "mlenv", "shell"],
        cwd=world.place,
        env={**world.environ, "SHELL": "/bin/sh", "PATH": os.pathsep.join([str(world.programs), os.defpath])},
        input="command -v python; python -c 'import toy; print(toy.__version__)'; exit 7\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert 7 == done.returncode, done.stderr
    assert [f"{world.environment}/bin/python", "1.0"] == done.stdout.splitlines()


@pytest.mark.parametrize("manager", SOME)
def test_without_the_network(world: CondaWorld, server: CondaServer, manager: str) -> None:
    from rattler import Subdir

    assert world.install("toy==1.0", manager=manager, more=("--env", "first")).ok
    (world.programs / "seen.jsonl").unlink()
    done = world.install("toy==1.0", manager=manager, more=("--offline",))
    assert done.ok, done.stderr
    more = "--offline=true" if manager == "pixi" else "--offline"
    calls = read_calls(world.programs)
    assert expected_words(world, manager, str(Subdir.current()), more) == [call.argv for call in calls]


@pytest.mark.parametrize("manager", FAMILY)
def test_where_nobody_could_ask_the_channel(world: CondaWorld, manager: str) -> None:
    world.hide_rattler()
    done = world.install("toy==1.0", manager=manager)
    assert done.ok, done.stderr
    folder = str(world.store / "1")
    asked = ("--override-channels", "--channel", world.channel, "--strict-channel-priority")
    install = read_calls(world.programs)[1].argv
    assert ("install", "--yes", "--prefix", folder, *asked, f"python={world.series}.*", "toy==1.0") == install
    assert "1.0" == world.version()
    shown = world.document("env", "show")
    assert {"python", "toy"} == {row["name"] for row in shown["packages"]}
    again = world.install("toy==1.0", manager=manager)
    assert (0, True) == (again.status, "nothing to change" in again.stdout), again.stderr
    assert world.install("toy==2", manager=manager).ok
    assert "2.0" == world.version()


@pytest.mark.parametrize("manager", SOME)
def test_a_printed_script_makes_the_same(world: CondaWorld, manager: str) -> None:
    asked = world.asking("toy==1.0", manager=manager)[1:]
    script = world.mlenv("plan", *asked, "--prove", "--format", "shell")
    assert script.ok, script.stderr
    path = os.pathsep.join([str(world.programs), os.defpath])
    done = run(
        ["/bin/bash", "-c", script.stdout],
        timeout=PATIENCE,
        environ={**world.environ, "PATH": path},
        cwd=str(world.place),
    )
    assert done.ok, done.stderr
    prefix = world.environment / (".pixi/envs/default" if manager == "pixi" else "")
    shown = run([str(prefix / "bin/python"), "-c", "import toy; print(toy.__version__)"], timeout=PATIENCE)
    assert "1.0" == shown.stdout.strip()


# ---------------------------------------------------------------- a client that is missing, fails, or is killed


@pytest.mark.parametrize("manager", MANAGERS)
def test_a_client_that_is_not_there(world: CondaWorld, manager: str) -> None:
    world.hide_rattler()
    for path in world.programs.iterdir():
        path.unlink()
    done = world.install("toy", manager=manager)
    error, hint = done.stderr.splitlines()
    assert (5, f"error: {manager} is not on PATH") == (done.status, error.partition(",")[0])
    assert hint.startswith(f"hint: install {manager}")
    assert [] == world.leftovers()


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """What a client says, what that means, and the beginning of a remedy."""

    says: str
    means: str
    remedy: str


FAILURES = {
    "package-not-found": Failure(
        says=(
            "PackagesNotFoundError: The following packages are not available from current channels:\n\n"
            "  - toy==1.0\n\nCurrent channels:\n\n  - https://example.org/conda-forge/linux-64\n"
        ),
        means="no index or channel that was asked knows the package",
        remedy="check the spelling",
    ),
    "disk-full": Failure(
        says="NoSpaceLeftError: No space left on devices.\n\n[Errno 28] No space left on device: '/pkgs/toy'\n",
        means="the disk is full, or has no room for another file",
        remedy="see where: `df -h`",
    ),
    "tls": Failure(
        says=(
            "CondaSSLError: Encountered an SSL error. Most likely a certificate verification issue.\n\n"
            "Exception: HTTPSConnectionPool(host='example.org', port=443): Max retries exceeded with url: /x "
            "(Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify "
            "failed: unable to get local issuer certificate (_ssl.c:1006)')))\n"
        ),
        means="the server's certificate is signed by nobody whom this machine trusts",
        remedy="trust your organisation's root certificate",
    ),
    "forbidden": Failure(
        says=(
            "CondaHTTPError: HTTP 403 FORBIDDEN for url <https://example.org/conda-forge/linux-64/repodata.json>\n"
            "Elapsed: 00:00.012345\n"
        ),
        means="the server, or a filter between, forbids the address",
        remedy="check the address of the index, and the login",
    ),
}


@pytest.mark.parametrize("manager", ["conda", pytest.param("pixi", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("name", FAILURES)
def test_a_client_that_fails(world: CondaWorld, name: str, manager: str) -> None:
    failure = FAILURES[name]
    assert world.install("toy==1.0", manager=manager).ok
    let_fail(world.programs, failure.says)
    done = world.install("toy==2", manager=manager)
    assert 4 == done.status, done.stderr
    lines = done.stderr.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("error: this step failed: "))
    assert lines[start + 1].startswith(failure.means)
    assert f"  {failure.says.splitlines()[0]}" == lines[start + 2]
    assert any(line.startswith(f"hint: {failure.remedy}") for line in lines)
    assert failure.says.splitlines()[0] in world.logs
    assert (["1"], "1.0") == (world.numbers(), world.version())
    let_work(world.programs)
    assert world.install("toy==2", manager=manager).ok
    assert "2.0" == world.version()


@pytest.mark.parametrize("manager", ["mamba", "pixi"])
def test_a_client_that_is_killed(world: CondaWorld, manager: str) -> None:
    assert world.install("toy==1.0", manager=manager).ok
    let_fail(world.programs, how="killed")
    done = world.install("toy==2", manager=manager)
    assert 4 == done.status
    assert "most likely because memory ran out" in done.stderr
    assert "was killed by SIGKILL" in done.stderr
    assert (["1"], "1.0") == (world.numbers(), world.version())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
@pytest.mark.parametrize("manager", ["micromamba", "pixi"])
def test_mlenv_is_stopped_while_a_client_works(world: CondaWorld, manager: str, how: signal.Signals) -> None:
    assert world.install("toy==1.0", manager=manager).ok
    reached = let_fail(world.programs, how="hang")
    child = world.begin("toy==2", manager=manager)
    wait_until_there(reached)
    child.send_signal(how)
    child.wait(PATIENCE)
    assert [] == wait_until_gone(world)
    assert (["1"], "1.0") == (world.numbers(), world.version())
    assert [] == os.listdir(world.temporary)
