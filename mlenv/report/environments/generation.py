"""One generation in full: ``mlenv env show``."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.execute.manifest import Manifest
from mlenv.facts.machine import Machine
from mlenv.matrix.load import DataVersion
from mlenv.plan.places import LOCK_FILE
from mlenv.report.device_lines import describe_gpu
from mlenv.report.document import Document
from mlenv.report.environments.contents import read_contents
from mlenv.report.environments.held import Contents, Held
from mlenv.report.environments.knowledge import Knowledge
from mlenv.report.environments.rows import GenerationRow
from mlenv.report.environments.settings import show_value
from mlenv.report.host_lines import describe_memory, describe_processor, describe_system
from mlenv.report.redact import mask_text
from mlenv.resolve.driver_words import driver_of
from mlenv.verify.result import Verification

SCHEMA = "mlenv.environment/1"
HASH_DIGITS = 12


class PackageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A package of an environment.

    ``source`` is the index, repository or host it came from, without credentials, empty where it is
    not known; ``hash`` the beginning of its file's (``sha256:9f8e7d6c5b4a``).  ``asked`` tells
    what was asked for or decided on by the matrix, ``built`` what was built from source.
    """

    name: str
    version: str
    source: str = ""
    hash: str = ""
    asked: bool = False
    built: bool = False


class PlanSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan asked for beside its packages; ``download_bytes`` is an estimate, None where it is not known."""

    others: tuple[str, ...] = ()
    variables: dict[str, str] = {}
    warnings: tuple[str, ...] = ()
    proof: str = ""
    download_bytes: int | None = None


class MachineSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The machine that an environment was made on, in words; ``gpus`` is None where they are not known."""

    system: str
    processor: str
    memory: str
    gpus: tuple[str, ...] | None
    driver: str | None


class EnvironmentDocument(Document, frozen=True, kw_only=True):
    """One generation of an environment.

    ``complete`` tells that ``packages`` are all it holds: without a lock that can be read they are
    those of its plan.  ``timings`` are seconds by kind of step, ``files`` paths below the environment.
    """

    environment: str
    generation: GenerationRow
    plan: PlanSummary
    packages: tuple[PackageRow, ...]
    complete: bool
    machine: MachineSummary
    verification: Verification
    timings: dict[str, float]
    files: tuple[str, ...]


def environment_document(
    environment: str,
    generation: GenerationRow,
    manifest: Manifest,
    data: DataVersion,
    knowledge: Knowledge | None = None,
) -> EnvironmentDocument:
    """A generation as a document; ``generation`` is its row (see :func:`rows.summarise`)."""
    contents = read_contents(manifest, knowledge)
    return EnvironmentDocument(
        schema=SCHEMA,
        matrix_version=data.version,
        matrix_digest=data.digest,
        environment=environment,
        generation=generation,
        plan=_summarise_plan(manifest),
        packages=tuple(_rows(contents)),
        complete=contents.complete,
        machine=_summarise_machine(manifest.machine),
        verification=manifest.verification,
        timings=manifest.timings,
        files=tuple(_list_files(manifest)),
    )


def _rows(contents: Contents) -> Iterator[PackageRow]:
    """What was asked for, then the rest, each by name."""
    for name in sorted(contents.packages, key=lambda name: (name not in contents.asked, name)):
        held = contents.packages[name]
        yield PackageRow(
            name=name,
            version=held.full_version,
            source=held.place,
            hash=_shorten_hash(held),
            asked=name in contents.asked,
            built=held.source,
        )


def _shorten_hash(held: Held) -> str:
    """The hash of the only file, or of the first by name."""
    if not held.files:
        return ""
    algorithm, value = next(iter(held.files[min(held.files)].items()))
    return f"{algorithm}:{value[:HASH_DIGITS]}"


def _summarise_plan(manifest: Manifest) -> PlanSummary:
    plan = manifest.plan
    return PlanSummary(
        others=tuple(mask_text(text) for text in plan.others),
        variables={name: show_value(name, value) for name, value in plan.variables.items()},
        warnings=tuple(mask_text(text) for text in plan.warnings),
        proof=plan.proof.by if plan.proof and plan.proof.status == "proven" else "",
        download_bytes=plan.download_bytes,
    )


def _summarise_machine(machine: Machine) -> MachineSummary:
    return MachineSummary(
        system=describe_system(machine),
        processor=describe_processor(machine),
        memory=describe_memory(machine),
        gpus=None if machine.gpus is None else tuple(describe_gpu(gpu) for gpu in machine.gpus),
        driver=driver_of(machine),
    )


def _list_files(manifest: Manifest) -> Iterator[str]:
    """The plan's files and the lock that came of them."""
    paths = [file.path for file in manifest.plan.files]
    yield from paths
    if manifest.lock and manifest.plan.manager == "uv" and LOCK_FILE not in paths:
        yield LOCK_FILE
