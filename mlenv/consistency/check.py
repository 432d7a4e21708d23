"""All checks of an environment's files, as results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from mlenv.consistency.duplicates import check_duplicates
from mlenv.consistency.files import check_files
from mlenv.consistency.finding import Outcome
from mlenv.consistency.library_path import check_libraries
from mlenv.consistency.lock import check_lock
from mlenv.consistency.metadata import read_installed
from mlenv.consistency.requirements import check_requirements
from mlenv.consistency.results import as_result
from mlenv.consistency.rivals import check_rivals
from mlenv.consistency.shadowing import check_shadows
from mlenv.consistency.startup_code import check_startup_code
from mlenv.errors import MlenvError
from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.system.host import Host, LiveHost
from mlenv.system.image import open_image
from mlenv.verify.result import Result

Check = Callable[[], Outcome]


def check_environment(
    environment: Environment,
    *,
    matrix: Matrix,
    lock: str | None,
    machine: Machine,
    thorough: bool,
    variables: Mapping[str, str],
    host: Host | None = None,
) -> tuple[Result, ...]:
    """Every check of an environment (read thoroughly) that needs no import, one result each.

    ``lock`` is the path of a pylock.toml or of requirements to compare with, None for the lock that
    the environment was made of.  ``thorough`` compares every file with its recorded digest, which
    reads gigabytes.  ``variables`` are those that its programs will be started with.  ``host`` reads
    the files: this machine, or the image that the environment lies in.
    """
    reader = host or open_image(LiveHost(), environment.path) or LiveHost()
    checks = _find_checks(reader, environment, matrix, lock, machine, variables)
    return tuple(_run(name, check, environment) for name, check in checks if thorough or name != "env.files")


def _find_checks(
    host: Host,
    environment: Environment,
    matrix: Matrix,
    lock: str | None,
    machine: Machine,
    variables: Mapping[str, str],
) -> Iterator[tuple[str, Check]]:
    """The checks by id, in the order of a report."""
    installed = read_installed(host, environment)
    yield "env.pip_check", lambda: check_requirements(environment, installed, machine)
    yield "env.lock", lambda: check_lock(host, environment, lock, machine)
    yield "env.rivals", lambda: check_rivals(host, environment, installed, matrix.families)
    yield "env.duplicates", lambda: check_duplicates(host, environment)
    yield "env.libpath", lambda: check_libraries(host, environment, variables)
    yield "env.shadow", lambda: check_shadows(environment)
    yield "env.startup_code", lambda: check_startup_code(host, environment)
    yield "env.files", lambda: check_files(host, environment)


def _run(name: str, check: Check, environment: Environment) -> Result:
    """The result of one check; one that fails by itself is an error of its own and stops no other."""
    began = time.monotonic()
    try:
        outcome = check()
    except MlenvError as error:
        outcome = Outcome(hindrance=str(error))
    except Exception as error:  # noqa: BLE001 - a crash of one check is a result too
        outcome = Outcome(hindrance=f"the check itself failed: {type(error).__name__}: {error}")
    return as_result(name, outcome, environment, time.monotonic() - began)
