"""A framework as all that is known shows it: its package, and what it said of itself."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from mlenv.checks.build_tag import read_codes, read_conda_tag, read_cuda
from mlenv.checks.finding import Fix
from mlenv.checks.installed import FRAMEWORKS, Installed, find_installed
from mlenv.checks.messages import value_of
from mlenv.checks.registry import Case, Skip
from mlenv.checks.remedy import install_profile
from mlenv.facts.report import FrameworkView
from mlenv.facts.version import numbers, series
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build

_PROFILES = {"torch": "pytorch-gpu", "tensorflow": "tensorflow-gpu", "jax": "jax-gpu"}


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A framework that is installed.

    ``version`` is empty where nobody named it.  ``kind`` is what its build is for: ``cpu``, ``cuda``,
    ``rocm``, ``xpu``, or empty where nothing tells.  ``cuda`` is the toolkit it was built with, ``codes`` the
    compute capabilities that it has code for and ``ptx`` those of code that the driver compiles, ``gfx`` its AMD
    targets; ``exact`` says that it told these itself.  ``build`` is the matrix's row of it.
    """

    framework: str
    name: str
    version: str = ""
    tag: str = ""
    kind: str = ""
    cuda: str = ""
    available: bool | None = None
    codes: tuple[str, ...] = ()
    ptx: tuple[str, ...] = ()
    gfx: tuple[str, ...] = ()
    exact: bool = False
    build: Build | None = None

    @property
    def title(self) -> str:
        """``PyTorch 2.14.1 (cu130)``."""
        tag = self.tag or self.kind
        return " ".join(part for part in (self.name, self.version, f"({tag})" if tag else "") if part)


def find_known(case: Case, matrix: Matrix, framework: str = "torch") -> Known | None:
    """What is known of a framework; None where nothing says that it is there."""
    view = case.report.view(framework) if case.report else None
    item = _installed(case, matrix, framework)
    if view is None and item is None:
        return None
    return _join(case, matrix, framework, view, item)


def require_known(case: Case, matrix: Matrix, framework: str = "torch") -> Known:
    """As :func:`find_known`; :class:`Skip` where it is not there."""
    known = find_known(case, matrix, framework)
    if known is None:
        raise Skip(f"nothing says that {framework} is installed")
    return known


def all_known(case: Case, matrix: Matrix) -> list[Known]:
    """The large frameworks that are there."""
    found = (find_known(case, matrix, name) for name in FRAMEWORKS)
    return [known for known in found if known is not None]


def place(case: Case, known: Known) -> str:
    """``PyTorch 2.14.1 (cu130) in /home/me/.venv``, for evidence."""
    path = case.environment.path if case.environment and not case.is_report else ""
    return f"{known.title} in {path}" if path else known.title


def reinstall(case: Case, framework: str) -> Fix:
    """Let mlenv put a build that fits in the same place."""
    return install_profile(_PROFILES[framework], environment=None if case.is_report else case.environment)


def _installed(case: Case, matrix: Matrix, framework: str) -> Installed | None:
    if case.environment is None:
        return None
    found = find_installed(case.environment, matrix, _platform(case))
    return next((item for item in found if item.framework.id == framework), None)


def _platform(case: Case) -> str:
    """The platform whose builds are looked up: that of the commonest processor where a report names none."""
    machine = case.machine
    if not case.is_report or machine.architecture is not None or machine.os.family == "macos":
        return machine.platform
    return replace(machine, architecture="x86_64").platform


def _join(case: Case, matrix: Matrix, framework: str, view: FrameworkView | None, item: Installed | None) -> Known:
    version, _, local = ((view.version if view else None) or (item.version if item else "")).partition("+")
    build_tag = (view.build if view else None) or local or _local_of(case, framework) or _conda_tag(case, framework)
    stated = (view.cuda if view else None) or read_cuda(build_tag)
    build = _fitting(item, stated, build_tag)
    cuda = stated or (build.cuda if build else "")
    told = _told_codes(case, framework, view)
    codes, ptx = read_codes(told), read_codes(told, ptx=True)
    gfx = tuple(word.split(":")[0] for word in told.split() if word.startswith("gfx"))
    exact = bool(codes or ptx or gfx)
    return Known(
        framework=framework,
        name=matrix.framework(framework).name if framework in matrix.framework_ids else framework,
        version=version,
        tag=build_tag or (build.variant if build and build.variant != "any" else ""),
        kind=_kind(build_tag, view, cuda, build),
        cuda=cuda,
        available=view.available if view else None,
        codes=build.sass if build and not exact else tuple(sorted(codes, key=numbers)),
        ptx=build.ptx if build and not exact else ptx,
        gfx=build.gfx if build and not exact else gfx,
        exact=exact,
        build=build,
    )


def _local_of(case: Case, framework: str) -> str:
    dist = case.environment.distribution(framework) if case.environment else None
    return (dist.version.partition("+")[2] or dist.build or "") if dist else ""


def _conda_tag(case: Case, framework: str) -> str:
    """The mark in the build string of conda's package."""
    rows = (case.environment.conda_packages or ()) if case.environment else ()
    names = {"torch": ("pytorch", "pytorch-gpu", "pytorch-cpu"), "jax": ("jaxlib",)}.get(framework, (framework,))
    build = next((row.build for row in rows if row.name in names and row.build and row.channel != "pypi"), "") or ""
    return read_conda_tag(build)


def _fitting(item: Installed | None, cuda: str, tag: str) -> Build | None:
    """The matrix's row, unless what was told speaks of another build of that release."""
    build = item.build if item else None
    if build is None:
        return None
    if cuda and (not build.cuda or series(build.cuda) != series(cuda)):
        return None
    return None if tag and not cuda and not tag.startswith(build.variant[:3]) else build


def _kind(tag: str, view: FrameworkView | None, cuda: str, build: Build | None) -> str:
    if tag.startswith("cpu"):
        return "cpu"
    for kind in ("rocm", "xpu"):
        if tag.startswith(kind):
            return kind
    if view is not None and view.rocm:
        return "rocm"
    if cuda:
        return "cuda"
    if build is None:
        return ""
    return next((kind for kind in ("cuda", "rocm", "xpu") if kind in build.accelerators), "cpu")


def _told_codes(case: Case, framework: str, view: FrameworkView | None) -> str:
    """The targets that a framework listed itself, separated by spaces."""
    told = " ".join((view.architectures if view else None) or ())
    if framework == "torch":
        told = told or value_of(case, "torch-build-capabilities", "codes")
    return told.replace(",", " ")
