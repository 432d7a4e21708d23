"""Faults of what is laid beside an environment: its lock, variables, folders and libraries of others."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator

from plants.environments import HEALTHY, add
from plants.ground import Ground
from plants.plant import Call, Plant, Sign
from plants.stubs import add_torch
from tests.unit.probe.environment_hosts import make_elf

ELF_MACHINES = {"x86_64": 62, "aarch64": 183}
LOCK = """\
lock-version = "1.0"
created-by = "test"
[[packages]]
name = "healthy"
version = "1.0"
"""

# As much of JAX as sharing a process with PyTorch takes: what it does where torch came first.


def locked(text: str, further: Callable[[Ground], None] | None = None) -> Callable[[Ground], Call]:
    """A policy that names a lock with this text."""

    def put(ground: Ground) -> Call:
        ground.add("healthy", "")
        if further is not None:
            further(ground)
        ground.write("pylock.toml", text)
        policy = ground.write("policy.toml", 'schema = 1\n[env]\nlock = "pylock.toml"\n')
        return Call((*HEALTHY, "--policy", policy))

    return put


def calling(prepare: Callable[[Ground], dict[str, str]]) -> Callable[[Ground], Call]:
    """A healthy package, and variables that hurt it."""

    def put(ground: Ground) -> Call:
        ground.add("healthy", "")
        return Call(HEALTHY, prepare(ground))

    return put


def shadow_by_path(ground: Ground) -> dict[str, str]:
    place = ground.folder / "elsewhere" / "healthy"
    place.mkdir(parents=True)
    place.joinpath("__init__.py").write_text("raise ImportError('the wrong one')\n")
    return {"PYTHONPATH": str(place.parent)}


def shadow_by_folder(ground: Ground) -> Call:
    ground.add("healthy", "")
    place = ground.folder / "project"
    place.mkdir()
    place.joinpath("healthy.py").write_text("raise ImportError('the wrong one')\n")
    return Call(HEALTHY, folder=str(place))


def wait_for_kernels(_: Ground) -> dict[str, str]:
    return {"CUDA_LAUNCH_BLOCKING": "1"}


def preload_nothing(ground: Ground) -> dict[str, str]:
    return {"LD_PRELOAD": str(ground.folder / "libnone.so")}


def shadow_library(folder: str) -> Callable[[Ground], Call]:
    """PyTorch's own cuDNN (of a wheel), and another that the loader takes first."""

    def put(ground: Ground) -> Call:
        add_torch(ground)
        machine = ELF_MACHINES[platform.machine()]
        soname = "libcuda.so.1" if folder.endswith("stubs") else "libcudnn.so.9"
        lib = ground.site / "torch" / "lib"
        lib.mkdir()
        lib.joinpath("libtorch_cuda.so").write_bytes(make_elf(needed=(soname,), machine=machine))
        record = ground.site / "torch-2.15.0.dist-info" / "RECORD"
        record.write_text(record.read_text() + "torch/lib/libtorch_cuda.so,,\n")
        own = ground.site / "nvidia" / "cudnn" / "lib"
        place = ground.folder / folder
        for where in (own, place):
            where.mkdir(parents=True)
            where.joinpath(soname).write_bytes(make_elf(soname=soname, machine=machine))
        return Call(("--only", "torch"), {"LD_LIBRARY_PATH": str(place)})

    return put


def lacks_loader() -> str:
    """Why the loader of this computer is not followed."""
    machine = platform.machine()
    return "" if machine in ELF_MACHINES and platform.libc_ver()[0] == "glibc" else f"no loader known for {machine}"


def all_plants() -> Iterator[Plant]:
    """Every fault of this subject, and a lock that fits."""
    yield Plant("no fault", "a lock that fits", locked(LOCK), 0, Sign("policy.env.lock", "pass"))
    for variant, put, status, sign in (*LOCKS, *AROUND):
        yield Plant("surroundings", variant, put, status, sign)
    for variant, folder, status, sign in LIBRARIES:
        yield Plant("surroundings", variant, shadow_library(folder), status, sign, lacks=lacks_loader)


LOCKS = (
    (
        "a locked package is missing",
        locked(LOCK + '[[packages]]\nname = "absent"\nversion = "2.0"\n'),
        1,
        Sign("env.lock", "fail", "missing-locked", ("absent 2.0 is locked and not installed",)),
    ),
    (
        "another version than the locked one",
        locked(LOCK.replace('\nversion = "1.0"', '\nversion = "3.1"')),
        1,
        Sign("env.lock", "fail", "other-version", ("healthy 3.1 is locked, and 1.0 is installed",)),
    ),
    (
        "a package beyond the lock",
        locked(LOCK, add("further")),
        0,
        Sign("env.lock", "warn", "not-locked", ("further",)),
    ),
    (
        "a lock that is none",
        locked("packages = 3\n"),
        5,
        Sign("env.lock", "error", "could-not-run", ("no lock of PEP 751",)),
    ),
    (
        "a lock that is no TOML",
        locked("lock-version = [\n"),
        5,
        Sign("env.lock", "error", "could-not-run", ("is no TOML",)),
    ),
)

AROUND = (
    (
        "PYTHONPATH takes the place of a module",
        calling(shadow_by_path),
        0,
        Sign("env.shadow", "warn", "shadowed-module", ("import healthy", "in a folder of PYTHONPATH")),
    ),
    (
        "a file in the working folder takes the place of a module",
        shadow_by_folder,
        0,
        Sign("env.shadow", "warn", "shadowed-module", ("healthy.py", "in the working directory")),
    ),
    (
        "a variable that makes every kernel wait",
        calling(wait_for_kernels),
        0,
        Sign("env.libpath", "warn", "cuda-variable", ("CUDA_LAUNCH_BLOCKING is set",)),
    ),
    (
        "a preloaded library that is not there",
        calling(preload_nothing),
        0,
        Sign("env.libpath", "warn", "preloaded-library", ("libnone.so, which is not there",)),
    ),
)

LIBRARIES = (
    (
        "another cuDNN by LD_LIBRARY_PATH",
        "cuda/lib64",
        0,
        Sign("env.libpath", "warn", "shadowed-library", ("torch would load libcudnn.so.9 from", "by LD_LIBRARY_PATH")),
    ),
    (
        "a driver for linking only by LD_LIBRARY_PATH",
        "cuda/stubs",
        1,
        Sign("env.libpath", "fail", "stub-library", ("which is for linking only",)),
    ),
)
