"""Builds of a conda package: what each file of a channel says of itself.

A build string is a convention, dependencies bind: the string is asked first for the kind of a
build, because selectors go by it, and the dependencies for the CUDA release and everything else.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from mlenv.facts.version import numbers, series
from mlenv.matrix.rows import Accelerator, Platform

if TYPE_CHECKING:
    from rattler import MatchSpec, PackageRecord

    Specs = Sequence[tuple[str, MatchSpec]]

PLATFORM_OF: dict[str, Platform] = {
    "linux-64": "linux-x86_64",
    "linux-aarch64": "linux-aarch64",
    "win-64": "windows-x86_64",
    "osx-arm64": "macos-arm64",
    "osx-64": "macos-x86_64",
}
"""Conda's names of platforms, and the matrix's."""
KIND_WORD = re.compile(r"(?<![a-z])(cpu|cuda|rocm|xpu)(\d+(?:\.\d+)*)?")
"""The word for the accelerator in a build string, with its release where that stands there."""

_CUDA_PACKAGES = ("cuda-version", "cudatoolkit", "pytorch-cuda", "cuda-cudart")
_PYTHON_PACKAGES = ("python", "cpython", "python_abi")
_LEVEL_PACKAGE = "_x86_64-microarch-level"
_FREE_THREADED = re.compile(r"cp3\d+t")
_VERSION = re.compile(r"\d+(?:\.\d+)*")


class CondaBuild(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a channel.

    ``kind`` is the accelerator and its release as the build string has them (``cpu``,
    ``cuda129``), from the dependencies where the string is silent, and ``any`` without either.
    ``cuda`` is the CUDA release it was built with, as precisely as it says (``12.9``, ``12``).
    ``pythons`` are the series it can be installed for (``3.14t`` is free-threaded), empty where it
    is tied to none.  ``virtual_packages`` are what the machine must have (``__glibc >=2.28``);
    ``virtual_limits`` bind only a machine that has that virtual package at all.  ``cpu_level`` is
    the x86-64 level it needs (3 for ``x86-64-v3``).  ``bytes`` is the file's size.
    """

    build: str
    number: int
    platform: Platform | Literal["noarch"]
    kind: str
    accelerator: Accelerator
    cuda: str = ""
    pythons: tuple[str, ...] = ()
    virtual_packages: tuple[str, ...] = ()
    virtual_limits: tuple[str, ...] = ()
    cpu_level: int | None = None
    bytes: int | None = None
    built: dt.date | None = None


def parse_build(record: PackageRecord, pythons: Sequence[str]) -> CondaBuild:
    """A record of rattler as a build; ``pythons`` are the series to tell apart (``3.12``)."""
    text = str(record.build)
    depends = tuple(_specs(record.depends))
    accelerator, word = _kind(text, depends)
    cuda = _cuda(word, depends) if accelerator == "cuda" else ""
    return CondaBuild(
        build=text,
        number=record.build_number,
        platform=PLATFORM_OF.get(record.subdir, "noarch"),
        kind=word if word[-1].isdigit() or not cuda else f"cuda{cuda.replace('.', '')}",
        accelerator=accelerator,
        cuda=cuda,
        pythons=_pythons(depends, pythons),
        virtual_packages=_virtual(record.depends),
        virtual_limits=_virtual(record.constrains),
        cpu_level=_cpu_level(depends),
        bytes=record.size,
        built=record.timestamp.date() if record.timestamp else None,
    )


def _specs(depends: Iterable[str]) -> Iterator[tuple[str, MatchSpec]]:
    """The dependencies that always bind, as (name, parsed); what rattler cannot parse is left out."""
    from rattler import MatchSpec
    from rattler.exceptions import InvalidMatchSpecError

    for text in depends:
        try:
            spec = MatchSpec(text)
        except InvalidMatchSpecError:
            continue
        if spec.condition is None:
            yield spec.name.normalized, spec


# conda-forge: cuda129_generic_py312_h2592732_200 and cpu_mkl_py313_hde6a6ff_102 (pytorch),
# py312hb2abbd0_0_cuda (onnxruntime), py312h83a9b5a_0 with cuda-version >=12,<13 (cupy);
# the channel of PyTorch: py3.12_cuda12.4_cudnn9.1.0_0
def _kind(build: str, depends: Specs) -> tuple[Accelerator, str]:
    """What a build is for, and the word that says so: in its own string or in one that it demands."""
    for text in (build, *(spec.build or "" for _, spec in depends)):
        if found := KIND_WORD.search(text):
            return found.group(1), found.group()  # type: ignore[return-value]
    needs_cuda = any(name in _CUDA_PACKAGES or name == "__cuda" for name, _ in depends)
    return ("cuda", "cuda") if needs_cuda else ("cpu", "any")


def _cuda(word: str, depends: Specs) -> str:
    """The CUDA release a build was made with, from the first that tells more than the major."""
    floors = {name: _floor(spec.version or "") for name, spec in depends}
    told = [*(floors.get(name, "") for name in _CUDA_PACKAGES), _digits(word), floors.get("__cuda", "")]
    releases = [series(text) for text in told if text]
    return next((text for text in releases if "." in text), next(iter(releases), ""))


def _digits(word: str) -> str:
    """``cuda129`` gives ``12.9``, ``cuda92`` ``9.2``, ``cuda12`` ``12``, ``cuda12.4`` ``12.4``."""
    digits = word.removeprefix("cuda")
    if "." in digits or len(digits) < 2 or (len(digits) == 2 and digits[0] == "1"):
        return digits
    return f"{digits[:-1]}.{digits[-1]}"


def _floor(condition: str) -> str:
    """``>=12.9,<13`` gives ``12.9``, ``==11.8|11.8.*`` ``11.8``; empty without a lower bound."""
    parts = re.split(r"[,|]", condition)
    found = (_VERSION.search(part) for part in parts if not part.strip().startswith(("<", "!")))
    return next((match.group() for match in found if match), "")


# python >=3.12,<3.13.0a0     python >=3.10 (noarch)     python_abi 3.13.* *_cp313t
def _pythons(depends: Specs, known: Sequence[str]) -> tuple[str, ...]:
    specs = [spec for name, spec in depends if name in _PYTHON_PACKAGES]
    if not specs:
        return ()
    suffix = "t" if any(_FREE_THREADED.search(spec.build or "") for spec in specs) else ""
    admitted = [text for text in known if all(_admits(spec.version, text) for spec in specs)]
    return tuple(text + suffix for text in sorted(admitted, key=numbers))


def _admits(condition: str | None, python: str) -> bool:
    """Whether some patch release of a Python series meets a condition."""
    from rattler import Version, VersionSpec

    if condition is None:
        return True
    # Between the versions that a condition names it answers alike, so these stand for all.
    named = [text for text in _VERSION.findall(condition) if series(text) == python]
    spec = VersionSpec(condition)
    return any(spec.matches(Version(text)) for text in (f"{python}.0", f"{python}.999", *named))


def _virtual(depends: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(text for text in depends if text.startswith("__") and "[when=" not in text))


def _cpu_level(depends: Specs) -> int | None:
    floors = [_floor(spec.version or "") for name, spec in depends if name == _LEVEL_PACKAGE]
    return next((int(text) for text in floors if text.isdigit()), None)
