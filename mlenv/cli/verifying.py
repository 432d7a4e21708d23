"""Running the children of a verification: which environment, which packages, with which variables."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlenv.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from mlenv.facts.environment import Environment
    from mlenv.matrix.load import Matrix
    from mlenv.verify.result import DeviceKind, Result, Verification


def read_named_environment(path: Path, *, thorough: bool = True) -> Environment:
    """The environment at a path that the user named; :class:`UsageError` where there is none.

    Without ``thorough`` only names, versions and the interpreter are read, which takes milliseconds.
    """
    from mlenv.probe.environments.environment import read_environment
    from mlenv.system.host import LiveHost

    found = read_environment(LiveHost(), os.path.abspath(path), thorough=thorough, working_directory=os.getcwd())
    if found is not None and found.executable:
        return found
    if not path.exists():
        raise UsageError(f"{path}: there is no such environment", hint="make one with `mlenv install --profile NAME`")
    raise UsageError(f"{path}: is no Python environment (no interpreter in it)", hint="name another one with --env")


def verify_packages(
    folder: Path,
    packages: Sequence[tuple[str, str | None]],
    matrix: Matrix,
    *,
    device: str,
    variables: Mapping[str, str] | None = None,
    on_result: Callable[[Result], None] | None = None,
) -> Verification:
    """Verify (distribution, expected version) pairs in the environment at ``folder``, at the level ``quick``."""
    from mlenv.verify.children import Setting
    from mlenv.verify.runner import Errand, verify_environment
    from mlenv.verify.targets import make_target, widen

    found = read_named_environment(folder, thorough=False)
    assert found.executable is not None
    setting = Setting(python=found.executable, environ={**os.environ, **(variables or {})}, device=as_device(device))
    targets = [make_target(matrix, name, version) for name, version in packages]
    joint = setting.device not in ("auto", "cpu")
    return verify_environment(
        setting,
        widen(targets, found, "quick", joint=joint),
        environment=str(folder),
        errand=Errand(width=find_width()),
        on_result=on_result,
    )


def find_width() -> int:
    """How many children this computer can bear at a time."""
    from mlenv.probe.host.memory import read_memory
    from mlenv.probe.host.processor import read_usable_cores
    from mlenv.probe.log import Log
    from mlenv.system.host import LiveHost
    from mlenv.verify.schedule import choose_width

    host, log = LiveHost(), Log()
    memory = read_memory(host, log)
    sizes = [size for size in (memory.available_bytes, memory.limit_bytes) if size is not None]
    return choose_width(read_usable_cores(host, log), min(sizes, default=None))


def as_device(text: str) -> DeviceKind:
    """A device kind by its name."""
    from typing import get_args

    from mlenv.verify.result import DeviceKind

    for kind in get_args(DeviceKind):
        if kind == text:
            return kind  # type: ignore[no-any-return]
    raise UsageError(f"unknown device {text!r}")


def exit_status(verification: Verification) -> int:
    """0 verified, 1 something failed, 5 nothing could be checked."""
    return {"ok": ExitStatus.OK, "warning": ExitStatus.OK, "error": ExitStatus.FOUND_FAULT}.get(
        verification.status, ExitStatus.NO_VERDICT
    )
