"""Faults of an environment's files, of what lies around them, and of what its frameworks do to each other."""

from __future__ import annotations

import base64
import hashlib
import platform
from collections.abc import Callable, Iterator
from pathlib import Path

from plants.ground import Ground
from plants.plant import Call, Plant, Sign
from plants.stubs import add_torch, read_fake
from tests.unit.probe.environment_hosts import make_elf

HEALTHY = ("--only", "healthy")
STANDARD = (*HEALTHY, "--level", "standard")
ELF_MACHINES = {"x86_64": 62, "aarch64": 183}
LOCK = """\
lock-version = "1.0"
created-by = "test"
[[packages]]
name = "healthy"
version = "1.0"
"""

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


def beside(plant: Callable[[Ground], None], *words: str) -> Callable[[Ground], Call]:
    """A fault beside a healthy package, which alone is verified."""

    def put(ground: Ground) -> Call:
        ground.add("healthy", "")
        plant(ground)
        return Call(words or HEALTHY)

    return put


def add(name: str, code: str = "", version: str = "1.0", requires: tuple[str, ...] = ()) -> Callable[[Ground], None]:
    """One more package."""

    def plant(ground: Ground) -> None:
        ground.add(name, code, version=version, requires=requires)

    return plant


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


# ---------------------------------------------------------------- files


def add_rivals(ground: Ground) -> None:
    for name in ("onnxruntime", "onnxruntime-gpu"):
        ground.add(name, "", version="1.26.0", module="onnxruntime")


def add_cuda_majors(ground: Ground) -> None:
    for name in ("nvidia-cublas-cu12", "nvidia-cudnn-cu11"):
        ground.describe(name, "12.9.0", (f"nvidia/{name}/x",))


def double_metadata(ground: Ground) -> None:
    ground.add("twice", "", version="1.0")
    ground.describe("twice", "2.0", ("twice/__init__.py",))


def leave_remains(ground: Ground) -> None:
    ground.site.joinpath("~orch", "lib").mkdir(parents=True)
    ground.site.joinpath("~orch-2.9.1.dist-info").mkdir()


def remove_metadata(ground: Ground) -> None:
    ground.add("half", "")
    ground.site.joinpath("half-1.0.dist-info", "METADATA").unlink()


def strip_version(ground: Ground) -> None:
    ground.add("nameless", "")
    ground.site.joinpath("nameless-1.0.dist-info", "METADATA").write_text("Metadata-Version: 2.1\nName: nameless\n")


def remove_record(ground: Ground) -> None:
    ground.add("unlisted", "")
    folder = ground.site / "unlisted-1.0.dist-info"
    folder.joinpath("RECORD").unlink()
    folder.joinpath("INSTALLER").write_text("pip")


def empty_package(ground: Ground) -> None:
    ground.add("hollow", "")
    ground.site.joinpath("hollow", "__init__.py").unlink()


def mistag(ground: Ground) -> None:
    ground.add("foreign", "")
    ground.site.joinpath("foreign-1.0.dist-info", "WHEEL").write_text("Wheel-Version: 1.0\nTag: cp38-cp38-win_amd64\n")


def demand_python(ground: Ground) -> None:
    ground.add("modern", "")
    text = "Metadata-Version: 2.1\nName: modern\nVersion: 1.0\nRequires-Python: >=3.99\n"
    ground.site.joinpath("modern-1.0.dist-info", "METADATA").write_text(text)


def damage(change: Callable[[Path], object]) -> Callable[[Ground], None]:
    """A package with digests on record, of which one file was changed since."""

    def plant(ground: Ground) -> None:
        path = ground.add("damaged", "NUMBER = 17\n")
        content = path.read_bytes()
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record = ground.site / "damaged-1.0.dist-info" / "RECORD"
        record.write_text(f"damaged/__init__.py,sha256={digest},{len(content)}\n{record.parent.name}/RECORD,,\n")
        change(path)

    return plant


def flip(path: Path) -> None:
    path.write_text(path.read_text().replace("17", "71"))


def overlap(ground: Ground) -> None:
    """Two packages with a file of their own under one name."""
    for name, text in (("one", "A = 1\n"), ("two", "A = 2\n")):
        ground.add(name, "")
        ground.site.joinpath("shared.py").write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record = ground.site / f"{name}-1.0.dist-info" / "RECORD"
        record.write_text(record.read_text() + f"shared.py,sha256={digest},{len(text)}\n")


def add_startup_line(ground: Ground) -> None:
    ground.site.joinpath("zz_helper.pth").write_text("import sys; sys.zz = exec('1')\n")


def add_customizer(ground: Ground) -> None:
    ground.site.joinpath("usercustomize.py").write_text("import sys\nsys.dont_write_bytecode = True\n")


