"""Pythons in the words of banners and people."""

from __future__ import annotations

from typing import Literal

from mlenv.facts.environment import EnvironmentKind
from mlenv.facts.pattern import lazy
from mlenv.facts.python import PythonInterpreter, PythonKind
from mlenv.facts.system import Architecture

_VERSION = lazy(r"(?<![\w.])v?(?P<version>[23]\.\d{1,2}(?:\.\d{1,2})?(?:(?:a|b|rc)\d{1,2})?)\+?(?P<free>t)?(?![\d])")
_BITS = lazy(r"(?i)\b(?P<bits>32|64)[ -]?bit")
_FREE = lazy(r"(?i)free[ -]?thread(?:ed|ing)|nogil|\b3\.1[3-9]t\b|experimental free")
_INTEL = lazy(r"(?i)x86[_-]64|amd64|\bx64\b|rosetta|\bx86 build|intel build|osx-64")
_ARM = lazy(r"(?i)\barm64\b|\baarch64\b|osx-arm64|arm build")
_CONDA = lazy(r"(?i)conda|anaconda|miniforge|mambaforge")


def python_in(text: str) -> PythonInterpreter | None:
    """The interpreter that words name; None where no version is stated.

    ``3.9.12 | packaged by conda-forge | (main, ...) [GCC 10.3.0] (64-bit runtime)``, ``3.7.1 32-bit``, ``3.13t``.
    """
    head = text[:400]
    match = _VERSION.search(head)
    if match is None:
        return None
    bits, free = _bits_in(head), bool(match["free"] or _FREE.search(head))
    return PythonInterpreter(
        version=match["version"],
        implementation="pypy" if "pypy" in head.lower() else "cpython",
        kind=_kind_in(head),
        bits=bits,
        architecture=_architecture_in(head, bits),
        free_threaded=free,
    )


def environment_kind_in(text: str) -> EnvironmentKind | None:
    """``conda`` where the words say so, else None."""
    return "conda" if _CONDA.search(text[:400]) else None


def _bits_in(text: str) -> Literal[32, 64] | None:
    """The runtime's word size; ``[MSC v.1916 32 bit (Intel)]`` is one too."""
    found = [match["bits"] for match in _BITS.finditer(text)]
    if found:
        return 32 if found[-1] == "32" else 64
    return 32 if "win32)" in text.lower() else None


def _architecture_in(text: str, bits: int | None) -> Architecture | None:
    if _INTEL.search(text):
        return "x86_64"
    if _ARM.search(text):
        return "aarch64"
    return "x86" if bits == 32 else None


def _kind_in(text: str) -> PythonKind:
    lowered = text.lower()
    if _CONDA.search(lowered):
        return "conda"
    words: tuple[tuple[str, PythonKind], ...] = (("homebrew", "homebrew"), ("pyenv", "pyenv"), ("uv-managed", "uv"))
    return next((kind for word, kind in words if word in lowered), "system" if "(system" in lowered else "other")
