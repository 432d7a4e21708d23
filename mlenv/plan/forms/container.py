"""What a container for an environment starts from, as the matrix has it."""

from __future__ import annotations

import msgspec

from mlenv.errors import UsageError
from mlenv.facts.version import at_least, numbers, series
from mlenv.matrix.images import ContainerImage, ContainerUse
from mlenv.plan.content import Content, Need
from mlenv.plan.forms.sheet import Sheet

ELSEWHERE = ("libomp", "visual-c++-runtime", "unisolated-build")
"""Needs of other systems, and of the build rather than of the image."""


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """The image to start from, what apt adds to it, what it lacks all the same, and which needs it satisfies."""

    image: str
    python: bool
    packages: tuple[str, ...]
    lacking: tuple[str, ...]
    satisfied: tuple[str, ...]
    use: ContainerUse


def find_base(sheet: Sheet) -> Base:
    """The first image that fits the plan; :class:`UsageError` where the plan is for no Linux or none fits."""
    content = sheet.content
    if content.system != "linux":
        raise UsageError(
            f"--format dockerfile: the plan is for {content.system}, and containers hold Linux",
            hint="name a Linux machine: --machine FILE",
        )
    rows = [row for row in sheet.matrix.images.image if _fits(row, content)]
    if not rows:
        raise UsageError(
            f"--format dockerfile: no row of images.toml fits {content.accelerator} on {content.platform}"
            f" with glibc {content.glibc or 'of any version'}",
            hint="lay a row of your own over it: --matrix DIR",
        )
    row = min(rows, key=lambda row: len(_lacking(row, content)))
    return Base(
        image=row.image.format(python=content.python, cuda=_cuda(sheet), rocm=_rocm(row, content)),
        python=row.python,
        packages=tuple(sorted({name for need in _needs(row, content) for name in need.packages})),
        lacking=tuple(_name(need) for need in _lacking(row, content)),
        satisfied=tuple(need.title for need in content.needs if need not in _lacking(row, content)),
        use=next(use for use in sheet.matrix.images.use if use.accelerator == content.accelerator),
    )


def _fits(row: ContainerImage, content: Content) -> bool:
    return (
        content.accelerator in row.accelerators
        and content.platform in row.platforms
        and (not content.glibc or at_least(row.glibc, content.glibc))
        and not (row.python and content.python.endswith("t"))
    )


def _needs(row: ContainerImage, content: Content) -> list[Need]:
    return [need for need in content.needs if need.id not in row.has and need.id not in ELSEWHERE]


def _lacking(row: ContainerImage, content: Content) -> list[Need]:
    """What neither the image nor Debian's packages bring; the toolkit of Debian is of another CUDA."""
    return [need for need in _needs(row, content) if not need.packages or need.id == "cuda-toolkit"]


def _name(need: Need) -> str:
    return f"{need.title}, {need.version} or newer" if need.version else need.title


def _cuda(sheet: Sheet) -> str:
    """The newest update of the plan's CUDA: images are tagged with three numbers."""
    cuda = sheet.content.cuda
    updates = [row.version for row in sheet.matrix.drivers.cuda_update if series(row.version) == series(cuda)]
    return max([f"{series(cuda)}.0", *updates], key=numbers) if cuda else ""


def _rocm(row: ContainerImage, content: Content) -> str:
    """The release that the build is for where the image has it, else the newest one of its major."""
    named = content.variant.removeprefix("rocm")
    same = [release for release in row.releases if numbers(release)[:1] == numbers(named)[:1]]
    return named if named in row.releases else next(iter((*same, *row.releases)), named)
