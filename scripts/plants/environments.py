"""Faults of an environment's own files: requirements, rivals, remains, damage, code at start-up."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from plants.ground import Ground
from plants.plant import Call, Plant, Sign

HEALTHY = ("--only", "healthy")
STANDARD = (*HEALTHY, "--level", "standard")


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


def all_plants() -> Iterator[Plant]:
    """Every fault of this subject."""
    for variant, put, status, sign in FILES:
        yield Plant("environment", variant, put, status, sign)


PIP_CHECK, DUPLICATES = "env.pip_check", "env.duplicates"
FILES = (
    (
        "an unmet requirement",
        beside(add("needy", requires=("absent>=2",))),
        1,
        Sign(PIP_CHECK, "fail", "missing-requirement", ("needy 1.0 requires absent>=2",)),
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
