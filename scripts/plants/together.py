"""Faults that show when every package is imported, and when frameworks share a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from plants.ground import Ground
from plants.plant import Call, Plant, Sign
from plants.stubs import add_torch, read_fake

# As much of JAX as sharing a process with PyTorch takes: what it does where torch came first.
RIVAL = """
import os, sys
if "torch" in sys.modules:
    {act}


class Device:
    platform, device_kind, client = "cpu", "cpu", None


def local_devices():
    return [Device()]
"""


def clash(act: str) -> Callable[[Ground], Call]:
    """PyTorch and a JAX that does not bear it."""

    def put(ground: Ground) -> Call:
        add_torch(ground)
        ground.add("jax", RIVAL.format(act=act), version="0.8.0")
        return Call(("--level", "standard"))

    return put


def others(code: str, status: int, sign: Sign, *words: str) -> tuple[Callable[[Ground], Call], int, Sign]:
    """A package beside a healthy framework that does not need it."""

    def put(ground: Ground) -> Call:
        ground.add("cirq", read_fake("cirq"), version="1.7.0")
        ground.site.joinpath("numpy.py").write_text("complex128 = complex\n")  # all that it takes
        ground.add("unrelated", code)
        return Call(("--level", "standard", *words))

    return put, status, sign


def all_plants() -> Iterator[Plant]:
    """Every fault of this subject."""
    for variant, put, status, sign in OTHERS:
        yield Plant("others", variant, put, status, sign)
    for variant, act, sign in CLASHES:
        alone = Sign("import", "pass")
        yield Plant("together", variant, clash(act), 1, sign, also=(alone,), never=(Sign("import", "fail"),))


UNRELATED = "import:unrelated"
OTHERS = (
    (
        "a package that no framework needs crashes",
        *others("import os\nos.kill(os.getpid(), 11)", 1, Sign(UNRELATED, "fail", "crashed", ("SIGSEGV",))),
    ),
    (
        "a package that no framework needs lacks a library",
        *others(
            "import ctypes\nctypes.CDLL('libgone.so.3')",
            1,
            Sign(UNRELATED, "fail", "missing-library", ("libgone.so.3",)),
        ),
    ),
    (
        "a package that no framework needs lacks a module of another",
        *others("import no_such_thing", 0, Sign(UNRELATED, "warn", "missing-module", ("no_such_thing",))),
    ),
    (
        "a package that no framework needs lacks a module of its own",
        *others("import unrelated.core", 1, Sign(UNRELATED, "fail", "broken-install", ("unrelated.core",))),
    ),
    (
        "a package that no framework needs is too old for this Python",
        *others("import imp_gone\n", 0, Sign(UNRELATED, "warn", "missing-module", ("imp_gone",))),
    ),
    (
        "a package that no framework needs ends Python",
        *others("import os\nos._exit(0)", 1, Sign(UNRELATED, "fail", "ended-early")),
    ),
)

CLASHES = (
    (
        "JAX crashes after PyTorch",
        "os.kill(os.getpid(), 11)",
        Sign("joint", "fail", "crashed", ("SIGSEGV", "importing jax after torch")),
    ),
    (
        "JAX does not import after PyTorch",
        "raise ImportError('two copies of libprotobuf')",
        Sign("joint", "fail", "clash", ("jax imported after torch", "two copies of libprotobuf")),
    ),
    (
        "JAX spoils PyTorch's numbers",
        "sys.modules['torch'].MODE = 'outlier'",
        Sign("joint", "fail", "wrong-number", ("torch beside jax",)),
    ),
)
