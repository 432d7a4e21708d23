"""Who carries out a plan of conda's family, and with which words; seen by clients that write them down."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomli

from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration
from mlenv.facts.python import ManagerName, PackageManager
from mlenv.matrix.load import Matrix
from mlenv.plan.build import build_plan
from mlenv.plan.conda import make_conda_plan
from mlenv.plan.conda_client import CondaClient, choose_client
from mlenv.plan.conda_content import ChannelAnswer, gather_conda_content
from mlenv.plan.conda_login import CONDARC_FILE, render_condarc, without_login
from mlenv.plan.conda_portable import make_portable
from mlenv.plan.conda_variables import conda_environ
from mlenv.plan.explicit import LockedRecord, answer_with
from mlenv.plan.options import PlanOptions
from mlenv.plan.pixi import make_pixi_plan
from mlenv.plan.plan import Plan
from mlenv.report.plan import mask_plan, plan_document, render_text
from mlenv.system.process import run
from tests.stands.conda_clients import all_words, make_clients, read_calls
from tests.unit.plan.conda_cases import MATRIX, NO_GPU, resolution_for

SECRET = "s3cret-word"
CHANNEL = f"https://me:{SECRET}@mirror.example/t/tk-9/conda-forge"
FAMILY: tuple[ManagerName, ...] = ("conda", "mamba", "micromamba")
RECORDS = tuple(
    LockedRecord(
        name=name,
        version="3.12.1",
        build="0",
        url=f"https://mirror.example/conda-forge/linux-64/{name}-3.12.1-0.conda",
        md5="a1" * 16,
        bytes=5,
        entry=f'{{"name": "{name}"}}',
    )
    for name in ("python", "numpy")
)
FOUND = answer_with(RECORDS, "linux-64")


def with_manager(name: ManagerName, path: Path | str, version: str = "") -> Machine:
    manager = PackageManager(name=name, path=str(path), version=version)
    return msgspec.structs.replace(NO_GPU, managers=(manager,))


def matrix_of(channel: str) -> Matrix:
    matrix = Matrix()
    if channel:
        row = msgspec.structs.replace(matrix.indexes["conda-forge"], url=channel)
        matrix.indexes["conda-forge"] = row
    return matrix


def plan_on(
    machine: Machine,
    manager: ManagerName,
    *names: str,
    found: ChannelAnswer | None = None,
    channel: str = "",
    rattler: str = "",
    **more: Any,
) -> Plan:
    """The plan of a machine; ``found`` is what the channel answered, where it was asked."""
    matrix = matrix_of(channel)
    answer = resolution_for(machine, *(names or ("numpy",)), matrix=matrix)
    options = PlanOptions(manager=manager, **{"environment": "my env", **more})
    content = gather_conda_content(answer, machine, matrix, None, options)
    make = make_pixi_plan if manager == "pixi" else make_conda_plan
    return make(answer, content, options, found, None, choose_client(machine, options, rattler))


def write_files(plan: Plan) -> None:
    for file in plan.files:
        path = Path(plan.environment) / file.path
        path.parent.mkdir(exist_ok=True)
        path.write_text(file.text)


def carry_out(plan: Plan, folder: Path) -> None:
    """What an install does with a plan, up to the step that is pip's or the proof."""
    rc = Path(plan.environment) / CONDARC_FILE
    for step in plan.steps:
        if step.kind not in ("create", "install") or step.argv[0].endswith("python"):
            continue
        environ = conda_environ(PackageConfiguration(), os.environ, condarc=str(rc) if rc.is_file() else "")
        done = run(step.argv, timeout=60, environ=environ, cwd=str(folder))
        assert done.ok, done.stderr
        if step.kind == "create":
            write_files(plan)


SPECS = ("python=3.12.*", "numpy")
UNASKED = ("--override-channels", "--channel", "conda-forge", "--strict-channel-priority")
LOCK = "{env}/mlenv/explicit.txt"


