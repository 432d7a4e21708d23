"""The manifest that every environment made by mlenv carries."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from mlenv import __version__
from mlenv.execute.generations import MANIFEST, Generations
from mlenv.facts.guarded_variables import find_guarded
from mlenv.facts.machine import Machine
from mlenv.plan.plan import Plan
from mlenv.system.durable import flush_file_system, write_durably
from mlenv.typed import decode_json
from mlenv.verify.result import Verification

SCHEMA = "mlenv.manifest/1"
MAX_BYTES = 64 * 1024 * 1024
REMOVABLE = frozenset({"LD_LIBRARY_PATH"})
"""Variables that an environment may take away; the names come out of manifests, into shells."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What was planned, on which machine, with which data, what was locked, and what was proven.

    ``created`` is UTC in ISO 8601; ``lock`` the text of the PEP 751 lock file; ``timings`` the
    seconds that each kind of step took.  ``question`` is the digest of what was asked for: the
    same question again has the same answer, as long as the environment is as it was made.
    """

    schema: str = SCHEMA
    mlenv_version: str = __version__
    matrix_version: str
    matrix_digest: str = ""
    created: str
    plan: Plan
    machine: Machine
    lock: str
    verification: Verification
    timings: dict[str, float] = {}
    question: str = ""


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest; its presence marks the generation as complete, so all else is on the disk before."""
    flush_file_system(folder)
    write_durably(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a generation; None where there is none that this version can read and rely on."""
    path = folder / MANIFEST
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return None
        manifest = decode_json(path.read_bytes(), Manifest)
    except (OSError, msgspec.DecodeError, RecursionError):
        return None
    return manifest if _is_sound(manifest.plan) else None


def _is_sound(plan: Plan) -> bool:
    """Whether a plan stays in its generation, and sets no variable that is the user's alone.

    Environments are passed on in archives and images: what is written in one may be anybody's.
    """
    inside = not plan.prefix or (not os.path.isabs(plan.prefix) and ".." not in Path(plan.prefix).parts)
    return inside and next(find_guarded(plan.variables), None) is None and set(plan.unset) <= REMOVABLE


def read_current(environment: Path) -> Manifest | None:
    """The manifest of the environment at a path, which may be a link into its generation."""
    current = Generations(environment.absolute()).current
    return read_manifest(current if current is not None else environment)
