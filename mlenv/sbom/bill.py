"""An environment and its machine, put together as one bill of materials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone

import msgspec

from mlenv.errors import UsageError
from mlenv.execute.manifest import Manifest
from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.matrix.load import DataVersion
from mlenv.report.environments.held import Held
from mlenv.report.environments.lock_rows import read_rows
from mlenv.report.redact import mask_text
from mlenv.sbom.packages import Sources, drop_unknown, find_outside_libraries, find_packages, top_level
from mlenv.sbom.part import Bill, Part, Place
from mlenv.sbom.system import find_system
from mlenv.system.host import Host

SUBJECT = "environment"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What a bill is made of; ``manifest`` is there where mlenv made the environment.

    ``frameworks`` are the names that the matrix knows.
    """

    environment: Environment
    machine: Machine
    manifest: Manifest | None
    data: DataVersion
    frameworks: frozenset[str] = frozenset()


def make_bill(host: Host, case: Case, moment: datetime, *, settled: bool, strip: Callable[[str], str] = str) -> Bill:
    """The bill of materials; ``strip`` takes private words out of paths and other free text.

    ``host`` is where the environment's files are read.
    """
    sources = Sources(locked=_read_lock(case.manifest), frameworks=case.frameworks)
    packages = find_packages(host, case.environment, case.machine, sources)
    outside = (*find_outside_libraries(case.environment), *_find_python(case.environment))
    system = find_system(case.machine)
    parts = drop_unknown({part.key: part for part in (*packages, *outside, *system)})
    subject = _describe(case, top_level(parts))
    return Bill(
        subject=_strip(subject, strip),
        parts=tuple(_strip(part, strip) for part in parts),
        properties=_find_properties(case),
        moment=moment.astimezone(timezone.utc).isoformat(),
        settled=settled,
    )


def read_moment(text: str | None, now: Callable[[], datetime]) -> tuple[datetime, bool]:
    """The moment of a bill, and whether it was given: SOURCE_DATE_EPOCH in seconds, else ``now``."""
    if not text:
        return now(), False
    try:
        return datetime.fromtimestamp(int(text), timezone.utc), True
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"SOURCE_DATE_EPOCH: {text[:40]!r} is no number of seconds since 1970", hint="unset it, or give a number"
        ) from None


def _read_lock(manifest: Manifest | None) -> dict[str, Held]:
    return {held.name: held for held in read_rows(manifest.lock, {})} if manifest else {}


def _find_python(environment: Environment) -> Iterator[Part]:
    """The interpreter, where no package of conda is it."""
    if environment.python and not any(package.name == "python" for package in environment.conda_packages or ()):
        name = "pypy" if "pypy" in (environment.executable or "").lower() else "cpython"
        home = {"mlenv:path": environment.home} if environment.home else {}
        yield Part(key="python", kind="platform", name=name, version=environment.python, place=Place(), properties=home)


def _describe(case: Case, needs: tuple[str, ...]) -> Part:
    """The environment itself, which depends on whatever nothing else in it asks for."""
    name = mask_text(case.manifest.plan.profile) if case.manifest else ""
    return Part(
        key=SUBJECT,
        kind="platform",
        name=name or "environment",
        version=case.manifest.created[:10] if case.manifest else "",
        needs=needs,
        properties={"mlenv:path": case.environment.path, "mlenv:python": case.environment.python or "unknown"},
    )


def _find_properties(case: Case) -> dict[str, str]:
    """Machine, matrix and verdict, for whoever reads the bill without mlenv."""
    found = {
        "mlenv:platform": case.machine.platform,
        "mlenv:matrix-version": case.data.version,
        "mlenv:matrix-digest": case.data.digest,
    }
    if case.manifest is not None:
        accelerator = case.manifest.plan.accelerator
        found |= {
            "mlenv:profile": mask_text(case.manifest.plan.profile),
            "mlenv:accelerator": f"{accelerator.kind} {accelerator.variant}".strip(),
            "mlenv:manager": case.manifest.plan.manager,
            "mlenv:created": case.manifest.created,
            "mlenv:made-with-matrix": case.manifest.matrix_version,
            "mlenv:verdict": case.manifest.verification.status,
        }
    return {name: value for name, value in sorted(found.items()) if value}


def _strip(part: Part, strip: Callable[[str], str]) -> Part:
    return msgspec.structs.replace(
        part,
        key=_strip_key(part.key, strip),
        needs=tuple(_strip_key(key, strip) for key in part.needs),
        properties={name: _strip_value(name, value, strip) for name, value in part.properties.items()},
    )


def _strip_key(key: str, strip: Callable[[str], str]) -> str:
    """Keys of files hold their paths; packages keep their names, whoever is called like one."""
    return strip(key) if key.startswith(("file:", "system:")) else key


def _strip_value(name: str, value: str, strip: Callable[[str], str]) -> str:
    return value if name.endswith(":sha256") else strip(mask_text(value))
