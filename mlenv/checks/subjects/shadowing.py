"""What Python imports in place of the package that was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlenv.checks.evidence import quote
from mlenv.checks.finding import Finding, Fix, Grade
from mlenv.checks.messages import present, value
from mlenv.checks.modules import KNOWN, is_of_python, is_others
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.wording import all_words, complaint
from mlenv.clues.clue import Clue
from mlenv.facts.environment import Distribution
from mlenv.facts.version import numbers
from mlenv.matrix.load import Matrix

_LOCAL = (
    "module-to-rename",
    "module-is-no-package",
    "source-tree-imported",
    "module-half-imported",
    "name-not-in-module",
    "module-lacks-attribute",
)
_INSTALLED = ("site-packages", "dist-packages", "/lib/python", "\\lib\\", "<frozen", ".egg")
# What these lack while they are imported has a reason of its own: a companion of another release.
_OTHER_REASONS = {("torchvision", "extension"), ("cv2", "gapi_wip_gst_gstreamerpipeline"), ("cv2", "_registermattype")}


@check("local-file-shadows-package", subject="environment")
def local_file_shadows_package(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A file of one's own that has the name of the package that is imported."""
    found = next(((clue, *known) for clue in case.clues_of(*_LOCAL) if (known := _judge(case, clue))), None)
    if found is None:
        if case.clue(*_LOCAL) is None:
            raise Skip("no message is about a module that is not what it should be")
        return
    clue, grade, module, path = found
    yield Finding(
        id="local-file-shadows-package",
        severity="error",
        title=f"A file of your own takes the place of {module}",
        cause=f"Python looks into the folder of the program first, and {path or f'a file or folder called {module}'} "
        f"there is imported in place of the package {module}.",
        evidence=quote(clue),
        fix=(
            Fix(text=f"Rename {path or f'the file or folder {module}'}, and remove the __pycache__ beside it"),
            Fix(text="See which file is imported", command=f'python -c "import {module}; print({module}.__file__)"'),
        ),
        applies_to=(module,),
        grade=grade,
        explains=present(case, *_LOCAL),
    )


def _judge(case: Case, clue: Clue) -> tuple[Grade, str, str] | None:
    """How it is known, which module, and which file takes its place; None where it has another reason."""
    module = (value(clue, "module", "project") or _module_of(value(clue, "path", "folder"))).split(".")[0]
    path = value(clue, "rename", "path", "origin")
    if clue.id in ("module-to-rename", "source-tree-imported") or value(clue, "rename"):
        return "named", module or "the package", path
    if clue.id == "module-is-no-package":
        return ("named", module, path) if module == value(clue, "wanted").split(".")[0] else None
    if (module.lower(), value(clue, "attribute").lower()) in _OTHER_REASONS:
        return None
    if not is_others(case, module):
        return None
    if clue.id == "module-lacks-attribute" and is_of_python(module, value(clue, "attribute")):
        return "shown", module, path
    own = path if path and not _is_installed(path) and path != "unknown location" else _own_file(case, module)
    if own:
        return "shown", module, own
    partly = clue.id == "module-half-imported" and not path and "." not in value(clue, "module")
    alone = not value(clue, "name") or module.lower() in KNOWN
    return ("likely", module, "") if partly and alone else None


def _module_of(path: str) -> str:
    name = re.split(r"[\\/]", path.rstrip("\\/"))[-1] if path.endswith(".py") else re.split(r"[\\/]", path)[0]
    return name.removesuffix(".py")


def _is_installed(path: str) -> bool:
    return any(part in path.lower() for part in _INSTALLED)


def _own_file(case: Case, module: str) -> str:
    """A file of that name that is no installed one: as the environment, a traceback or somebody's words show it."""
    shadows = (case.environment.shadows or ()) if case.environment else ()
    known = next((row.path for row in shadows if row.module == module and row.found != "user-site"), "")
    name = re.escape(module.lower())
    words = re.findall(rf"['\"]([^'\"\n]{{0,300}}[\\/]{name}\.py)['\"]|(?<![\w/\\.-])({name}\.py)\b", all_words(case))
    return known or next((path for pair in words for path in pair if path and not _is_installed(path)), "")


# ---------------------------------------------------------------- the user's own packages