@pytest.mark.parametrize("manager", FAMILY)
@pytest.mark.parametrize(
    ("case", "install"),
    [
        pytest.param({"found": FOUND}, ("--file", LOCK), id="locked"),
        pytest.param({}, (*UNASKED, *SPECS), id="channel-not-asked"),
        pytest.param({"names": ("numpy", "einops")}, (*UNASKED, *SPECS, "pip"), id="pip-packages"),
        pytest.param({"offline": True}, ("--offline", *UNASKED, *SPECS), id="offline"),
        pytest.param({"offline": True, "found": FOUND}, ("--offline", "--file", LOCK), id="offline-and-locked"),
        pytest.param({"channel": CHANNEL}, (*UNASKED, *SPECS), id="a-channel-with-a-login"),
    ],
)
def test_words_of_conda(manager: ManagerName, case: dict[str, Any], install: tuple[str, ...], tmp_path: Path) -> None:
    names = case.get("names", ("numpy",))
    more = {name: value for name, value in case.items() if name != "names"}
    clients = make_clients(tmp_path / "bin", [manager])
    environment = str(tmp_path / "my env's")
    plan = plan_on(with_manager(manager, clients / manager), manager, *names, environment=environment, **more)
    carry_out(plan, tmp_path)
    calls = read_calls(clients)
    plain = ("--no-default-packages",) if manager == "conda" else ()
    expected = [
        ("create", "--yes", "--prefix", environment, *plain),
        ("install", "--yes", "--prefix", environment, *(word.format(env=environment) for word in install)),
    ]
    assert expected == [call.argv for call in calls]
    assert {(str(clients / manager), str(tmp_path))} == {(call.path, call.cwd) for call in calls}
    assert [] == [word for word in all_words(calls) if SECRET in word or "tk-9" in word]
    assert (Path(environment) / "bin" / "python").exists()


def test_words_of_pixi(tmp_path: Path) -> None:
    clients = make_clients(tmp_path / "bin", ["pixi"])
    environment = str(tmp_path / "my env")
    plan = plan_on(
        with_manager("pixi", clients / "pixi", "0.77.0"), "pixi", environment=environment, channel=CHANNEL, offline=True
    )
    carry_out(plan, tmp_path)
    calls = read_calls(clients)
    plain = "https://mirror.example/conda-forge"
    assert [
        ("init", "--channel", plain, "--platform", "linux-64", environment),
        ("install", "--manifest-path", f"{environment}/pixi.toml", "--offline=true"),
    ] == [call.argv for call in calls]
    assert (Path(environment) / plan.prefix / "bin/python").exists()
    manifest = tomli.loads((Path(environment) / "pixi.toml").read_text())
    assert [CHANNEL] == manifest["workspace"]["channels"]


def test_nobody_is_asked_and_no_bar_is_drawn(tmp_path: Path) -> None:
    clients = make_clients(tmp_path / "bin", ["micromamba"])
    machine = with_manager("micromamba", clients / "micromamba")
    carry_out(plan_on(machine, "micromamba", environment=str(tmp_path / "env"), channel=CHANNEL), tmp_path)
    create, install = (call.variables for call in read_calls(clients))
    assert {"MAMBA_NO_PROGRESS_BARS": "true", "PIP_NO_INPUT": "1"}.items() <= create.items()
    assert str(tmp_path / "env" / CONDARC_FILE) == install["CONDARC"]


# ---------------------------------------------------------------- who is called


@pytest.mark.parametrize(
    ("machine", "options", "rattler", "expected"),
    [
        pytest.param(
            with_manager("mamba", "/opt/forge/bin/mamba", "2.3.1"),
            {},
            "/usr/bin/python3",
            CondaClient(program="/opt/forge/bin/mamba", version="2.3.1"),
            id="where-the-probe-found-it",
        ),
        pytest.param(
            with_manager("mamba", "/opt/forge/bin/mamba"),
            {"portable": True},
            "",
            CondaClient(program="mamba"),
            id="by-name-on-another-machine",
        ),
        pytest.param(
            with_manager("mamba", "/opt/forge/bin/mamba"),
            {"program": "/my/mamba"},
            "",
            CondaClient(program="/my/mamba"),
            id="the-one-that-was-named",
        ),
        pytest.param(
            NO_GPU, {}, "/usr/bin/python3", CondaClient(program="mamba", rattler="/usr/bin/python3"), id="py-rattler"
        ),
        pytest.param(NO_GPU, {}, "", CondaClient(program="mamba"), id="nobody-looked"),
        pytest.param(NO_GPU, {"manager": "pixi"}, "/usr/bin/python3", CondaClient(program="pixi"), id="not-for-pixi"),
    ],
)
def test_who_is_called(machine: Machine, options: dict[str, Any], rattler: str, expected: CondaClient) -> None:
    chosen = PlanOptions(**{"manager": "mamba", "environment": ".venv", **options})
    assert expected == choose_client(machine, chosen, rattler)


