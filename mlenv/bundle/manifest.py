"""What a bundle says of itself: ``mlenv-bundle.json``."""

from __future__ import annotations

import msgspec

from mlenv import __version__
from mlenv.facts.system import Libc
from mlenv.plan.plan import Plan

SCHEMA = "mlenv.bundle/1"
MANIFEST = "mlenv-bundle.json"
SUMS = "SHA256SUMS"
LOCK = "pylock.toml"
REQUIREMENTS = "requirements.txt"
WHEELS = "wheels"
PYTHONS = "python"


class BundledFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the bundle: ``path`` is relative, with slashes; ``size`` in bytes."""

    path: str
    sha256: str
    size: int


class BundledPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A package and the wheel that it comes as; ``built`` where it came as source and was built here."""

    name: str
    version: str
    path: str
    built: bool = False


class BundledPython(msgspec.Struct, frozen=True, kw_only=True):
    """The archive of an interpreter; ``key`` is uv's name for it, ``path`` lies in the bundle.

    ``architecture``, ``libc`` and ``variant`` (``freethreaded``) are as uv spells them.
    """

    key: str
    version: str
    path: str
    system: str
    architecture: str
    libc: str
    variant: str = "default"


class BundleTarget(msgspec.Struct, frozen=True, kw_only=True):
    """The machines that a bundle is for.

    ``platform`` is as in plans (``linux-x86_64``), ``libc`` and ``macos`` the lowest that every wheel
    runs on, ``python`` a series, ``driver`` the lowest NVIDIA driver; None and "" where nothing is asked.
    """

    platform: str
    python: str
    accelerator: str
    variant: str
    libc: Libc | None = None
    macos: str | None = None
    driver: str = ""


class BundleRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, in the words of the command line; ``own_matrix`` with a site's own data."""

    profiles: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    python: str | None = None
    accelerator: str | None = None
    manager: str = "uv"
    own_matrix: bool = False


class BundleOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Where a bundle was written, as what (``folder``, ``tar``, ``tar.gz``, ``zip``), and its bytes there."""

    path: str
    kind: str
    size: int


class BundleManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle holds, for which machines, and the masked plan that it was made from.

    ``files`` are all but this one and the checksums; ``created`` is UTC in ISO 8601: the time that
    ``SOURCE_DATE_EPOCH`` names, else the day on which the plan was proven.  ``notes`` are what must be
    said of the files, ``output`` is for the report of the command alone.
    """

    schema: str = SCHEMA
    mlenv_version: str = __version__
    matrix_version: str
    matrix_digest: str = ""
    created: str
    profile: str
    request: BundleRequest = BundleRequest()
    target: BundleTarget
    packages: tuple[BundledPackage, ...]
    python: BundledPython | None = None
    files: tuple[BundledFile, ...]
    plan: Plan
    notes: tuple[str, ...] = ()
    output: BundleOutput | None = None

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(file.size for file in self.files)


def encode_manifest(manifest: BundleManifest) -> bytes:
    """The manifest as it stands in its file."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def render_sums(files: tuple[BundledFile, ...]) -> str:
    """The checksums as ``sha256sum -c`` reads them."""
    return "".join(f"{file.sha256}  {file.path}\n" for file in sorted(files, key=lambda file: file.path))