@check("user-site-shadows-env", subject="environment")
def user_site_shadows_env(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Packages of the user's own folder that come before those of the environment."""
    environment, report = case.environment, case.report
    clue = case.clue("user-site-path")
    doubles = _doubles(report.user_site, environment.distributions) if report and environment else []
    doubles = doubles or _named(case)
    shadows = [row for row in (environment.shadows or ()) if row.found == "user-site"] if environment else []
    if not doubles and not shadows and clue is None:
        raise Skip("nothing lies in the user's own site-packages")
    if not doubles and not shadows and not (clue and clue.told and _has_environment(case)):
        return
    yield Finding(
        id="user-site-shadows-env",
        severity="error" if complaint(case) and (doubles or clue) else "warning",
        title="Packages in your home folder take the place of the environment's",
        cause="Python also looks into the user's own site-packages, and finds other versions there "
        "than the environment has.",
        evidence=(*quote(clue), *doubles[:5], *(f"{row.module}: {row.path}" for row in shadows[:5])),
        fix=(
            Fix(text="Keep Python from looking there", command=_setting(case)),
            Fix(
                text="Or remove those packages there, outside of any environment",
                command="python -m pip uninstall PACKAGE",
            ),
        ),
        grade="shown",
        explains=present(case, "user-site-path", "undefined-symbol"),
    )


def _doubles(own: tuple[Distribution, ...], held: tuple[Distribution, ...]) -> list[str]:
    """What both places have in different versions."""
    versions = {row.name: row.version for row in held}
    return [
        f"{row.name} {row.version} in the user's folder, {versions[row.name]} in the environment"
        for row in own
        if row.name in versions and numbers(versions[row.name]) != numbers(row.version)
    ]


def _named(case: Case) -> list[str]:
    """What lies in the user's folder and is the very package that the message is about."""
    named = complaint(case).lower()
    own = case.report.user_site if case.report else ()
    return [f"{row.name} {row.version} in the user's folder" for row in own if row.name in named]


def _has_environment(case: Case) -> bool:
    words = all_words(case)
    kind = case.environment.kind if case.environment else None
    return kind in ("venv", "conda") or any(
        word in words for word in ("envs/", "envs\\", "venv", "conda", "virtualenv")
    )


def _setting(case: Case) -> str:
    return "$env:PYTHONNOUSERSITE = '1'" if case.machine.os.family == "windows" else "export PYTHONNOUSERSITE=1"


# ---------------------------------------------------------------- another Python

_DISTRIBUTIONS = {"sklearn": "scikit-learn", "cv2": "opencv-python"}


@check("wrong-environment-active", subject="environment")
def wrong_environment_active(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A package that is installed, but for another Python than the one that runs."""
    clue = next((row for row in case.clues_of("module-not-found") if value(row, "module") in KNOWN), None)
    if clue is None:
        raise Skip("no message misses a package that is known")
    if case.clue("installing") and not case.clue("already-installed-at"):
        raise Skip("the package is missed while something is installed")
    module = value(clue, "module")
    place = _other_place(case, module)
    yield Finding(
        id="wrong-environment-active",
        severity="error" if clue.told or place else "warning",
        title=f"{module} is not installed for the Python that runs",
        cause=f"{'It is installed for another Python' if place else 'It is not there, or was installed elsewhere'}: "
        "every environment has packages of its own.",
        evidence=(*quote(clue), *((place,) if place else ())),
        fix=(
            Fix(text="See which Python runs", command='python -c "import sys; print(sys.executable)"'),
            Fix(
                text="Install with exactly that one",
                command=f"python -m pip install {_DISTRIBUTIONS.get(module, module)}",
            ),
            Fix(
                text="In a notebook, choose the kernel of the environment, or install from a cell",
                command=f"%pip install {module}",
            ),
        ),
        applies_to=(module,),
        grade="shown" if place else "likely",
        explains=present(case, "module-not-found"),
    )


def _other_place(case: Case, module: str) -> str:
    """Where the package is, as far as the report tells."""
    name = _DISTRIBUTIONS.get(module, module)
    satisfied = next((row for row in case.clues_of("already-installed-at") if value(row, "name").lower() == name), None)
    if satisfied is not None:
        return f"{name} is in {value(satisfied, 'path')}"
    own = case.environment.distribution(name) if case.environment else None
    return f"{name} {own.version} is in {case.environment.path}" if own and case.environment else ""