def test_py_rattler_takes_the_place_of_a_manager_that_is_missing() -> None:
    plan = plan_on(NO_GPU, "conda", found=FOUND, rattler=sys.executable, offline=True)
    module = (sys.executable, "-I", "-m", "mlenv.execute.rattler", "--prefix", "my env")
    assert [module, (*module, "--lock", "my env/mlenv/explicit.json", "--offline")] == [
        step.argv for step in plan.steps[:2]
    ]
    assert {"mlenv/explicit.txt", "mlenv/explicit.json"} == {file.path for file in plan.files}
    assert any("conda is not on PATH; py-rattler" in reason.text for reason in plan.reasons)


def test_py_rattler_installs_locks_and_no_wishes() -> None:
    plan = plan_on(NO_GPU, "conda", rattler=sys.executable)
    assert {"conda"} == {step.argv[0] for step in plan.steps[:2]}
    assert [] == [reason for reason in plan.reasons if "py-rattler" in reason.text]


@pytest.mark.parametrize("rattler", ["", sys.executable])
@pytest.mark.parametrize("manager", FAMILY)
def test_a_portable_plan_is_the_one_that_another_machine_would_get(manager: ManagerName, rattler: str) -> None:
    machine = NO_GPU if rattler else with_manager(manager, f"/opt/forge/bin/{manager}")
    here = plan_on(machine, manager, found=FOUND, rattler=rattler, offline=True)
    there = plan_on(machine, manager, found=FOUND, portable=True, offline=True)
    portable = make_portable(here)
    assert (there.steps, there.files) == (portable.steps, portable.files)


def test_a_portable_plan_of_pixi() -> None:
    here = plan_on(with_manager("pixi", "/opt/pixi/bin/pixi"), "pixi", found=FOUND)
    assert ["pixi", "pixi", "mlenv"] == [step.argv[0] for step in make_portable(here).steps]


def test_the_builder_takes_the_path_from_the_machine() -> None:
    machine = with_manager("conda", "/opt/forge/bin/conda")
    options = PlanOptions(manager="conda", environment=".venv")
    plan = build_plan(resolution_for(machine, "numpy"), machine, MATRIX, None, options)
    assert "/opt/forge/bin/conda" == plan.steps[0].argv[0]


# ---------------------------------------------------------------- pixi


@pytest.mark.parametrize(("version", "knows"), [("0.74.0", True), ("1.2.0", True), ("0.73.9", False), ("", False)])
def test_offline_where_pixi_knows_it(version: str, knows: bool) -> None:
    plan = plan_on(with_manager("pixi", "/bin/pixi", version), "pixi", offline=True)
    assert knows == ("--offline=true" in plan.steps[1].argv)
    assert knows != any("knows no offline mode" in text for text in plan.warnings)


def test_where_the_python_of_a_workspace_lies() -> None:
    assert (".pixi/envs/default", "") == (plan_on(NO_GPU, "pixi").prefix, plan_on(NO_GPU, "conda").prefix)


# ---------------------------------------------------------------- logins


@pytest.mark.parametrize("manager", [*FAMILY, "pixi"])
@pytest.mark.parametrize("found", [None, answer_with(RECORDS, "linux-64", {without_login(CHANNEL): CHANNEL})])
def test_a_login_is_in_private_files_alone(manager: ManagerName, found: ChannelAnswer | None) -> None:
    plan = plan_on(NO_GPU, manager, "numpy", "einops", found=found, channel=CHANNEL)
    files = "".join(file.text for file in plan.files)
    assert SECRET in files
    shown = mask_plan(plan)
    document = plan_document(shown, NO_GPU, MATRIX.data_version)
    texts = (msgspec.json.encode(document).decode(), render_text(document, verbose=True), str(shown.lock))
    assert [False] * 3 == [SECRET in text for text in texts]
    assert [] == [word for step in plan.steps for word in (*step.argv, step.purpose) if SECRET in word]


def test_the_lock_for_py_rattler_has_the_login_in_one_place() -> None:
    answer = answer_with(RECORDS, "linux-64", {without_login(CHANNEL): CHANNEL})
    assert (1, 0) == (answer.records.count(SECRET), answer.lock.count(SECRET))


def test_where_a_channel_with_a_login_is() -> None:
    yaml = pytest.importorskip("yaml")
    names = ("conda-forge", CHANNEL, 'https://o"dd:p%40:w@host.example/a/b')
    assert {
        "custom_channels": {
            "conda-forge": f"https://me:{SECRET}@mirror.example/t/tk-9",
            "b": 'https://o"dd:p%40:w@host.example/a',
        }
    } == yaml.safe_load(render_condarc(names))
    assert "" == render_condarc(("conda-forge", "https://mirror.example/conda-forge"))
