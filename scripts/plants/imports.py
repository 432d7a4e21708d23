"""Faults that show at the import, or that keep a child from ever coming to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from plants.ground import Ground
from plants.plant import Call, Plant, Sign

GOOD = "def nothing():\n    pass\n"


def raising(name: str, code: str) -> Callable[[Ground], Call]:
    """A package ``faulty`` that does something at its import."""

    def put(ground: Ground) -> Call:
        ground.add("faulty", code)
        return Call(("--only", "faulty"))

    put.__name__ = name
    return put


def all_plants() -> Iterator[Plant]:
    """Every fault of this subject."""
    for variant, code, reason, words in RAISED:
        yield Plant("import", variant, raising(variant, code), 1, Sign("import", "fail", reason, words))
    yield Plant("import", "only metadata is left", leave_metadata, 1, Sign("import", "fail", "not-installed"))
    yield Plant("import", "an empty folder is left", leave_folder, 1, Sign("import", "fail", "empty-package"))
    yield Plant(
        "import", "another version than the metadata's", shift_version, 1, Sign("version", "fail", "version-mismatch")
    )
    yield Plant(
        "import",
        "torchvision of another torch",
        mismatch_torchvision,
        1,
        Sign("*", "fail", "", ("torchvision",)),
    )
    yield Plant(
        "start",
        "sitecustomize ends Python",
        customize("raise SystemExit(3)"),
        5,
        Sign("import", "error", "could-not-run"),
    )
    yield Plant(
        "start",
        "sitecustomize replaces a module",
        customize("import sys, types\nsys.modules['json'] = types.ModuleType('json')"),
        5,
        Sign("*", "error", "could-not-run"),
    )
    yield Plant(
        "start",
        "sitecustomize runs beside a healthy package",
        customize("import os"),
        0,
        Sign("env.startup_code", "warn", "", ("sitecustomize",)),
    )
    yield Plant("start", "the interpreter is a broken link", break_interpreter, 2, says=("no interpreter",))
    yield Plant("start", "the interpreter does not run", spoil_interpreter, 5, Sign("import", "error", "could-not-run"))
    yield Plant("start", "no package at all", leave_empty, 5, EMPTY, never=(Sign("import", "pass"),))


EMPTY = Sign("env.duplicates", "pass", "", ("0 distributions",))


RAISED = (
    ("a module that is not there", "import no_such_module", "missing-module", ("no_such_module",)),
    (
        "a shared library that is not there",
        "import ctypes\nctypes.CDLL('libnot-there.so.9')",
        "missing-library",
        ("libnot-there.so.9",),
    ),
    (
        "a symbol that is not there",
        "raise ImportError('/x/libtorch_cuda.so: undefined symbol: ncclCommSplit')",
        "binary-mismatch",
        ("ncclCommSplit",),
    ),
    (
        "built for another NumPy",
        "raise ImportError('numpy.core.multiarray failed to import')",
        "binary-mismatch",
        ("numpy",),
    ),
    ("a syntax error", "exec('def (')", "import-error", ("SyntaxError",)),
    ("an endless recursion", "def again():\n    again()\nagain()", "import-error", ("RecursionError",)),
    ("no memory", "raise MemoryError()", "import-error", ("MemoryError",)),
    ("sys.exit", "import sys\nsys.exit(0)", "import-error", ("SystemExit",)),
    ("reads from the keyboard", "input()", "import-error", ("EOFError",)),
)


def leave_metadata(ground: Ground) -> Call:
    ground.describe("faulty", "1.0", ("faulty/__init__.py",))
    return Call(("--only", "faulty"))


def leave_folder(ground: Ground) -> Call:
    ground.describe("faulty", "1.0", ("faulty/__init__.py",))
    ground.site.joinpath("faulty", "__pycache__").mkdir(parents=True)
    return Call(("--only", "faulty"))


def shift_version(ground: Ground) -> Call:
    ground.add("faulty", GOOD, version="1.9", metadata="2.0")
    return Call(("--only", "faulty"))


def mismatch_torchvision(ground: Ground) -> Call:
    ground.add("torchvision", "raise RuntimeError('operator torchvision::nms does not exist')", version="0.28.0")
    return Call(("--only", "torchvision"))


def customize(code: str) -> Callable[[Ground], Call]:
    """A sitecustomize in the environment, beside a healthy package."""

    def put(ground: Ground) -> Call:
        ground.add("healthy", GOOD)
        ground.site.joinpath("sitecustomize.py").write_text(code + "\n")
        return Call(("--only", "healthy"))

    return put


def break_interpreter(ground: Ground) -> Call:
    for path in ground.environment.joinpath("bin").glob("python*"):
        path.unlink()
        path.symlink_to("/nowhere/python")
    return Call()


def spoil_interpreter(ground: Ground) -> Call:
    ground.add("healthy", GOOD)
    for path in ground.environment.joinpath("bin").glob("python*"):
        path.unlink()
        path.write_text("#!/nowhere/python\n")
        path.chmod(0o755)
    return Call(("--only", "healthy"))


def leave_empty(_: Ground) -> Call:
    return Call()