# ---------------------------------------------------------------- around them


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


# ---------------------------------------------------------------- together


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
    for variant, put, status, sign in (*FILES, *LOCKS, *AROUND, *OTHERS):
        yield Plant("environment", variant, put, status, sign)
    for variant, folder, status, sign in LIBRARIES:
        yield Plant("environment", variant, shadow_library(folder), status, sign, lacks=lacks_loader)
    for variant, act, sign in CLASHES:
        alone = Sign("import", "pass")
        yield Plant("together", variant, clash(act), 1, sign, also=(alone,), never=(Sign("import", "fail"),))


PIP_CHECK, DUPLICATES = "env.pip_check", "env.duplicates"
FILES = (
    (
        "an unmet requirement",
        beside(add("needy", requires=("absent>=2",))),
        1,
        Sign(PIP_CHECK, "fail", "missing-requirement", ("needy 1.0 requires absent>=2",)),
    ),
    (
        "a requirement of an extra that is asked for",
        beside(add("needy", requires=("healthy[fast]", "healthy>=1"))),
        0,
        Sign(PIP_CHECK, "pass"),
    ),
    (
        "a version that conflicts",
        beside(add("needy", requires=("healthy<1",))),
        1,
        Sign(PIP_CHECK, "fail", "conflict", ("needy 1.0 requires healthy<1", "healthy 1.0 is installed")),
    ),
    (
        "a wheel for another computer",
        beside(mistag),
        1,
        Sign(PIP_CHECK, "fail", "wrong-platform", ("foreign 1.0 was built for",)),
    ),
    (
        "a package for a newer Python",
        beside(demand_python),
        1,
        Sign(PIP_CHECK, "fail", "wrong-python", ("requires Python >=3.99",)),
    ),
    (
        "a requirement that cannot be read",
        beside(add("garbled", requires=(">> nothing",))),
        0,
        Sign(PIP_CHECK, "warn", "invalid-metadata", ("'>> nothing'",)),
    ),
    (
        "metadata without a version",
        beside(strip_version),
        0,
        Sign(PIP_CHECK, "warn", "invalid-metadata", ("metadata without a name or a version",)),
    ),
    (
        "onnxruntime beside onnxruntime-gpu",
        beside(add_rivals),
        1,
        Sign(
            "env.rivals", "fail", "rivals", ("onnxruntime 1.26.0 and onnxruntime-gpu 1.26.0", "uninstall all of them")
        ),
    ),
    (
        "NVIDIA's wheels of two majors",
        beside(add_cuda_majors),
        0,
        Sign("env.rivals", "warn", "two-cuda-majors", ("11", "12")),
    ),
    (
        "one file of two packages",
        beside(overlap),
        0,
        Sign("env.rivals", "warn", "overlap", ("shared.py", "two was written last")),
    ),
    (
        "metadata of two versions",
        beside(double_metadata),
        1,
        Sign(DUPLICATES, "fail", "duplicate", ("twice is installed twice", "1.0", "2.0")),
    ),
    ("remains of pip", beside(leave_remains), 0, Sign(DUPLICATES, "warn", "leftover", ("~orch", "delete them"))),
    (
        "METADATA is gone",
        beside(remove_metadata),
        1,
        Sign(DUPLICATES, "fail", "no-metadata", ("half is installed by half",)),
    ),
    ("RECORD is gone", beside(remove_record), 0, Sign(DUPLICATES, "warn", "no-record", ("no RECORD",))),
    (
        "a package without its files",
        beside(empty_package),
        1,
        Sign(DUPLICATES, "fail", "empty-package", ("the files of hollow are gone",)),
    ),
    (
        "a damaged file",
        beside(damage(flip), *STANDARD),
        1,
        Sign("env.files", "fail", "damaged-file", ("damaged/__init__.py has another content",)),
    ),
    (
        "a file that was cut short",
        beside(damage(lambda path: path.write_text("")), *STANDARD),
        1,
        Sign("env.files", "fail", "damaged-file", ("has 0 bytes",)),
    ),
    (
        "a file that is gone",
        beside(damage(lambda path: path.rename(path.with_name("other.py"))), *STANDARD),
        1,
        Sign("env.files", "fail", "damaged-file", ("damaged/__init__.py cannot be read",)),
    ),
    (
        "code in a path file",
        beside(add_startup_line),
        0,
        Sign("env.startup_code", "warn", "startup-code", ("zz_helper.pth", "no package says that it brought it")),
    ),
    (
        "a usercustomize",
        beside(add_customizer),
        0,
        Sign("env.startup_code", "warn", "startup-code", ("usercustomize.py",)),
    ),
)

LOCKS = (
    ("a lock that fits", locked(LOCK), 0, Sign("policy.env.lock", "pass")),
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
