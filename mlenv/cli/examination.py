"""What is looked at beside the frameworks: the environment's files, the computer, and the health of its GPUs."""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mlenv.cli.settings import open_host
from mlenv.cli.verifying import read_named_environment

if TYPE_CHECKING:
    from mlenv.facts.environment import Environment
    from mlenv.facts.gpu import Gpu
    from mlenv.facts.machine import Machine
    from mlenv.matrix.load import Matrix
    from mlenv.verify.result import DeviceKind, Result


class Examination:
    """Reads files and facts in a thread of its own, from :meth:`begin` on."""

    def __init__(
        self,
        path: Path,
        matrix: Matrix,
        *,
        machine_path: Path | None,
        lock: str | None,
        thorough: bool,
        variables: Mapping[str, str],
        today: dt.date,
    ) -> None:
        self.path = path
        self.matrix = matrix
        self.lock = lock
        self.thorough = thorough
        self.variables = variables
        self.today = today
        self._find_machine = _begin_to_look(machine_path, path)
        self._machine: Machine | None = None
        self._environment: Environment | None = None
        self._checked: tuple[Result, ...] = ()
        self._trouble: BaseException | None = None
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._examine, name="mlenv-examination", daemon=True)

    def begin(self) -> None:
        """Begin to read."""
        self._thread.start()

    @property
    def machine(self) -> Machine:
        """The computer, or the described one that was named; its probe was begun at the start."""
        with self._guard:
            if self._machine is None:
                self._machine = self._find_machine()
            return self._machine

    @property
    def visible_gpus(self) -> tuple[str, ...]:
        """UUIDs of the GPUs that CUDA shows a process here, in its order; empty where it was not asked."""
        nvidia = self.machine.nvidia
        return (nvidia.cuda_devices if nvidia else None) or ()

    @property
    def environment(self) -> Environment:
        """The environment, thoroughly read."""
        self._wait()
        assert self._environment is not None
        return self._environment

    def read_gpus(self) -> tuple[Gpu, ...]:
        """The GPUs as they are at this moment."""
        from mlenv.probe import probe_machine

        return probe_machine(open_host(), environment_path=os.path.abspath(self.path)).gpus or ()

    def results(self, frameworks: tuple[Result, ...], device: DeviceKind, *, sampled: bool) -> tuple[Result, ...]:
        """What was found in the files, of the computer, and of its GPUs.

        ``frameworks`` are the results of those; ``sampled`` says that the GPUs were looked at under load.
        """
        from mlenv.verify.host import host_results

        self._wait()
        names = {result.framework for result in frameworks if result.group == "framework"}
        host = host_results(self.machine, self.environment, names, self.matrix, self.today)
        health = self._judge_health(sampled=sampled)
        return (*self._checked, *host, *(health if _concerns_gpus(frameworks, device) else _soften(health)))

    def _judge_health(self, *, sampled: bool) -> tuple[Result, ...]:
        from mlenv.health.find import find_signals
        from mlenv.verify.health import UNDER_LOAD, health_results

        if not self.machine.gpus and not self.machine.nvidia:
            return ()
        signals = find_signals(self.machine, self.matrix.health)
        return health_results(signals, leave_out=UNDER_LOAD if sampled else ())

    def _wait(self) -> None:
        self._thread.join()
        if self._trouble is not None:
            raise self._trouble

    def _examine(self) -> None:
        from mlenv.consistency.check import check_environment

        try:
            self._environment = read_named_environment(self.path)
            self._checked = check_environment(
                self._environment,
                matrix=self.matrix,
                lock=self.lock,
                machine=self.machine,
                thorough=self.thorough,
                variables=self.variables,
            )
        except BaseException as error:  # noqa: BLE001 - it is raised again in the caller's thread
            self._trouble = error


def _begin_to_look(machine_path: Path | None, path: Path) -> Callable[[], Machine]:
    """The probe of this computer is begun; or the machine that was named."""
    if machine_path is not None:
        from mlenv.intake import load_machine

        machine = load_machine(machine_path)
        return lambda: machine
    from mlenv.probe import begin_probe

    return begin_probe(open_host(), environment_path=os.path.abspath(path))


def _concerns_gpus(frameworks: tuple[Result, ...], device: DeviceKind) -> bool:
    """Whether the environment is meant for GPUs: one was asked for, or a framework reached for one."""
    if device not in ("auto", "cpu"):
        return True
    reached = any(result.device and not result.device.startswith("cpu") for result in frameworks)
    return device == "auto" and (reached or any(result.reason == "idle-gpu" for result in frameworks))


def _soften(results: tuple[Result, ...]) -> tuple[Result, ...]:
    """Failures of GPUs that the environment does not use, as warnings."""
    return tuple(replace(result, status="warn") if result.status == "fail" else result for result in results)
