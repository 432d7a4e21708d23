"""The plan of a lock that is there already."""

from __future__ import annotations

import msgspec
import pytest
from packaging.tags import platform_tags

from mlenv.errors import NoPlanError
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.plan.lock import read_lock
from mlenv.plan.locked import LockedRequest, build_locked_plan
from mlenv.plan.options import PlanOptions
from tests.unit.plan.plan_cases import describe

HASH = "0" * 64
OPTIONS = PlanOptions(environment="/srv/env", uv="uv")


def lock_of(*rows: str, condition: str = "") -> str:
    """A lock of wheels: ``numpy-2.3.5-py3-none-any.whl``."""
    head = f'lock-version = "1.0"\nrequires-python = "{condition}"\n' if condition else 'lock-version = "1.0"\n'
    return head + "".join(_package(row) for row in rows)


def _package(row: str) -> str:
    file, _, marker = row.partition(" ; ")
    name, version = file.split("-")[:2]
    more = f'marker = "{marker}"\n' if marker else ""
    url = f"https://files.example/{file.replace('+', '%2B')}"
    return (
        f'\n[[packages]]\nname = "{name}"\nversion = "{version}"\n{more}'
        f'[[packages.wheels]]\nurl = "{url}"\nsize = 1000\nhashes.sha256 = "{HASH}"\n'
    )


def machine_with(*versions: str) -> Machine:
    pythons = tuple(
        PythonInterpreter(version=version, path=f"/usr/bin/python{version}", bits=64) for version in versions
    )
    return msgspec.structs.replace(describe(), pythons=pythons)


def asked(text: str, **more: object) -> LockedRequest:
    made = LockedRequest(
        origin="pylock.toml", text=text, lock=read_lock(text), frameworks=frozenset({"numpy", "torch"})
    )
    return msgspec.structs.replace(made, **more)


ANY = "numpy-2.3.5-py3-none-any.whl"


def test_the_newest_python_that_has_every_file_is_taken() -> None:
    text = lock_of(ANY, f"scipy-1.0-cp312-cp312-{next(iter(platform_tags()))}.whl")
    plan = build_locked_plan(asked(text), machine_with("3.11.4", "3.12.1", "3.13.0"), OPTIONS)
    assert "3.12" == plan.python
    assert "/usr/bin/python3.12.1" in plan.steps[0].argv


def test_the_locks_own_condition_counts() -> None:
    plan = build_locked_plan(asked(lock_of(ANY, condition="<3.12")), machine_with("3.11.4", "3.13.0"), OPTIONS)
    assert "3.11" == plan.python


def test_a_pinned_python_counts() -> None:
    plan = build_locked_plan(asked(lock_of(ANY), python="3.11"), machine_with("3.11.4", "3.13.0"), OPTIONS)
    assert "3.11" == plan.python


def test_a_python_that_is_not_here_may_be_brought() -> None:
    plan = build_locked_plan(asked(lock_of(ANY)), machine_with(), OPTIONS, brought=("3.12", "3.13"))
    assert ("3.13", "3.13") == (plan.python, plan.steps[0].argv[plan.steps[0].argv.index("--python") + 1])


def test_a_lock_for_another_machine_is_refused_with_reasons() -> None:
    text = lock_of("torch-2.1-cp313-cp313-win_amd64.whl")
    with pytest.raises(NoPlanError) as caught:
        build_locked_plan(asked(text), machine_with("3.12.1", "3.13.0"), OPTIONS)
    assert "cannot be installed on linux-x86_64" in caught.value.message
    assert "Python 3.13.0: no file of torch" in caught.value.message


def test_no_python_at_all_is_said() -> None:
    with pytest.raises(NoPlanError, match=r"needs Python 3\.9, and none is here"):
        build_locked_plan(asked(lock_of(ANY), python="3.9"), machine_with("3.13.0"), OPTIONS)


def test_what_is_for_another_system_is_no_hindrance() -> None:
    text = lock_of(ANY, "pywin32-1.0-cp313-cp313-win_amd64.whl ; sys_platform == 'win32'")
    plan = build_locked_plan(asked(text), machine_with("3.13.0"), OPTIONS)
    assert ["numpy"] == [package.name for package in plan.packages]
    assert 1000 == plan.download_bytes


def test_nothing_is_asked_of_an_index() -> None:
    plan = build_locked_plan(asked(lock_of(ANY)), machine_with("3.13.0"), OPTIONS)
    assert ["create", "reuse", "install", "verify"] == [step.kind for step in plan.steps]
    assert "/srv/env/mlenv/pylock.toml" == plan.steps[2].argv[-1]
    assert "--offline" in plan.steps[1].argv
    assert ("numpy",) == plan.verify


def test_pip_is_given_every_address() -> None:
    options = msgspec.structs.replace(OPTIONS, manager="pip")
    plan = build_locked_plan(asked(lock_of(ANY)), machine_with("3.13.0"), options)
    lines = next(file.text for file in plan.files if file.path == "mlenv/requirements.txt")
    assert f"numpy @ https://files.example/{ANY} --hash=sha256:{HASH}\n" == lines
    assert "--require-hashes" in plan.steps[1].argv


@pytest.mark.parametrize(
    ("file", "accelerator"),
    [
        ("torch-2.13.0+cu126-py3-none-any.whl", ("cuda", "cu126")),
        ("torch-2.13.0+rocm6.4-py3-none-any.whl", ("rocm", "rocm6.4")),
        ("torch-2.13.0+xpu-py3-none-any.whl", ("xpu", "xpu")),
        ("torch-2.13.0+cpu-py3-none-any.whl", ("cpu", "cpu")),
        ("numpy-2.3.5-py3-none-any.whl", ("auto", "auto")),
    ],
)
def test_the_device_is_that_of_the_builds(file: str, accelerator: tuple[str, str]) -> None:
    plan = build_locked_plan(asked(lock_of(file)), machine_with("3.13.0"), OPTIONS)
    assert accelerator == (plan.accelerator.kind, plan.accelerator.variant)


def test_without_a_known_framework_every_package_is_proven() -> None:
    plan = build_locked_plan(asked(lock_of("six-1.17.0-py3-none-any.whl")), machine_with("3.13.0"), OPTIONS)
    assert ("six",) == plan.verify


def test_gpu_libraries_where_no_gpu_is() -> None:
    platform = next(iter(platform_tags()))
    text = lock_of(ANY, f"triton-3.9.0-py3-none-{platform}.whl").replace("size = 1000", "size = 500_000_000")
    without = msgspec.structs.replace(machine_with("3.12.1"), gpus=())
    unknown = msgspec.structs.replace(without, gpus=None)
    warnings = {
        name: build_locked_plan(asked(text), machine, OPTIONS).warnings
        for name, machine in {"without": without, "unknown": unknown}.items()
    }
    told = "the lock has 1 GPU library (500 MB to download: triton), and no NVIDIA GPU was found on this machine"
    assert {"without": (told,), "unknown": ()} == warnings
