"""What the marks of a build tell: ``cu126`` of a wheel, conda's build strings, lists of targets."""

from __future__ import annotations

from mlenv.facts.pattern import lazy

_CUDA = lazy(r"(?:cu|cuda_?)(\d\d?)\.?(\d+)")
_CODE = lazy(r"(?<![\w.])(?:sm_)?(\d{1,2}?)\.?(\d)([af]?)(?![\w.])")
_PTX = lazy(r"\bcompute_(\d{1,2}?)(\d)([af]?)\b")
_CONDA_CPU = lazy(r"(?:^|_)cpu(?:_|$)")


# py3.10_cuda11.8_cudnn8.7.0_0, cpu_generic_py312
def read_conda_tag(build: str) -> str:
    """``cu118`` or ``cpu``, of the build string of a package of conda's; empty where it names neither."""
    if _CONDA_CPU.search(build):
        return "cpu"
    match = _CUDA.search(build)
    return f"cu{match[1]}{match[2]}" if match else ""


# cu126, cuda12.8
def read_cuda(tag: str) -> str:
    """``12.6``; empty where a tag names no CUDA release."""
    match = _CUDA.search(tag)
    if match is None:
        return ""
    digits = match[1] + match[2]
    return f"{digits[:2]}.{digits[2:]}" if len(digits) > 2 else f"{digits[0]}.{digits[1:]}"


# sm_75 sm_120 compute_90
def read_codes(text: str, *, ptx: bool = False) -> tuple[str, ...]:
    """The compute capabilities of a list: ``7.5``, ``12.0``; with ``ptx`` those of code that a driver compiles."""
    found = (_PTX if ptx else _CODE).finditer(text)
    return tuple(dict.fromkeys(f"{match[1]}.{match[2]}{match[3]}" for match in found))
